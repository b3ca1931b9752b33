/**
 * Hands the rows that one session of the source sends to several sessions of the target, whole rows to whichever has
 * room. A server sends one CopyData message for each row (manual section 54.2.6), so between messages any other
 * session can go on. In binary form each session wants the header that stands before the first row, and the trailer
 * behind the last (COPY, "Binary Format").
 */
import { copyData, copyDone, headerBytes, type FrameWriter } from './copy-frames.js'

/** A signature, no flags, and no extension of the header. */
const binaryHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
/** In the place of the number of columns: no more rows. */
const binaryTrailer = Buffer.from([0xff, 0xff])
const endOfRows = frame(copyDone, Buffer.alloc(0))

/** Pieces are copied here, since the buffer that they come in is read into again before every session has sent its own. */
const laneBytes = 256 * 1024
/** The rest of a message of up to so many bytes may be queued behind what its session has not sent yet. */
const mostQueuedBytes = 64 * 1024

export interface FrameDivider extends FrameWriter {
  /** Gives rows to another session from now on; false when all of them have been handed out. */
  add(writer: FrameWriter): boolean
}

interface Lane {
  readonly writer: FrameWriter
  /** What it sends is in here, while it sends. */
  readonly buffer: Buffer
  /** Bytes that it has not sent yet. */
  waiting: number
}

/** `first` gets the beginning of the stream, and everything until another one has room when it has not. */
export function createFrameDivider(first: FrameWriter, format: 'binary' | 'text'): FrameDivider {
  const lanes: Lane[] = []
  let hasEnded = false
  let drained: () => void = () => undefined
  /** Bytes that are to come of the message that has begun. */
  let missing = 0
  let current = open(first)

  function open(writer: FrameWriter): Lane {
    const lane = { writer, buffer: Buffer.allocUnsafeSlow(laneBytes), waiting: 0 }
    lanes.push(lane)
    writer.onDrain(() => {
      lane.waiting = 0
      if (hasRoom()) drained()
    })
    return lane
  }

  function hasRoom(): boolean {
    if (missing > mostQueuedBytes) return current.waiting === 0
    return lanes.some(({ waiting }) => waiting === 0)
  }

  function laneWithRoom(): Lane {
    return lanes.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best))
  }

  function give(lane: Lane, piece: Buffer): void {
    if (piece.length === 0) return
    const fits = lane.waiting === 0 && piece.length <= lane.buffer.length
    if (fits) piece.copy(lane.buffer)
    const kept = fits ? lane.buffer.subarray(0, piece.length) : Buffer.from(piece)
    lane.waiting = lane.writer.write(kept)
  }

  function end(): void {
    hasEnded = true
    for (const lane of lanes) {
      if (format === 'binary' && lane !== current) give(lane, frame(copyData, binaryTrailer))
      give(lane, endOfRows)
    }
  }

  return {
    write(frames) {
      const start = Math.min(missing, frames.length)
      give(current, frames.subarray(0, start))
      missing -= start
      if (start < frames.length) {
        const rows = messagesFrom(frames, start)
        if (rows.end > start) current = laneWithRoom()
        give(current, frames.subarray(start, rows.end))
        missing = rows.missing
        if (rows.areAll) end()
      }
      if (hasRoom()) return 0
      return lanes.reduce((sum, { waiting }) => sum + waiting, 0)
    },
    onDrain(listener) {
      drained = listener
    },
    add(writer) {
      if (hasEnded) return false
      const lane = open(writer)
      if (format === 'binary') give(lane, frame(copyData, binaryHeader))
      if (hasRoom()) drained()
      return true
    },
  }
}

/** The CopyData messages from `start` on: where they end, whether CopyDone follows, and how much of the last one is to come. */
function messagesFrom(
  frames: Buffer,
  start: number,
): { end: number; areAll: boolean; missing: number } {
  let offset = start
  while (offset < frames.length) {
    if (frames[offset] === copyDone) return { end: offset, areAll: true, missing: 0 }
    offset += 1 + frames.readUInt32BE(offset + 1)
  }
  return { end: frames.length, areAll: false, missing: offset - frames.length }
}

function frame(code: number, body: Buffer): Buffer {
  const framed = Buffer.alloc(headerBytes + body.length)
  framed[0] = code
  framed.writeUInt32BE(framed.length - 1, 1)
  body.copy(framed, headerBytes)
  return framed
}
