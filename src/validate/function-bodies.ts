/** Tells which functions of users the target refuses to read, though the source reads them. */
import { isMember, regclass, type Session } from '../server/index.js'
import { tellable } from '../telling/tellable.js'
import { usersPath, withReader, type Both, type DatabaseSide } from './sides.js'

/** A function whose body was moved as it is, and that would fail on the target whenever it is called. */
export interface RefusedFunction {
  /** With the types of its arguments, qualified and quoted, as pg_identify_object writes it. */
  readonly name: string
  /** What the target says of the body. */
  readonly reason: string
  /** Something that the body names is not there: a column, function, table or type. */
  readonly isNameMissing: boolean
}

interface Refusal {
  readonly name: string
  readonly message: string
  readonly sqlState: string
}

/** undefined_column, undefined_function, undefined_table, undefined_object */
const missingNames = new Set(['42703', '42883', '42P01', '42704'])

/** Says nothing of a body: the role may not look at it (42501). */
const notAllowed = '42501'

/**
 * A dump carries the body of a function as a text that nobody reads before the first call. Here both servers are asked
 * to read it, as CREATE FUNCTION does (CREATE LANGUAGE, VALIDATOR), and only what the target alone refuses is returned: a
 * function may well need what no session of ours has, as a temporary table. Bodies in SQL are analyzed down to
 * the columns; of those in PL/pgSQL the grammar is looked at. Nothing in them is run.
 */
export async function refusedFunctions(sides: Both<DatabaseSide>): Promise<RefusedFunction[]> {
  const path = await withReader(sides.source, usersPath, { usersSearchPath: true })
  const onTarget = await withReader(sides.target, (session) => refusals(session, path))
  if (onTarget.length === 0) return []
  const names = onTarget.map(({ name }) => name)
  const onSource = await withReader(sides.source, (session) => refusals(session, path, names))
  const refusedByBoth = new Set(onSource.map(({ name }) => name))
  return onTarget
    .filter(({ name, sqlState }) => sqlState !== notAllowed && !refusedByBoth.has(name))
    .map(({ name, message, sqlState }) => ({
      name,
      reason: tellable(message),
      isNameMissing: missingNames.has(sqlState),
    }))
}

/** Asks a server for all functions, or for those that are named. */
async function refusals(
  session: Session,
  path: string,
  names?: readonly string[],
): Promise<Refusal[]> {
  await session.query(
    `select pg_catalog.set_config('check_function_bodies', 'on', false),
            pg_catalog.set_config('upgrade_postgres.search_path', $1, false),
            pg_catalog.set_config('upgrade_postgres.functions', $2, false)`,
    [path, names === undefined ? '' : JSON.stringify(names)],
  )
  await session.query(readBodies)
  const [row] = await session.query<{ refused: Refusal[] }>(
    `select pg_catalog.current_setting('upgrade_postgres.refused')::pg_catalog.json as refused`,
  )
  return row?.refused ?? []
}

/**
 * Every body is read in a subtransaction that always fails: so the locks on what it names are given back, and the
 * user's search_path holds for the validator alone, never for an expression of ours.
 */
const readBodies = `do language plpgsql $block$
declare
  body record;
  refused pg_catalog.text[] := '{}';
  said pg_catalog.text;
  state pg_catalog.text;
begin
  for body in
    select i.identity as name,
           pg_catalog.format(
             'select pg_catalog.%s(%s::pg_catalog.oid)',
             case l.lanname when 'sql' then 'fmgr_sql_validator' else 'plpgsql_validator' end, f.oid) as reading,
           coalesce((select pg_catalog.substr(s.setting, 13)
                       from pg_catalog.unnest(f.proconfig) s (setting)
                      where s.setting like 'search_path=%'),
                    pg_catalog.current_setting('upgrade_postgres.search_path')) as path
      from pg_catalog.pg_proc f
      join pg_catalog.pg_language l on l.oid = f.prolang
     cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0) i
     where l.lanname in ('sql', 'plpgsql') and f.oid >= 16384
       -- One that is dropped at this moment has no name any more.
       and i.identity is not null
       and not ${isMember(regclass('pg_proc'), 'f.oid')}
       and (pg_catalog.current_setting('upgrade_postgres.functions') = ''
            or i.identity in (select pg_catalog.json_array_elements_text(
                                pg_catalog.current_setting('upgrade_postgres.functions')::pg_catalog.json)))
     order by 1
  loop
    begin
      perform pg_catalog.set_config('search_path', body.path, true);
      execute body.reading;
      raise exception using errcode = 'UP000';
    exception
      when sqlstate 'UP000' then null;
      when others then
        get stacked diagnostics said = message_text, state = returned_sqlstate;
        refused := pg_catalog.array_append(refused, pg_catalog.json_build_object(
          'name', body.name, 'message', said, 'sqlState', state)::pg_catalog.text);
    end;
  end loop;
  perform pg_catalog.set_config(
    'upgrade_postgres.refused', '[' || pg_catalog.array_to_string(refused, ',') || ']', false);
end
$block$`
