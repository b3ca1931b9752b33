/** The encoding of a database, which a dump has to be written in whatever its sessions are told to begin with. */
import type { Session } from '../server/index.js'

/** The name of the database's encoding as pg_dump and `COPY … (ENCODING …)` take it. */
export async function readEncoding(session: Session): Promise<string> {
  const [row] = await session.query<{ encoding: string }>(
    `select pg_catalog.pg_encoding_to_char(encoding)::pg_catalog.text as encoding
       from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
  )
  if (row === undefined) throw new Error('The server did not tell the encoding of the database.')
  return row.encoding
}
