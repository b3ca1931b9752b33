import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFrameReader } from '../../../src/server/copy-frames.js'

function message(code: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(code, 'latin1')
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

/** Hands the bytes over in pieces, each in a buffer that is overwritten afterwards, as the socket's is. */
function read(bytes: Buffer, cuts: readonly number[]) {
  const seen = { frames: [] as Buffer[], others: [] as Buffer[], ends: [] as Buffer[] }
  const reader = createFrameReader({
    onFrames: (frames) => seen.frames.push(Buffer.from(frames)),
    onOther: (other) => seen.others.push(Buffer.from(other)),
    onEnd: (rest) => seen.ends.push(rest),
  })
  const places = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])]
  let start = 0
  for (const end of places.sort((a, b) => a - b)) {
    if (end === start) continue
    const piece = Buffer.from(bytes.subarray(start, end))
    if (seen.ends.length === 0) reader(piece)
    piece.fill(0)
    start = end
  }
  return { ...seen, forwarded: Buffer.concat(seen.frames) }
}

const data = fc.uint8Array({ maxLength: 300 }).map((body) => message('d', Buffer.from(body)))
const other = fc
  .tuple(fc.constantFrom('H', 'N', 'S', 'A'), fc.uint8Array({ maxLength: 40 }))
  .map(([code, body]) => message(code, Buffer.from(body)))

describe('reading frames', () => {
  test('however the stream is cut, CopyData is passed on byte for byte and other messages whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: data }, other), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, cuts) => {
          const result = read(Buffer.concat(messages), cuts)
          const isData = (text: Buffer) => text[0] === 'd'.charCodeAt(0)
          expect(result.forwarded).toEqual(Buffer.concat(messages.filter(isData)))
          expect(result.others).toEqual(messages.filter((text) => !isData(text)))
        },
      ),
    )
  })

  test.each(['c', 'E'])('everything from a message %s on is left to the driver', (code) => {
    const frame = message('d', Buffer.from('row'))
    const rest = Buffer.concat([message(code, Buffer.from('x')), message('Z', Buffer.from('I'))])
    const result = read(Buffer.concat([frame, rest]), [])
    expect(result.forwarded).toEqual(frame)
    expect(result.ends).toEqual([rest])
  })

  test('a row whose bytes look like the end of COPY is passed on', () => {
    const frame = message('d', message('c', Buffer.alloc(0)))
    const result = read(frame, [3, 6])
    expect(result.forwarded).toEqual(frame)
    expect(result.ends).toEqual([])
  })
})
