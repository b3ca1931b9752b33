/** Takes apart the SQL that pg_dump writes for indexes, constraints and foreign keys, so that their parts can run side by side. */

/** What an index or a unique constraint takes: the build, which allows others on the same table, and what must wait for them. */
export interface IndexStatements {
  readonly build: string
  /** Run in order once no index of the table is being built: they lock the table. */
  readonly finish: readonly string[]
}

/** A foreign key in one step, or in two: the first is quick, the second reads both tables and locks neither. */
export interface ForeignKeyStatements {
  /** The table that has the key, as SQL; empty when the statement is of another shape. */
  readonly table: string
  readonly whole: string
  readonly add: string
  /** Null where there is nothing left to do. */
  readonly validate: string | null
}

/**
 * Splits at the semicolons outside of quotes. pg_dump always doubles a quote inside quotes, and a backslash
 * inside E'…', so that a quote ends a string or name wherever it stands alone.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let start = 0
  for (const { index, text } of tokens(sql, 0)) {
    if (text !== ';') continue
    statements.push(sql.slice(start, index).trim())
    start = index + 1
  }
  const rest = sql.slice(start).trim()
  return [...statements, ...(rest === '' ? [] : [rest])].filter((statement) => statement !== '')
}

/** An `INDEX` entry: CREATE INDEX, then whatever alters the index or its table (CLUSTER ON, statistics, replica identity). */
export function indexStatements(sql: string): IndexStatements {
  const [build = '', ...finish] = splitStatements(sql)
  return { build, finish }
}

/** Of an `INDEX` or `CONSTRAINT` entry. */
export function partsOfBuild({
  kind,
  statements,
}: {
  kind: string
  statements: string
}): IndexStatements {
  if (kind === 'INDEX') return indexStatements(statements)
  // An exclusion constraint locks its table for as long as it is built: it waits for the others.
  return uniqueConstraintStatements(statements) ?? { build: '', finish: [statements] }
}

const identifier = '(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)'
const addConstraint = `^ALTER TABLE ONLY (?<table>${identifier}(?:\\.${identifier})?)\n {4}ADD CONSTRAINT (?<name>${identifier})`
const uniqueConstraint = new RegExp(
  `${addConstraint} (?<kind>PRIMARY KEY|UNIQUE)(?<nulls> NULLS NOT DISTINCT)? (?=\\()`,
)
const foreignKey = new RegExp(`${addConstraint} FOREIGN KEY \\(`)

/**
 * A primary key or unique constraint as CREATE UNIQUE INDEX and ADD CONSTRAINT … USING INDEX: built in the
 * constraint's own statement, the index would lock the table against the builds of its other indexes.
 * Null when it is something else (an exclusion constraint, WITHOUT OVERLAPS), which runs as it is.
 */
export function uniqueConstraintStatements(sql: string): IndexStatements | null {
  const [first = '', ...rest] = splitStatements(sql)
  const match = uniqueConstraint.exec(first)
  const { table, name, kind, nulls = '' } = match?.groups ?? {}
  if (match === null || table === undefined || name === undefined || kind === undefined) return null
  const columns = parenthesised(first, match[0].length)
  if (columns === null || columns.inner.endsWith(' WITHOUT OVERLAPS')) return null
  const included = clause(first, columns.end, ' INCLUDE ')
  const parameters = clause(first, included.end, ' WITH ')
  const deferral = first.slice(parameters.end)
  if (!/^( NOT DEFERRABLE| DEFERRABLE)?( INITIALLY (DEFERRED|IMMEDIATE))?$/.test(deferral)) {
    return null
  }
  return {
    build: `CREATE UNIQUE INDEX ${name} ON ${table} USING btree (${columns.inner})${included.text}${nulls}${parameters.text}`,
    finish: [
      `ALTER TABLE ONLY ${table} ADD CONSTRAINT ${name} ${kind} USING INDEX ${name}${deferral}`,
      ...rest,
    ],
  }
}

/**
 * An `FK CONSTRAINT` entry. One that is NOT VALID or NOT ENFORCED on the source stays so. With a partitioned table
 * on either end it is added in one step: servers before 18 refuse NOT VALID on one that refers, and leave the
 * constraints of the partitions unvalidated on one that is referred to.
 */
export function foreignKeyStatements(sql: string, isPartitioned: boolean): ForeignKeyStatements {
  const [first = '', ...rest] = splitStatements(sql)
  const { table, name } = foreignKey.exec(first)?.groups ?? {}
  const whole = [first, ...rest].join(';\n')
  const isFinal = isPartitioned || rest.length > 0 || / NOT (VALID|ENFORCED)$/.test(first)
  if (isFinal || table === undefined || name === undefined) {
    return { table: table ?? '', whole, add: whole, validate: null }
  }
  return {
    table,
    whole,
    add: `${first} NOT VALID`,
    validate: `ALTER TABLE ONLY ${table} VALIDATE CONSTRAINT ${name}`,
  }
}

/** The words of the SQL from `start` that matter: punctuation outside of quotes. */
function* tokens(sql: string, start: number): Generator<{ index: number; text: string }> {
  const pattern = /"(?:[^"]|"")*"|'(?:[^']|'')*'|[;()]/g
  pattern.lastIndex = start
  for (let match = pattern.exec(sql); match !== null; match = pattern.exec(sql)) {
    if (match[0].length === 1) yield { index: match.index, text: match[0] }
  }
}

/** What stands in the parentheses that open at `start`, and where they have closed. */
function parenthesised(sql: string, start: number): { inner: string; end: number } | null {
  let depth = 0
  for (const { index, text } of tokens(sql, start)) {
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 0) return { inner: sql.slice(start + 1, index), end: index + 1 }
  }
  return null
}

/** A keyword with its parentheses when they stand at `start`, otherwise nothing. */
function clause(sql: string, start: number, keyword: string): { text: string; end: number } {
  if (!sql.startsWith(keyword, start)) return { text: '', end: start }
  const found = parenthesised(sql, start + keyword.length)
  if (found === null) return { text: '', end: start }
  return { text: sql.slice(start, found.end), end: found.end }
}
