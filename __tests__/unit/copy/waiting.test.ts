import { expect, test } from '@jest/globals'
import type { FrameWriter } from '../../../src/server/index.js'
import { watchWriter } from '../../../src/transfer/copy/rows/waiting.js'

test('the share of the time in which a writer takes nothing more, each time since it was asked last', () => {
  let time = 0
  let waiting = 0
  let drain: () => void = () => undefined
  const writer: FrameWriter = {
    write: () => waiting,
    onDrain(listener) {
      drain = listener
    },
  }
  const watched = watchWriter(writer, () => time)
  let drained = 0
  watched.writer.onDrain(() => {
    drained += 1
  })
  const writeAt = (moment: number, left: number) => {
    time = moment
    waiting = left
    expect(watched.writer.write(Buffer.alloc(1))).toBe(left)
  }
  expect(watched.waited()).toBe(0)
  writeAt(10, 0)
  writeAt(20, 500)
  writeAt(25, 600)
  time = 50
  drain()
  expect(drained).toBe(1)
  time = 100
  expect(watched.waited()).toBe(0.3)
  // What is written without a wait ends one as well.
  writeAt(110, 1)
  writeAt(120, 0)
  time = 200
  expect(watched.waited()).toBe(0.1)
  writeAt(250, 1)
  time = 300
  expect(watched.waited()).toBe(0.5)
  time = 400
  expect(watched.waited()).toBe(1)
  drain()
  time = 500
  expect(watched.waited()).toBe(0)
})
