/** Triggers, rules, row-level security policies, event triggers. */
import { calls } from '../calls.js'
import {
  isNoMember,
  isUserSchema,
  qualified,
  role,
  since,
  sorted,
  type Kind,
  type Versions,
} from '../kind.js'

const table = qualified('n.nspname', 'c.relname')

/** The server's own triggers of a foreign key, or of another constraint, have names that differ from server to server. */
const isOfConstraint = `exists (select 1 from pg_catalog.pg_constraint k
                                 where k.oid = t.tgconstraint and k.contype <> 't')`

/**
 * What a partition has because its parent has it is left out, unless it is enabled otherwise than there. Such
 * triggers name their parent since 13, and are internal until 14.
 */
const isOwnTrigger = (versions: Versions) =>
  since(
    versions,
    13,
    `(not t.tgisinternal and t.tgparentid = 0
      or exists (select 1 from pg_catalog.pg_trigger p
                  where p.oid = t.tgparentid and p.tgenabled <> t.tgenabled)
         and not ${isOfConstraint})`,
    `(not t.tgisinternal or exists (
        select 1 from pg_catalog.pg_depend d
          join pg_catalog.pg_trigger p on p.oid = d.refobjid
         where d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.objid = t.oid
           and d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
           and d.deptype not in ('n') and p.tgenabled <> t.tgenabled)
         and not ${isOfConstraint})`,
  )

/** Since 12 `execute function` is printed where it was `execute procedure`. */
const definition = `pg_catalog.replace(pg_catalog.pg_get_triggerdef(t.oid), ' EXECUTE PROCEDURE ', ' EXECUTE FUNCTION ')`

/** pg_get_expr cannot print a condition on two rows, so it is cut out of the definition. */
const condition = ' WHEN \\((.*?)\\) EXECUTE FUNCTION '

export const triggers: Kind = {
  kind: 'trigger',
  sql: (versions) =>
    `select ${table} || ': ' || pg_catalog.quote_ident(t.tgname) as object,
            pg_catalog.jsonb_build_object(
              'enabled', t.tgenabled,
              'definition', pg_catalog.regexp_replace(${definition}, '${condition}',
                                                      ' WHEN (...) EXECUTE FUNCTION '),
              'calls', case when ${since(versions, 13, 't.tgparentid = 0', 'not t.tgisinternal')}
                            then ${calls('pg_trigger', 't.oid')} end) as facts,
            pg_catalog.jsonb_build_object('when', pg_catalog.substring(${definition}, '${condition}')) as code,
            pg_catalog.format('%1$s as old, %1$s as new', ${table}) as within
       from pg_catalog.pg_trigger t
       join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where ${isOwnTrigger(versions)}
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}
        and ${isNoMember('pg_trigger', 't.oid')}`,
}

/** The constraint that `k` is a part of: that of the partitioned table, which has the same name on every server (11). */
const wholeConstraint = (versions: Versions) =>
  since(
    versions,
    11,
    `(with recursive above as (
        select k.oid, k.conparentid as parent
        union all
        select p.oid, p.conparentid from above join pg_catalog.pg_constraint p on p.oid = above.parent)
      select oid from above where parent = 0)`,
    'k.oid',
  )

/**
 * The server's own triggers of constraints, where they are not simply on. A dump cannot say so, so that of the source
 * they may be on after it; on the target alone, rows that break the constraint would be let in.
 */
export const constraintTriggers: Kind = {
  kind: 'trigger of a constraint',
  sql: (versions) =>
    `select pg_catalog.format('%s: %s of %I on %s', ${table}, f.proname, whole.conname,
                              whole.conrelid::pg_catalog.regclass) as object,
            pg_catalog.jsonb_build_object(
              'enabled', pg_catalog.string_agg(distinct t.tgenabled::pg_catalog.text, ', ')) as facts,
            false as carried
       from pg_catalog.pg_trigger t
       join pg_catalog.pg_constraint k on k.oid = t.tgconstraint and k.contype <> 't'
       join pg_catalog.pg_proc f on f.oid = t.tgfoid
       join pg_catalog.pg_class c on c.oid = t.tgrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_constraint whole on whole.oid = ${wholeConstraint(versions)}
      where t.tgenabled <> 'O'
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}
      group by n.nspname, c.relname, f.proname, whole.conname, whole.conrelid`,
}

const event = `case r.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' else 'DELETE' end`

/** What stands before the condition and the actions in what pg_get_ruledef prints. */
const head = `pg_catalog.format(E'CREATE RULE %I AS\n    ON %s TO %s', r.rulename, ${event}, ${table})`

/** Rules, except for the one that makes a view a view. */
export const rules: Kind = {
  kind: 'rule',
  sql: () =>
    `select ${table} || ': ' || pg_catalog.quote_ident(r.rulename) as object,
            pg_catalog.jsonb_build_object(
              'event', ${event},
              'calls', ${calls('pg_rewrite', 'r.oid')},
              'enabled', r.ev_enabled) as facts,
            pg_catalog.jsonb_build_object(
              'actions', pg_catalog.substr(pg_catalog.pg_get_ruledef(r.oid),
                                           pg_catalog.length(${head}) + 1)) as code,
            ${event} || ' ' || ${table} as within
       from pg_catalog.pg_rewrite r
       join pg_catalog.pg_class c on c.oid = r.ev_class
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where r.rulename <> '_RETURN'
        and c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}`,
}

export const policies: Kind = {
  kind: 'policy',
  sql: () =>
    `select ${table} || ': ' || pg_catalog.quote_ident(p.polname) as object,
            pg_catalog.jsonb_build_object(
              'command', p.polcmd,
              'permissive', p.polpermissive,
              'calls', ${calls('pg_policy', 'p.oid')},
              'roles', (select pg_catalog.jsonb_agg(name order by name collate "C")
                          from (select distinct case r when 0 then 'PUBLIC' else ${role('r')} end
                                  from pg_catalog.unnest(p.polroles) as r) as roles (name))) as facts,
            pg_catalog.jsonb_build_object(
              'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
              'with check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) as code,
            ${table} as within
       from pg_catalog.pg_policy p
       join pg_catalog.pg_class c on c.oid = p.polrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where ${isUserSchema} and ${isNoMember('pg_class', 'c.oid')}`,
}

export const eventTriggers: Kind = {
  kind: 'event trigger',
  sql: () =>
    `select pg_catalog.quote_ident(e.evtname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('e.evtowner')},
              'event', e.evtevent,
              'function', e.evtfoid::pg_catalog.regprocedure::pg_catalog.text,
              'enabled', e.evtenabled,
              'tags', ${sorted('e.evttags')}) as facts
       from pg_catalog.pg_event_trigger e
      where ${isNoMember('pg_event_trigger', 'e.oid')}`,
}
