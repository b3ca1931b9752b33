/** Reads what the choice of a method rests on. */
import { freeBytesOf } from '../folders.js'
import { readTablesAfterConfiguration, showsServerTexts, type Server } from '../server/index.js'
import type { MethodFacts } from './choose-method.js'
import { reasonAgainstCopy, type CopyRequest } from './copy/index.js'

/** Facts of one database of the source, and of the disk behind dump-directory. */
export async function readMethodFacts(
  source: Server,
  database: string,
  bytes: number,
  jobs: number,
  dumpDirectory: string,
  request: CopyRequest,
): Promise<MethodFacts> {
  const { bigTables, showsTexts, configurationFirst } = await source.withSession(
    database,
    async (session) => {
      const [row] = await session.query<{ tables: number }>(
        `select pg_catalog.count(*)::pg_catalog.int4 as tables
         from pg_catalog.pg_class
        where relkind in ('r', 'm') and pg_catalog.pg_table_size(oid) >= $1::pg_catalog.int8`,
        [Math.max(1, Math.floor(bytes / 10))],
      )
      return {
        bigTables: row?.tables ?? 0,
        showsTexts: await showsServerTexts(session),
        configurationFirst: (await readTablesAfterConfiguration(session)).length > 0,
      }
    },
  )
  const unshown = showsTexts
    ? null
    : `the name of a role, or the database's own name, comment or settings, for which the encoding of the database has no characters`
  return {
    againstCopy: reasonAgainstCopy(request) ?? unshown,
    bytes,
    bigTables,
    configurationFirst,
    jobs,
    freeDiskBytes: await freeBytesOf(dumpDirectory).catch(() => null),
  }
}
