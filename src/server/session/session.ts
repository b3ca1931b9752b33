/** One session on one database of a server: queries, cursors and COPY streams, with errors that name the side. */
import pg from 'pg'
import Cursor from 'pg-cursor'
import { ConnectionError, messageOf, QueryError, type UpgradeError } from '../../errors.js'
import { foreignParts, foreignText } from '../../telling/foreign.js'
import { tellable } from '../../telling/tellable.js'
import {
  receiveFrames,
  sendFrames,
  type FrameReceiver,
  type FrameWriter,
} from '../copy-protocol/copy-frames.js'
import type { ServerSide } from '../server.js'
import { startStatement } from './start-statement.js'

export type Row = Record<string, unknown>

export interface Notice {
  readonly severity: string
  readonly message: string
  readonly sqlState: string | undefined
  /** Of the server's own source that gave it, whatever its language: `analyze.c`. */
  readonly file: string | undefined
}

export interface Session {
  readonly side: ServerSide
  readonly database: string
  /** The server's process of this session, as pg_stat_activity shows it. */
  readonly processId: number
  /** Runs one statement, or without values several, and returns the rows of the last. bigint and numeric arrive as strings. */
  query<T extends object = Row>(sql: string, values?: readonly unknown[]): Promise<T[]>
  /** Runs exactly one statement, in the extended protocol: a text that a server gave cannot bring a second one along. */
  queryOne<T extends object = Row>(sql: string): Promise<T[]>
  /** Has one statement parsed, planned and started, and never run; says whether it answers with rows. */
  start(sql: string): Promise<boolean>
  /** Runs one statement and returns the rows, with the text of every value, in the order of the columns. */
  queryText(sql: string): Promise<(string | null)[][]>
  /** Reads a large result in batches, so that memory stays flat. */
  batches<T extends object = Row>(
    sql: string,
    values?: readonly unknown[],
    size?: number,
  ): AsyncIterable<T[]>
  /**
   * The same with the text of every value, in the order of the columns. `print` may change a text, told the
   * object identifier of its type.
   */
  textBatches(
    sql: string,
    print?: (text: string, type: number) => string,
  ): AsyncIterable<(string | null)[][]>
  /** `COPY … TO STDOUT`, one or several, as the server frames it, handed to `writer`; resolves with the number of rows of each. */
  sendFrames(sql: string, writer: FrameWriter): Promise<number[]>
  /** As many `COPY … FROM STDIN`, fed with what another session's `sendFrames` hands over. */
  receiveFrames(sql: string): Promise<FrameReceiver>
  onNotice(listener: (notice: Notice) => void): void
  /** Ends the session in order. Never fails. */
  close(): Promise<void>
  /** Drops the connection at once, whatever runs. */
  destroy(): void
}

/** The error classes that mean "the connection is gone" rather than "the statement is wrong", whatever the language of the server. */
const lostConnectionStates = new Set([
  ...['08000', '08003', '08006'],
  // The time-outs of a transaction end the session.
  ...['25P03', '25P04'],
  ...['57P01', '57P02', '57P03', '57P04', '57P05'],
])

/** The functions of servers that find that a snapshot went with the session that had exported it, and their SQLSTATEs. */
const importing = new Set(['ImportSnapshot', 'SetTransactionSnapshot'])
const snapshotGoneStates = new Set(['22023', '42704', '55000'])

function isSnapshotGone({ code = '', routine = '' }: pg.DatabaseError): boolean {
  return importing.has(routine) && snapshotGoneStates.has(code)
}

const diskFull = '53100'

/** Cleans the error itself: whoever looks for the server's own words, finds them there as the cause of ours. */
function cleanDriverError(error: pg.DatabaseError, saysEnglish: boolean): void {
  if (!saysEnglish) Object.assign(error, foreignParts(error))
  error.message = tellable(error.message)
  for (const field of ['detail', 'hint', 'where'] as const) {
    const text = error[field]
    if (text !== undefined) error[field] = tellable(text)
  }
}

/**
 * Makes an error of the driver one of ours: says the side, the database, the server's detail and hint, and nothing of a
 * row's content. Of what ended the session (`isLost`) no SQLSTATE has to say so: a conflict with recovery has that of a statement.
 */
