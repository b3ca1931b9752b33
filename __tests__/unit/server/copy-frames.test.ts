import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFrameReader } from '../../../src/server/copy-protocol/copy-frames.js'

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

/** The bodies of whole CopyData messages, joined, for every CopyDone that follows them and the end. */
function bodiesOf(messages: Buffer): Buffer[] {
  const all: Buffer[] = []
  let bodies: Buffer[] = []
  for (let offset = 0; offset < messages.length;) {
    const code = messages.toString('latin1', offset, offset + 1)
    expect(['c', 'd']).toContain(code)
    if (code === 'c') {
      all.push(Buffer.concat(bodies))
      bodies = []
    }
    const end = offset + 1 + messages.readUInt32BE(offset + 1)
    expect(end).toBeLessThanOrEqual(messages.length)
    bodies.push(messages.subarray(offset + 5, end))
    offset = end
  }
  return [...all, Buffer.concat(bodies)]
}

const data = fc
  .uint8Array({ maxLength: 2000, size: 'max' })
  .map((body) => message('d', Buffer.from(body)))
const other = fc
  .tuple(fc.constantFrom('H', 'C', 'N', 'S', 'A'), fc.uint8Array({ maxLength: 40 }))
  .map(([code, body]) => message(code, Buffer.from(body)))

const done = fc.constant(message('c', Buffer.alloc(0)))

describe('reading frames', () => {
  test('however the stream is cut, the bytes of every COPY are passed on and other messages whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: data }, done, other), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (messages, cuts) => {
          const result = read(Buffer.concat(messages), cuts)
          const isData = (text: Buffer) => 'cd'.includes(String.fromCharCode(text[0] ?? 0))
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
    expect(result.frames).toEqual([Buffer.concat([merged, merged])])
    expect(result.others).toEqual([notice])
  })

  test('the rows of several small COPYs that come together are passed on as one piece', () => {
    const copied = [
      message('H', Buffer.from('h')),
      message('d', Buffer.from('row')),
      message('c', Buffer.alloc(0)),
      message('C', Buffer.from('COPY 1')),
    ]
    const result = read(Buffer.concat([...copied, ...copied]), [])
    expect(result.frames).toEqual([Buffer.concat([...copied.slice(1, 3), ...copied.slice(1, 3)])])
    expect(result.others).toHaveLength(4)
  })

  test('a large message, and one that has not come whole, stay as they are', () => {
    const small = message('d', Buffer.from('small'))
    const large = message('d', Buffer.alloc(2000, 'x'))
    const all = Buffer.concat([small, large, small, small])
    const result = read(all, [all.length - 3])
    expect(result.forwarded).toEqual(all)
  })

  test.each(['Z', 'E'])('everything from a message %s on is left to the driver', (code) => {
    const frame = message('d', Buffer.from('row'))
    const rest = Buffer.concat([message(code, Buffer.from('x')), message('Z', Buffer.from('T'))])
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
