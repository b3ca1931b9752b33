/** Operators, operator classes and families, casts, conversions, languages, transforms, access methods. */
import {
  byName,
  isNoMember,
  isNotImplied,
  isUserSchema,
  qualified,
  role,
  since,
  type Kind,
} from '../kind.js'

const type = (oid: string) => `pg_catalog.format_type(nullif(${oid}, 0), null)`

/** Operators without a function are left out: they are what is left of one that another one named, and no dump has them. */
export const operators: Kind = {
  kind: 'operator',
  sql: () =>
    `select pg_catalog.format('%I.%s (%s, %s)', n.nspname, o.oprname,
                              coalesce(${type('o.oprleft')}, 'none'), coalesce(${type('o.oprright')}, 'none'))
              as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.oprowner')},
              'result', ${type('o.oprresult')},
              'function', o.oprcode::pg_catalog.text,
              'commutator', o.oprcom::pg_catalog.regoperator::pg_catalog.text,
              'negator', o.oprnegate::pg_catalog.regoperator::pg_catalog.text,
              'restriction', o.oprrest::pg_catalog.text,
              'join', o.oprjoin::pg_catalog.text,
              'merges', o.oprcanmerge,
              'hashes', o.oprcanhash) as facts
       from pg_catalog.pg_operator o
       join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
      where o.oprcode <> 0 and ${isUserSchema} and ${isNoMember('pg_operator', 'o.oid')}`,
}

const method = (oid: string) =>
  `(select pg_catalog.quote_ident(am.amname) from pg_catalog.pg_am am where am.oid = ${oid})`

export const operatorFamilies: Kind = {
  kind: 'operator family',
  sql: () =>
    `select ${qualified('n.nspname', 'f.opfname')} || ' using ' || ${method('f.opfmethod')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('f.opfowner')},
              'operators', (select pg_catalog.jsonb_agg(line order by ${byName('line')}) from (
                              select pg_catalog.format('%s %s %s %s', a.amopstrategy,
                                       a.amopopr::pg_catalog.regoperator, a.amoppurpose,
                                       (select s.opfname from pg_catalog.pg_opfamily s
                                         where s.oid = a.amopsortfamily)) as line
                                from pg_catalog.pg_amop a where a.amopfamily = f.oid) as lines),
              'functions', (select pg_catalog.jsonb_agg(line order by ${byName('line')}) from (
                              select pg_catalog.format('%s (%s, %s) %s', a.amprocnum,
                                       ${type('a.amproclefttype')}, ${type('a.amprocrighttype')},
                                       a.amproc::pg_catalog.regprocedure) as line
                                from pg_catalog.pg_amproc a where a.amprocfamily = f.oid) as lines)) as facts
       from pg_catalog.pg_opfamily f
       join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
      where ${isUserSchema} and ${isNoMember('pg_opfamily', 'f.oid')}`,
}

export const operatorClasses: Kind = {
  kind: 'operator class',
  sql: () =>
    `select ${qualified('n.nspname', 'o.opcname')} || ' using ' || ${method('o.opcmethod')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.opcowner')},
              'family', (select ${qualified('fn.nspname', 'f.opfname')} from pg_catalog.pg_opfamily f
                           join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
                          where f.oid = o.opcfamily),
              'type', ${type('o.opcintype')},
              'default', o.opcdefault,
              'storage', ${type('o.opckeytype')}) as facts
       from pg_catalog.pg_opclass o
       join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
      where ${isUserSchema} and ${isNoMember('pg_opclass', 'o.oid')}`,
}

/** A cast belongs to no schema; initdb's own end below 16384 (FirstNormalObjectId). */
export const casts: Kind = {
  kind: 'cast',
  sql: () =>
    `select pg_catalog.format('(%s as %s)', ${type('o.castsource')}, ${type('o.casttarget')}) as object,
            pg_catalog.jsonb_build_object(
              'function', case when o.castfunc <> 0
                               then o.castfunc::pg_catalog.regprocedure::pg_catalog.text end,
              'context', o.castcontext,
              'method', o.castmethod) as facts
       from pg_catalog.pg_cast o
      where o.oid >= 16384 and ${isNoMember('pg_cast', 'o.oid')}
        and ${isNotImplied('pg_cast', 'o.oid')}`,
}

export const conversions: Kind = {
  kind: 'conversion',
  sql: () =>
    `select ${qualified('n.nspname', 'o.conname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.conowner')},
              'from', pg_catalog.pg_encoding_to_char(o.conforencoding),
              'to', pg_catalog.pg_encoding_to_char(o.contoencoding),
              'function', o.conproc::pg_catalog.text,
              'default', o.condefault) as facts
       from pg_catalog.pg_conversion o
       join pg_catalog.pg_namespace n on n.oid = o.connamespace
      where ${isUserSchema} and ${isNoMember('pg_conversion', 'o.oid')}`,
}

export const languages: Kind = {
  kind: 'language',
  sql: () =>
    `select pg_catalog.quote_ident(l.lanname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('l.lanowner')},
              'trusted', l.lanpltrusted,
              'handler', l.lanplcallfoid::pg_catalog.regprocedure::pg_catalog.text,
              'inline', l.laninline::pg_catalog.regprocedure::pg_catalog.text,
              'validator', l.lanvalidator::pg_catalog.regprocedure::pg_catalog.text) as facts
       from pg_catalog.pg_language l
      where l.oid >= 16384 and ${isNoMember('pg_language', 'l.oid')}`,
}

export const transforms: Kind = {
  kind: 'transform',
  sql: () =>
    `select pg_catalog.format('for %s language %I', ${type('t.trftype')}, l.lanname) as object,
            pg_catalog.jsonb_build_object(
              'from', t.trffromsql::pg_catalog.regprocedure::pg_catalog.text,
              'to', t.trftosql::pg_catalog.regprocedure::pg_catalog.text) as facts
       from pg_catalog.pg_transform t
       join pg_catalog.pg_language l on l.oid = t.trflang
      where ${isNoMember('pg_transform', 't.oid')}`,
}

/** Access methods: of indexes since 9.6, of tables since 12. */
export const accessMethods: Kind = {
  kind: 'access method',
  sql: (versions) =>
    `select pg_catalog.quote_ident(a.amname) as object,
            pg_catalog.jsonb_build_object(
              'handler', a.amhandler::pg_catalog.text,
              'type', ${since(versions, 10, 'a.amtype', `'i'`)}) as facts
       from pg_catalog.pg_am a
      where a.oid >= 16384 and ${isNoMember('pg_am', 'a.oid')}`,
}
