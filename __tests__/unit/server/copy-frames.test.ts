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

/** The bodies of whole CopyData messages, one after the other. */
function bodiesOf(messages: Buffer): Buffer {
  const bodies: Buffer[] = []
  for (let offset = 0; offset < messages.length;) {
    expect(messages.toString('latin1', offset, offset + 1)).toBe('d')
    const end = offset + 1 + messages.readUInt32BE(offset + 1)
    expect(end).toBeLessThanOrEqual(messages.length)
    bodies.push(messages.subarray(offset + 5, end))
    offset = end
  }
  return Buffer.concat(bodies)
}

const data = fc
  .uint8Array({ maxLength: 2000, size: 'max' })
  .map((body) => message('d', Buffer.from(body)))
const other = fc
  .tuple(fc.constantFrom('H', 'N', 'S', 'A'), fc.uint8Array({ maxLength: 40 }))
  .map(([code, body]) => message(code, Buffer.from(body)))

describe('reading frames', () => {
  test('however the stream is cut, the bytes in CopyData are passed on and other messages whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: data }, other), { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, cuts) => {
          const result = read(Buffer.concat(messages), cuts)
          const isData = (text: Buffer) => text[0] === 'd'.charCodeAt(0)
          expect(bodiesOf(result.forwarded)).toEqual(
            bodiesOf(Buffer.concat(messages.filter(isData))),
          )
          expect(result.others).toEqual(messages.filter((text) => !isData(text)))
        },
      ),
    )
  })

  test('small messages that come together are merged into one', () => {
    const rows = ['one', 'two', 'three'].map((row) => message('d', Buffer.from(row)))
    const notice = message('N', Buffer.from('n'))
    const result = read(Buffer.concat([...rows, notice, ...rows]), [])
    const merged = message('d', Buffer.from('onetwothree'))
    expect(result.frames).toEqual([merged, merged])
    expect(result.others).toEqual([notice])
  })

  test('a large message, and one that has not come whole, stay as they are', () => {
    const small = message('d', Buffer.from('small'))
    const large = message('d', Buffer.alloc(2000, 'x'))
    const all = Buffer.concat([small, large, small, small])
    const result = read(all, [all.length - 3])
    expect(result.forwarded).toEqual(all)
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