export function explainDriverError(
  error: unknown,
  side: ServerSide,
  database: string,
  isLost = false,
  saysEnglish = true,
): UpgradeError {
  const place = `on the ${side}, database ${JSON.stringify(database)}`
  if (error instanceof pg.DatabaseError) {
    cleanDriverError(error, saysEnglish)
    const sqlState = error.code
    const detail = error.detail === undefined ? '' : ` ${error.detail}`
    const hint = error.hint
    const context = error.where === undefined ? '' : ` (${error.where.split('\n')[0] ?? ''})`
    const message = `${error.message} (SQLSTATE ${sqlState ?? 'unknown'}) ${place}.${detail}${context}`
    const details = { side, sqlState, hint, cause: error }
    if (isSnapshotGone(error)) {
      return new QueryError(
        `The session that held the snapshot on the source was lost: ${message}`,
        { ...details, code: 'connection-lost' },
      )
    }
    return isLost || error.severity === 'FATAL' || lostConnectionStates.has(sqlState ?? '')
      ? new ConnectionError(message, { ...details, code: 'connection-lost' })
      : new QueryError(message, {
          ...details,
          code: sqlState === diskFull ? 'disk-full' : 'query-failed',
        })
  }
  return new ConnectionError(`The connection was lost ${place}: ${messageOf(error)}`, {
    code: 'connection-lost',
    side,
    cause: error,
  })
}

/** Several statements have several results, which the driver's types do not say. */
function lastRows<T extends object>(result: pg.QueryResult<T> | pg.QueryResult<T>[]): T[] {
  return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows
}

/** Wraps a connected client. */
export function createSession(
  client: pg.Client,
  side: ServerSide,
  database: string,
  saysEnglish = true,
): Session {
  let lost: unknown
  client.on('error', (error) => {
    // First comes what the server says as it ends the session, then that the line is cut.
    lost ??= error
  })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  const explain = (error: unknown) =>
    explainDriverError(lost ?? error, side, database, lost !== undefined, saysEnglish)

  async function* read<T>(cursor: Cursor<T>, size: number): AsyncIterable<T[]> {
    try {
      for (;;) {
        const rows = await unlessCut(client, cursor.read(size))
        if (rows.length === 0) return
        yield rows
      }
    } catch (error) {
      throw explain(error)
    } finally {
      // A cursor on a connection that is gone never says that it is closed.
      await Promise.race([cursor.close().catch(() => undefined), ended])
    }
  }

  const types = { getTypeParser: () => (text: string) => text }

  return {
    side,
    database,
    processId: (client as unknown as { processID: number }).processID,
    async query<T extends object>(sql: string, values?: readonly unknown[]) {
      try {
        return lastRows(await client.query<T>(sql, values === undefined ? undefined : [...values]))
      } catch (error) {
        throw explain(error)
      }
    },
    async queryOne<T extends object>(sql: string) {
      try {
        // The types of the driver do not know it yet.
        const config: pg.QueryConfig & { queryMode: 'extended' } = {
          text: sql,
          queryMode: 'extended',
        }
        return (await client.query<T>(config)).rows
      } catch (error) {
        throw explain(error)
      }
    },
    async start(sql) {
      try {
        return await startStatement(client, sql)
      } catch (error) {
        throw explain(error)
      }
    },
    async queryText(sql) {
      try {
        return (await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types })).rows
      } catch (error) {
        throw explain(error)
      }
    },
    batches: <T extends object>(sql: string, values: readonly unknown[] = [], size = 1000) =>
      read(client.query(new Cursor<T>(sql, [...values])), size),
    textBatches(sql, print = (text) => text) {
      const printed = { getTypeParser: (type: number) => (text: string) => print(text, type) }
      const config = { rowMode: 'array' as const, types: printed }
      return read(client.query(new Cursor<(string | null)[]>(sql, [], config)), 1000)
    },
    async sendFrames(sql, writer) {
      try {
        return await sendFrames(client, sql, writer)
      } catch (error) {
        throw explain(error)
      }
    },
    async receiveFrames(sql) {
      try {
        const receiver = await receiveFrames(client, sql)
        const explained = <T>(promise: Promise<T>): Promise<T> =>
          promise.catch((error: unknown) => {
            throw explain(error)
          })
        const failed = explained(receiver.failed)
        failed.catch(() => undefined)
        const stored = explained(receiver.stored)
        stored.catch(() => undefined)
        return { ...receiver, failed, stored }
      } catch (error) {
        throw explain(error)
      }
    },
    onNotice(listener) {
      client.on('notice', (notice) => {
        listener({
          severity: notice.severity ?? 'NOTICE',
          message: tellable(
            saysEnglish ? (notice.message ?? '') : foreignText(notice.message ?? '', notice.code),
          ),
          sqlState: notice.code,
          file: notice.file,
        })
      })
    },
    async close() {
      await client.end().catch(() => undefined)
    },
    destroy() {
      destroyClient(client)
    },
  }
}

/** A cursor that has its last row, and waits for the server to be ready for more, is not told when the line is cut. */
function unlessCut<T>(client: pg.Client, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = () => {
      reject(new Error('Connection terminated'))
    }
    client.once('end', cut)
    work.then(resolve, reject).finally(() => client.off('end', cut))
  })
}

/** Drops the connection at once, whatever it is doing. */
export function destroyClient(client: pg.Client): void {
  ;(
    client as unknown as { connection: { stream: { destroy(): void } } }
  ).connection.stream.destroy()
}
