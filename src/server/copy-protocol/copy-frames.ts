/**
 * COPY between two servers without looking into the rows: CopyData and CopyDone are the same bytes in both directions,
 * so what the source sends is handed to the target. The source sends a message for each row; as their boundaries
 * mean nothing to the target (manual section 54.2.6), small ones are merged, which spares it work for each row.
 *
 * One query may hold several COPY statements: one server sends their rows one after the other, and the other one takes
 * them so, without another round trip.
 */
import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { DirectSocket } from '../connection/direct-socket.js'

export const copyData = 0x64 // d
export const copyDone = 0x63 // c
const errorResponse = 0x45 // E
const readyForQuery = 0x5a // Z
export const headerBytes = 5

/** Where the frames go. */
export interface FrameWriter {
  /** Returns how many bytes wait, earlier ones among them. While some do, the caller leaves their buffers alone. */
  write(frames: Buffer): number
  /** Told whenever none wait any more. */
  onDrain(listener: () => void): void
}

/** `COPY … FROM STDIN` that waits for frames; one CopyDone ends each statement. */
export interface FrameReceiver extends FrameWriter {
  /** Resolves with the number of rows of each statement once the server has stored them all. */
  readonly stored: Promise<number[]>
  /** Rejects as soon as the server refuses the rows; never resolves. */
  readonly failed: Promise<never>
}

/** What the driver's client does with a query object of ours (pg's `Submittable`). */
interface Submittable {
  submit(connection: pg.Connection): void
  callback(): void
  handleError(error: Error): void
  handleCommandComplete(message: { text?: string }): void
  handleReadyForQuery(): void
}

function rowsOf(message: { text?: string }): number {
  return Number(/^COPY (\d+)/.exec(message.text ?? '')?.[1] ?? 0)
}

/**
 * Runs `COPY … TO STDOUT`, one or several, and writes their frames; resolves with the number of rows of each. Rejects
 * with the driver's error.
 */
export function sendFrames(client: pg.Client, sql: string, writer: FrameWriter): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const rows: number[] = []
    let release: () => void = () => undefined
    const query: Submittable = {
      submit(connection) {
        release = takeOver(connection.stream, writer)
        connection.query(sql)
      },
      callback: () => undefined,
      handleError(error) {
        release()
        reject(error)
      },
      handleCommandComplete(message) {
        rows.push(rowsOf(message))
      },
      handleReadyForQuery() {
        resolve(rows)
      },
    }
    client.query(query as unknown as pg.Submittable)
  })
}

type DataListener = (chunk: Buffer) => void

/**
 * So many bytes may wait where each chunk has a buffer of its own, as behind TLS: one piece for each record, 16 kB.
 * What waits is sent as one piece. Measured with TLS on both sides, this takes an eighth of our CPU time away.
 */
const mostWaitingBytes = 128 * 1024

/** Puts the frame reader in front of the driver's own parser until the query ends. */
function takeOver(socket: Duplex, writer: FrameWriter): () => void {
  const [drivers] = socket.listeners('data') as DataListener[]
  if (drivers === undefined) throw new Error('The driver does not listen to its socket.')
  const mostWaiting = socket instanceof DirectSocket ? 0 : mostWaitingBytes
  let isTakenOver = true
  const release = () => {
    if (!isTakenOver) return
    isTakenOver = false
    if (socket instanceof DirectSocket) socket.reader = undefined
    socket.off('data', read)
    socket.on('data', drivers)
    socket.resume()
  }
  const read = createFrameReader({
    onFrames(frames) {
      if (writer.write(frames) <= mostWaiting) return
      socket.pause()
      writer.onDrain(() => {
        if (isTakenOver) socket.resume()
      })
    },
    onOther: drivers,
    onEnd(rest) {
      release()
      drivers(rest)
    },
  })
  socket.off('data', drivers)
  if (socket instanceof DirectSocket) socket.reader = read
  else socket.on('data', read)
  return release
}

export interface FrameEvents {
  /** A piece of the stream of CopyData and CopyDone, small messages merged; it may begin and end anywhere inside one. */
  onFrames(frames: Buffer): void
  /** A whole message of another kind: a notice, a changed parameter, what starts and what completes a COPY. */
  onOther(message: Buffer): void
  /** Everything from an error on, or from where the server is ready for another query; the receiver may keep it. */
  onEnd(rest: Buffer): void
}

/** Up to so many bytes, one message costs less than the pieces of it that lie apart. */
const mostJoinedBytes = 64 * 1024

