/** Functions, procedures, window functions and aggregates. */
import { routineIdentity } from '../../../server/index.js'
import { calls } from '../calls.js'
import {
  isNoMember,
  isNotImplied,
  isUserSchema,
  role,
  since,
  sortedSettings,
  type Kind,
  type Versions,
} from '../kind.js'
import { toldDefault, toldSettings } from '../told.js'

const kindOf = (versions: Versions) =>
  since(
    versions,
    11,
    'p.prokind',
    `case when p.proisagg then 'a' when p.proiswindow then 'w' else 'f' end`,
  )

/** Every argument with its mode, name and type. Defaults are left out: the server prints them from a parse tree. */
const argumentsOf = `(
  select pg_catalog.string_agg(
           pg_catalog.concat_ws(' ', case a.mode when 'o' then 'OUT' when 'b' then 'INOUT' when 'v' then 'VARIADIC'
                                                 when 't' then 'TABLE' end,
                                pg_catalog.quote_ident(nullif(a.name, '')),
                                pg_catalog.format_type(a.type, null)), ', ' order by a.position)
    from rows from (pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])),
                    pg_catalog.unnest(p.proargmodes), pg_catalog.unnest(p.proargnames))
           with ordinality as a (type, mode, name, position))`

/** `pg_proc`; the text of a function's body is compared to the letter, unless the server has parsed it. */
export const functions: Kind = {
  kind: 'function',
  told: (fact, value, object) =>
    fact === 'settings' ? toldSettings(fact, value) : toldDefault(fact, value, object),
  // prokind: 11. prosupport: 12. Bodies in standard SQL: 14.
  sql: (versions) =>
    `select ${routineIdentity} as object,
            case ${kindOf(versions)} when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
            pg_catalog.jsonb_build_object(
              'kind', ${kindOf(versions)},
              'owner', ${role('p.proowner')},
              'language', (select l.lanname from pg_catalog.pg_language l where l.oid = p.prolang),
              'arguments', ${argumentsOf},
              'arguments with a default', p.pronargdefaults,
              'result', pg_catalog.pg_get_function_result(p.oid),
              'volatility', p.provolatile,
              'strict', p.proisstrict,
              'security definer', p.prosecdef,
              'leakproof', p.proleakproof,
              'parallel', p.proparallel,
              'cost', p.procost::pg_catalog.numeric,
              'rows', p.prorows::pg_catalog.numeric,
              'support', ${since(versions, 12, 'p.prosupport::pg_catalog.text', `'-'`)},
              'settings', ${sortedSettings('p.proconfig')},
              'transforms', (select pg_catalog.jsonb_agg(pg_catalog.format_type(t, null))
                               from pg_catalog.unnest(p.protrftypes) as t),
              'calls', ${calls('pg_proc', 'p.oid')},
              'source', p.prosrc,
              'library', p.probin) as facts,
            pg_catalog.jsonb_build_object(
              'defaults', pg_catalog.pg_get_expr(p.proargdefaults, 0),
              'body', ${since(versions, 14, 'pg_catalog.pg_get_function_sqlbody(p.oid)', 'null')}) as code,
            case ${kindOf(versions)} when 'p' then 'procedure' else 'function' end
              || pg_catalog.format(' %I(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
              || coalesce(' returns ' || pg_catalog.pg_get_function_result(p.oid), '') as within
       from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where ${isUserSchema} and ${isNoMember('pg_proc', 'p.oid')}
        and ${isNotImplied('pg_proc', 'p.oid')}`,
}

const procedure = (column: string) => `g.${column}::pg_catalog.text`

/**
 * `pg_aggregate`. Before 11 the final function's behaviour was implied by the kind of the aggregate. Of one that is not there
 * it means nothing, and no dump says it.
 */
export const aggregates: Kind = {
  kind: 'aggregate',
  sql: (versions) => {
    const modify = (column: string, finalFunction: string) => {
      const value = since(
        versions,
        11,
        `g.${column}`,
        `case g.aggkind when 'n' then 'r' else 'w' end`,
      )
      return `case when g.${finalFunction} <> 0 then ${value} end`
    }
    return `select ${routineIdentity} as object,
            pg_catalog.jsonb_build_object(
              'kind', g.aggkind, 'direct arguments', g.aggnumdirectargs,
              'state function', ${procedure('aggtransfn')}, 'final function', ${procedure('aggfinalfn')},
              'combine function', ${procedure('aggcombinefn')},
              'serial function', ${procedure('aggserialfn')},
              'deserial function', ${procedure('aggdeserialfn')},
              'moving state function', ${procedure('aggmtransfn')},
              'moving inverse function', ${procedure('aggminvtransfn')},
              'moving final function', ${procedure('aggmfinalfn')},
              'final extra', g.aggfinalextra, 'moving final extra', g.aggmfinalextra,
              'final modify', ${modify('aggfinalmodify', 'aggfinalfn')},
              'moving final modify', ${modify('aggmfinalmodify', 'aggmfinalfn')},
              'sort operator', g.aggsortop::pg_catalog.regoperator::pg_catalog.text,
              'state type', pg_catalog.format_type(g.aggtranstype, null),
              'state space', g.aggtransspace,
              'moving state type', pg_catalog.format_type(nullif(g.aggmtranstype, 0), null),
              'moving state space', g.aggmtransspace,
              'initial value', g.agginitval, 'moving initial value', g.aggminitval) as facts
       from pg_catalog.pg_aggregate g
       join pg_catalog.pg_proc p on p.oid = g.aggfnoid
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where ${isUserSchema} and ${isNoMember('pg_proc', 'p.oid')}`
  },
}
