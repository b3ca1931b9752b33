/** What the engine has to know of the staging database and its server before anything is there. */
import type { TransferOptions } from '../transfer.js'
import { readEncoding } from '../encoding.js'
import { maintenanceMemory } from './target-settings.js'

export interface StagingFacts {
  /** What one of the sessions may use to build an index, in bytes. */
  readonly buildMemory: number
  /** PostgreSQL's name of the encoding. */
  readonly encoding: string
}

/** Reads them in one session; `sessions` will share the memory. */
export async function readStagingFacts(
  options: Pick<TransferOptions, 'target' | 'stagingDatabase'>,
  sessions: number,
): Promise<StagingFacts> {
  return options.target.withSession(options.stagingDatabase, async (session) => {
    const [row] = await session.query<{ shared_buffers: string; maintenance: string }>(
      `select pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')) as shared_buffers,
              pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) as maintenance`,
    )
    const buildMemory = maintenanceMemory(
      Number(row?.shared_buffers ?? 0),
      Number(row?.maintenance ?? 0),
      sessions,
    )
    return { buildMemory, encoding: await readEncoding(session) }
  })
}
