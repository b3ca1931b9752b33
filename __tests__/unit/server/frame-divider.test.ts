import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFrameDivider, type FrameWriter } from '../../../src/server/index.js'

function message(code: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(code, 'latin1')
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

/** A session that sends nothing until it is told to. It looks at a piece when it sends it, as a socket does. */
function lane() {
  const waiting: Buffer[] = []
  const sent: Buffer[] = []
  let drained: () => void = () => undefined
  const bytes = () => waiting.reduce((sum, { length }) => sum + length, 0)
  const writer: FrameWriter = {
    write(frames) {
      waiting.push(frames)
      return bytes()
    },
    onDrain(listener) {
      drained = listener
    },
  }
  return {
    writer,
    bytes,
    drain() {
      for (const piece of waiting.splice(0)) sent.push(Buffer.from(piece))
      drained()
    },
    /** The bodies of the messages that it was sent, which end with CopyDone. */
    bodies(): Buffer[] {
      const all = Buffer.concat(sent)
      const bodies: Buffer[] = []
      for (let offset = 0; offset < all.length;) {
        const end = offset + 1 + all.readUInt32BE(offset + 1)
        const isLast = end === all.length
        expect(all.toString('latin1', offset, offset + 1)).toBe(isLast ? 'c' : 'd')
        if (!isLast) bodies.push(all.subarray(offset + 5, end))
        offset = end
      }
      return bodies
    },
  }
}

type Lane = ReturnType<typeof lane>

const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** Hands messages over in pieces that never end inside a header, and waits when it is told to. */
function divide(
  format: 'binary' | 'text',
  messages: readonly Buffer[],
  { sizes, draws, lanes }: { sizes: readonly number[]; draws: readonly number[]; lanes: Lane[] },
) {
  const [first, ...others] = lanes as [Lane, ...Lane[]]
  const divider = createFrameDivider(first.writer, format)
  let step = 0
  let mayGoOn = true
  let mostWaiting = 0
  divider.onDrain(() => {
    mayGoOn = true
  })
  const sendSome = () => {
    step += 1
    lanes[(draws[step % draws.length] ?? 0) % lanes.length]?.drain()
  }
  const pieces = cut(messages, sizes)
  for (const piece of pieces) {
    if (step % 3 === 0) {
      const next = others.shift()
      if (next !== undefined) expect(divider.add(next.writer)).toBe(true)
    }
    for (let tries = 0; !mayGoOn; tries += 1) {
      if (tries > 100) throw new Error('It never goes on.')
      sendSome()
      if (tries > 50) for (const each of lanes) each.drain()
    }
    mayGoOn = divider.write(piece) === 0
    mostWaiting = Math.max(mostWaiting, ...lanes.map((each) => each.bytes()))
    // The buffer that pieces come in is read into again.
    piece.fill(0)
    if (step % 2 === 0) sendSome()
    step += 1
  }
  for (const each of lanes) each.drain()
  return { mostWaiting, mayAdd: () => divider.add(lane().writer), late: others }
}

function cut(messages: readonly Buffer[], sizes: readonly number[]): Buffer[] {
  const stream = Buffer.concat(messages)
  const starts: number[] = []
  for (let offset = 0; offset < stream.length; offset += 1 + stream.readUInt32BE(offset + 1)) {
    starts.push(offset)
  }
  const pieces: Buffer[] = []
  let from = 0
  for (let turn = 0; from < stream.length; turn += 1) {
    let to = Math.min(stream.length, from + (sizes[turn % sizes.length] ?? 1))
    const inside = starts.find((start) => start < to && to < start + 5)
    if (inside !== undefined) to = inside > from ? inside : inside + 5
    pieces.push(Buffer.from(stream.subarray(from, to)))
    from = to
  }
  return pieces
}

const sizes = fc.array(fc.integer({ min: 20, max: 9000 }), { minLength: 1 })
const draws = fc.array(fc.nat({ max: 9 }), { minLength: 1 })
/** Each begins with its number. */
const rows = fc
  .array(fc.nat({ max: 3000 }), { maxLength: 40, size: 'max' })
  .map((lengths) => lengths.map((length, at) => Buffer.alloc(length + 1, at)))
const done = message('c', Buffer.alloc(0))

function inOrder(all: readonly Buffer[]): Buffer[] {
  return all.toSorted((one, other) => (one[0] ?? 0) - (other[0] ?? 0))
}

/** Jest compares buffers byte by byte. */
function texts(all: readonly Buffer[]): string[] {
  return all.map((each) => each.toString('latin1'))
}

/** The rows of one session, between its header and its trailer. */
function rowsIn([first, ...others]: readonly Buffer[]): Buffer[] {
  expect(first?.subarray(0, header.length)).toEqual(header)
  const all = [first?.subarray(header.length) ?? header, ...others].filter(
    (body) => body.length > 0,
  )
  expect(all.pop()).toEqual(trailer)
  expect(texts(all)).toEqual(texts(inOrder(all)))
  return all
}

describe('dividing rows among sessions', () => {
  test('in binary form each gets a header, whole rows in their order, and a trailer; together, all of them', () => {
    const lanesUsed = fc.integer({ min: 1, max: 4 })
    fc.assert(
      fc.property(rows, sizes, draws, lanesUsed, (given, cuts, turns, count) => {
        const [first, ...more] = [...given, trailer]
        // The server puts the header and the first row into one message.
        const bodies = [Buffer.concat([header, first]), ...more]
        const stream = [...bodies.map((body) => message('d', body)), done]
        const lanes = Array.from({ length: count }, lane)
        const { mayAdd, late } = divide('binary', stream, { sizes: cuts, draws: turns, lanes })
        expect(mayAdd()).toBe(false)
        const used = lanes.filter((each) => !late.includes(each))
        expect(texts(inOrder(used.flatMap((each) => rowsIn(each.bodies()))))).toEqual(texts(given))
      }),
    )
  })

  test('as text each gets whole rows and the end, and nothing else', () => {
    fc.assert(
      fc.property(rows, sizes, draws, (given, cuts, turns) => {
        const lanes = Array.from({ length: 3 }, lane)
        const stream = [...given.map((body) => message('d', body)), done]
        divide('text', stream, { sizes: cuts, draws: turns, lanes })
        expect(texts(inOrder(lanes.flatMap((each) => each.bodies())))).toEqual(texts(given))
      }),
    )
  })

  test('the trailer that the server sends is not sent twice, wherever the end comes', () => {
    const [first, other] = [lane(), lane()]
    const divider = createFrameDivider(first.writer, 'binary')
    divider.add(other.writer)
    other.drain()
    const row = Buffer.from('row')
    divider.write(message('d', Buffer.concat([header, row])))
    divider.write(message('d', trailer))
    first.drain()
    divider.write(done)
    first.drain()
    other.drain()
    expect(rowsIn(first.bodies())).toEqual([row])
    expect(rowsIn(other.bodies())).toEqual([])
  })

  test('rows go on to a second session while the first one is stuck, and stop when both are', () => {
    const [stuck, other] = [lane(), lane()]
    const divider = createFrameDivider(stuck.writer, 'text')
    divider.add(other.writer)
    const row = () => message('d', Buffer.alloc(1000))
    expect(divider.write(row())).toBe(0)
    expect(divider.write(row())).toBeGreaterThan(0)
    other.drain()
    expect(divider.write(row())).toBeGreaterThan(0)
    expect([stuck.bytes(), other.bytes()]).toEqual([1005, 1005])
  })

  test('a value of any size stays with one session, and waits for it', () => {
    const [first, other] = [lane(), lane()]
    const divider = createFrameDivider(first.writer, 'text')
    divider.add(other.writer)
    const row = message('d', Buffer.alloc(5_000_000, 'x'))
    let most = 0
    for (let from = 0; from < row.length; from += 200_000) {
      const waits = divider.write(row.subarray(from, from + 200_000))
      most = Math.max(most, first.bytes())
      if (waits > 0) first.drain()
    }
    divider.write(done)
    first.drain()
    other.drain()
    expect(Buffer.concat(first.bodies())).toHaveLength(5_000_000)
    expect(other.bodies()).toEqual([])
    expect(most).toBeLessThan(300_000)
  })
})
