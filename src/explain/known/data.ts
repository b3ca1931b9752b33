/** Errors about rows, and about what the restore of rows needs. */
import { quoteIdentifier } from '../../server/index.js'
import { quotedGroup, type KnownError } from './known-error.js'

const viewNotFillable = {
  cause:
    'The query of the materialized view now yields several rows for one key of its unique index. It cannot be filled anew; on the source it cannot be refreshed either, and still holds what it was filled with before.',
  heading: 'view-not-fillable',
}

const refresh = (view = 'the_view') =>
  `-- on the source, where it is refused as well: correct the rows that the view reads, or drop its unique index, until it passes\nrefresh materialized view ${view};`

const quotedParameter = (name = '') => name.split('.').map(quoteIdentifier).join('.')

/** Errors about rows, and about what the restore of rows needs, with what they mean. */
export const dataErrors: readonly KnownError[] = [
  {
    pattern:
      /^could not open (?:(?:dictionary|affix|stop-word|synonym|thesaurus) )?file "(.+?\/tsearch_data\/.+?)"/,
    cause:
      "A text search dictionary of the source needs a file that is not on the server's machine.",
    remedy: (match) =>
      `Copy ${match[1] ?? 'the file'} from the folder tsearch_data of the source's machine (below what "pg_config --sharedir" prints) to that place, or drop the dictionary on the source.`,
    heading: 'text-search-file',
  },
  {
    pattern:
      /^(?:function|relation|type|operator|schema|role|collation|text search .*) .* does not exist/,
    when: /^CONTEXT: COPY .*, line \d+, column /,
    cause: 'A column holds the name of an object, and the object is not there yet, or not at all.',
    remedy:
      '-- on the source: hold the names as text\nalter table the_table alter column the_column type text;',
    heading: 'name-column',
  },
  {
    // A name with its schema is found without a search_path.
    pattern: /^(?:relation "[^"]+\.[^"]+"|function [^\s(]+\.[^\s(]+\(.*) does not exist/,
    when: /SQL function "(.+?)" during inlining/,
    cause:
      'The server reads the body of a function in SQL (it inlines it) where a table, an index or a view that calls it is created, and what the body names is created later.',
    remedy: (_match, around) =>
      `-- on the source: a function with a setting of its own is not inlined\nalter function the_schema.${quotedGroup(around, 1)} set search_path = the_schema, pg_temp;`,
    heading: 'search-path',
  },
  {
    pattern: /^(?:function|relation|type|operator|schema|table) .* does not exist/,
    when: /CONTEXT: .*(?:SQL function|PL\/pgSQL function|COPY )|during (?:inlining|startup)/,
    cause:
      'A function finds other objects only by the search_path, which is empty during a restore.',
    remedy: '-- on the source\nalter function the_function set search_path = the_schema, pg_temp;',
    heading: 'search-path',
  },
  {
    pattern:
      /^null value in column "(.+?)" (?:of relation ".*" )?violates not-null constraint|^column "(.+?)" (?:of relation ".*" )?contains null values/,
    cause: 'A child table dropped the NOT NULL that its parent has, and holds nulls.',
    remedy:
      '-- on the source: either\nalter table the_parent alter column the_column drop not null;\n-- or give the column values in the child',
    heading: 'not-null-dropped',
  },
  {
    pattern: /^could not create unique index/,
    when: /^REFRESH MATERIALIZED VIEW (.+?);?$/i,
    ...viewNotFillable,
    remedy: (_match, around) => refresh(around?.[1]),
  },
  {
    // Of a target whose administrator is no superuser, which the run itself has fill the views.
    pattern:
      /^Could not fill the materialized view (.+?) on the target: could not create unique index/,
    ...viewNotFillable,
    remedy: (match) => refresh(match[1]),
  },
  {
    pattern:
      /^Could not fill the materialized view (.+?) on the target: unrecognized configuration parameter "(.+?)"/,
    cause:
      "The query of the materialized view asks for a parameter that is set neither for the source's database nor in the server's configuration: at most for a role, or in the session that filled the view.",
    remedy: (match) =>
      `-- on the source, in the database: set the parameter for everybody, or let the query ask with current_setting('${match[2]}', true)\nalter database the_database set ${quotedParameter(match[2])} = 'the value';`,
    heading: 'view-not-fillable',
  },
  {
    pattern: /^could not create unique index|^duplicate key value violates unique constraint/,
    cause:
      "The source's table holds values that a unique index forbids: its index there is damaged, or other rules of sorting made them equal. Of a materialized view, its query may have come to yield them.",
    remedy:
      '-- on the source: see the duplicates without the index\nset enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off;\nselect the_columns, count(*) from the_table group by 1 having count(*) > 1;',
    heading: 'duplicate-values',
  },
  {
    pattern: /^trigger "RI_ConstraintTrigger_|^trigger "PK_ConstraintTrigger_/,
    cause:
      "The triggers of a partition's constraint are switched off on the source, and the dump calls them by a number that the target does not know.",
    remedy: 'Switch them on on the source; "mode: check" says how.',
    heading: 'constraint-disabled',
  },
  {
    pattern: /^trigger ".+" for table ".+" does not exist/,
    cause:
      "The trigger of a partition is enabled otherwise than the partitioned table's, and the dump names it; on the target it has the other's name, or is not there yet.",
    remedy: 'On the source, give it the name of the other, or enable or disable it like the other.',
    heading: 'trigger-renamed',
  },
  {
    pattern:
      /^functions in (?:index|partition key) \w+ must be marked IMMUTABLE|^generation expression is not immutable/,
    cause:
      "What an index, a generated column or a partition key calls is not immutable on the target: a newer version declares it otherwise, or it was altered on the source, which is in no dump of an extension's or the system's functions.",
    remedy:
      'On the source, let it call a function of your own that is declared IMMUTABLE and calls the other one.',
    heading: 'function-not-immutable',
  },
  {
    pattern: /^row is too big: size \d+, maximum size \d+/,
    cause:
      'A row does not fit into a page: a column that holds long values is set to STORAGE PLAIN, which neither compresses values nor stores them apart, or the table has so many columns (many hundreds) that what is left of each in the row is too much.',
    remedy:
      '-- on the source: either, where a column is set to STORAGE PLAIN (\\d+ the_table shows it)\nalter table only the_table alter column the_column set storage extended;\n-- or, where the table has many hundreds of columns, drop those that nobody needs, or put a part of them into a table of their own',
    heading: 'row-too-big',
  },
  {
    pattern: /^index row (?:size \d+ exceeds|requires \d+ bytes)/,
    cause:
      'A value is too long for the index: since PostgreSQL 12 a key of a btree may have 2704 bytes, before that it could have 2712; compressed values may also differ.',
    remedy:
      '-- on the source: see the long values\nselect the_column from the_table where octet_length(the_column::text) > 2600;',
    heading: 'index-row-size',
  },
  {
    pattern: /Key columns .* have incompatible collations/,
    cause:
      'From PostgreSQL 18 on both columns of a foreign key need the same collation where one is not deterministic.',
    remedy: 'Give both the same on the source; "mode: check" says how.',
    heading: 'foreign-key-collation',
  },
  {
    pattern: /^cannot attach index ".*The index definitions do not match/s,
    cause:
      'A partitioned table has an exclusion constraint or a key WITHOUT OVERLAPS, whose indexes the server never attaches.',
    remedy: 'Drop the constraint on the source; "mode: check" says how.',
    heading: 'partition-exclusion',
  },
  {
    pattern: /^column ".*" inherits conflicting (?:default values|generation expressions)/,
    cause: 'Parents of the table have different defaults for a column that they share.',
    remedy: 'Make the column the table\'s own as well on the source; "mode: check" says how.',
    heading: 'inherited-default',
  },
  {
    pattern: /^(?:inherited )?column ".*" has a (?:storage parameter|compression method) conflict/,
    cause: 'Parents of the table store a column that they share differently.',
    remedy:
      'Give the column the same STORAGE and COMPRESSION in all of them on the source; "mode: check" says how.',
    heading: 'inherited-storage',
  },
  {
    pattern: /^ALTER action ALTER COLUMN \.\.\. SET COMPRESSION cannot be performed/,
    cause: 'A foreign table has inherited the COMPRESSION of a column from its parent.',
    remedy: 'Take it away on the source; "mode: check" says how.',
    heading: 'inherited-storage',
  },
  {
    pattern: /^constraint ".*_not_null" for (?:relation|domain) ".*" already exists/,
    cause: 'The constraint has the name that the target gives to the NOT NULL there.',
    remedy: 'Rename it on the source; "mode: check" says how.',
    heading: 'not-null-name',
  },
  {
    pattern: /^cannot create not-null constraint ".*" on column/,
    cause:
      'The NOT NULL is NOT VALID in the table and in its parent, under different names, and the one of the parent was added before.',
    remedy: 'Leave the constraint to the parent on the source; "mode: check" says how.',
    heading: 'not-null-name',
  },
  {
    // Before their rows are copied, only tables of extensions have foreign keys.
    pattern:
      /Could not copy table .*: insert or update on table .* violates foreign key constraint/,
    cause:
      'The table belongs to an extension, which makes its foreign keys before there are rows: of tables that refer to each other in a circle, none can be filled first. Or the rows that it points to are not among those that the extension has carried.',
    remedy:
      'On the source, set the column of one of the foreign keys to null before the upgrade, and write its values again on the target afterwards.',
    heading: 'foreign-key-violated',
  },
  {
    pattern: /^Cannot find SRID \(/,
    cause:
      "What a table's rows look up in a configuration table of PostGIS was not there yet: a dump restores the tables in the order of their names.",
    remedy: 'Set "method" to "copy", "custom" or "parallel", which restore those rows first.',
    heading: 'extension-table',
  },
  {
    pattern: /violates foreign key constraint/,
    cause:
      'Rows of the source point to rows that do not exist: the constraint was switched off when they were written. Or the tables belong to an extension, and refer to each other in a circle, so that none can be filled first.',
    remedy:
      '-- on the source: repair the rows, or\nalter table the_table drop constraint the_constraint; -- and add it again as not valid\n-- of an extension: set the column of one of the foreign keys to null, and write its values again on the target afterwards',
    heading: 'foreign-key-violated',
  },
  {
    pattern:
      /violates check constraint|is violated by some row|no partition of relation .* found for row|violates partition constraint/,
    cause:
      'Rows of the source break a rule of their own table: the rule was changed, or depends on something that differs on the target. Or it calls a function that looks into another table, whose rows were not there yet.',
    remedy:
      'Where a function looks into another table, set "method" to "copy", which moves the rows of such tables behind all others. Otherwise:\n-- on the source: see them\nselect * from the_table where not (the_condition);',
    heading: 'check-violated',
  },
  {
    pattern: /^character with byte sequence .* has no equivalent in encoding "UTF8"/,
    cause:
      'Text of the source has a character that UTF8 lacks. The action reads names, comments and definitions in UTF8; rows are converted only where --encoding asks for it.',
    remedy:
      'Run with mode: check, which names the definitions. Write them anew on the source without the character; or set "method" to "stream" and "validate" to "none": pg_dump then moves them as they are, and nothing is compared.',
    heading: 'definition-not-utf8',
  },
  {
    pattern: /^invalid byte sequence for encoding|has no equivalent in encoding/,
    cause:
      'Text of the source is not what its encoding says; often the source is or was SQL_ASCII.',
    remedy:
      'Repair the values on the source, or declare the true encoding with "--encoding=…" in "pg-dump-args".',
    heading: 'encoding',
  },
  {
    pattern: /^invalid memory alloc request size|Cannot enlarge string buffer/,
    cause: 'A row is bigger than a gigabyte as text; pg_dump cannot read it.',
    remedy: 'Set "method" to "copy", which moves it in binary form.',
    heading: 'huge-value',
  },
  {
    pattern:
      /^collation ".*" for encoding ".*" does not exist|could not create locale|invalid (?:LC_\w+ )?locale name|could not open collator/,
    cause: "The target's operating system lacks a locale.",
    remedy:
      "Install the locale on the target, then there:\nselect pg_import_system_collations('pg_catalog');",
    heading: 'collation-missing',
  },
  {
    pattern:
      /no security label providers have been loaded|security label provider ".*" is not loaded/,
    cause: 'Objects have security labels, and the target has not loaded their provider.',
    remedy: 'Load the provider on the target, or add --no-security-labels to "pg-dump-args".',
    heading: 'security-label',
  },
  {
    pattern: /^tablespace "(.+?)" does not exist/,
    cause: 'The target lacks a tablespace.',
    remedy: (match) =>
      `-- on the target\ncreate tablespace ${quotedGroup(match)} location '/path/on/the/target';`,
    heading: 'tablespace-missing',
  },
]