/** Returns a function that takes the chunks of the connection in order, and merges messages inside them. One chunk is passed on as few slices as possible. */
export function createFrameReader(events: FrameEvents): (chunk: Buffer) => void {
  /** Bytes of the current message that have not come yet. */
  let missing = 0
  /** A header, or a message of another kind, of which only the beginning has come. */
  let kept: Buffer | undefined

  return (incoming) => {
    const chunk = kept === undefined ? incoming : Buffer.concat([kept, incoming])
    kept = undefined
    const frames: Buffer[] = []
    let start = 0
    let offset = missing
    for (;;) {
      if (offset >= chunk.length) {
        missing = offset - chunk.length
        passOn(frames, chunk, start, chunk.length)
        break
      }
      const code = chunk[offset]
      const isWhole = chunk.length - offset >= headerBytes
      if (code === copyData && isWhole) {
        const { end, next } = mergeMessages(chunk, offset)
        if (next === offset) offset += 1 + chunk.readUInt32BE(offset + 1)
        else offset = next
        if (end < next) {
          passOn(frames, chunk, start, end)
          start = next
        }
        continue
      }
      if (code === copyDone && isWhole) {
        offset += headerBytes
        continue
      }
      missing = 0
      passOn(frames, chunk, start, offset)
      if (code === errorResponse || code === readyForQuery) {
        handOver(frames, events)
        events.onEnd(Buffer.from(chunk.subarray(offset)))
        return
      }
      const end = isWhole ? offset + 1 + chunk.readUInt32BE(offset + 1) : Infinity
      if (end > chunk.length) {
        kept = Buffer.from(chunk.subarray(offset))
        break
      }
      events.onOther(chunk.subarray(offset, end))
      start = end
      offset = end
    }
    handOver(frames, events)
  }
}

function passOn(frames: Buffer[], chunk: Buffer, start: number, end: number): void {
  if (start >= end) return
  frames.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
}

function handOver(frames: readonly Buffer[], events: FrameEvents): void {
  const bytes = frames.reduce((sum, { length }) => sum + length, 0)
  if (frames.length > 1 && bytes <= mostJoinedBytes) events.onFrames(Buffer.concat(frames))
  else for (const each of frames) events.onFrames(each)
}

/** Moving more bytes than these costs more than a message of their own. */
const mostMergedBytes = 1024

/**
 * Makes one message, in its place, of the small CopyData messages that follow each other from `first` on and are wholly
 * there. Returns where it ends, and where the first message begins that is not in it.
 */
function mergeMessages(chunk: Buffer, first: number): { end: number; next: number } {
  let end = first + headerBytes
  let next = first
  while (next + headerBytes <= chunk.length && chunk[next] === copyData) {
    const length = chunk.readUInt32BE(next + 1)
    const body = next + headerBytes
    const after = next + 1 + length
    if (after < body || length > mostMergedBytes || after > chunk.length) break
    if (end < body) chunk.copyWithin(end, body, after)
    end += after - body
    next = after
  }
  if (next === first) return { end: first, next: first }
  chunk.writeUInt32BE(end - first - 1, first + 1)
  return { end, next }
}

/** Starts `COPY … FROM STDIN`, one or several; resolves once the server waits for data. Rejects with the driver's error. */
export function receiveFrames(client: pg.Client, sql: string): Promise<FrameReceiver> {
  return new Promise((resolve, reject) => {
    const rows: number[] = []
    let fail: (error: Error) => void = () => undefined
    let finish: (rows: number[]) => void = () => undefined
    const failed = new Promise<never>((_resolve, rejectFailed) => {
      fail = rejectFailed
    })
    const finished = new Promise<number[]>((resolveFinished) => {
      finish = resolveFinished
    })
    const stored = Promise.race([finished, failed])
    // Whoever does not wait for them is told by what was waited for instead.
    for (const promise of [failed, stored]) promise.catch(() => undefined)
    let hasStarted = false
    const query: Submittable & { handleCopyInResponse(connection: pg.Connection): void } = {
      submit(connection) {
        connection.query(sql)
      },
      callback: () => undefined,
      handleCopyInResponse(connection) {
        if (hasStarted) return
        hasStarted = true
        const socket = connection.stream
        let pending = 0
        let drained: () => void = () => undefined
        resolve({
          write(frames) {
            pending += 1
            socket.write(frames, () => {
              pending -= 1
              if (pending === 0) drained()
            })
            return socket.writableLength
          },
          onDrain(listener) {
            drained = listener
          },
          stored,
          failed,
        })
      },
      handleError(error) {
        reject(error)
        fail(error)
      },
      handleCommandComplete(message) {
        rows.push(rowsOf(message))
      },
      handleReadyForQuery() {
        finish(rows)
      },
    }
    client.query(query as unknown as pg.Submittable)
  })
}
