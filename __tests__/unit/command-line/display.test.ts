import { describe, expect, test } from '@jest/globals'
import { createDisplay, type Display } from '../../../src/command-line/display.js'
import { createFakeTerminal, type FakeTerminal } from '../../support/fake-terminal.js'
import { createHandClock, type HandClock } from '../../support/hand-clock.js'

interface Setting {
  readonly terminal: FakeTerminal
  readonly clock: HandClock
  readonly display: Display
}

function setUp(columns = 80, environment: Record<string, string> = {}): Setting {
  const terminal = createFakeTerminal(columns)
  const clock = createHandClock()
  return { terminal, clock, display: createDisplay(terminal, environment, clock) }
}

const table = (done: () => number, what = 'copy "public"."orders"') => ({
  what,
  total: 10_000_000,
  done,
})

describe('a terminal', () => {
  test('shows a bar for each piece of work below the lines of the log', () => {
    const { terminal, clock, display } = setUp()
    let done = 0
    display.write('Method copy.\n')
    const end = display.show(table(() => done))
    display.show({ what: 'index orders_pkey', total: null, done: () => 0 })
    clock.pass(1000)
    done = 5_000_000
    clock.pass(1000)
    display.write('a line of the log\n')
    expect(terminal.screen()).toEqual([
      'Method copy.',
      'a line of the log',
      '[#####-----] 50 %   3.1 MB/s     2 s  copy "public"."orders"',
      '[          ]                     2 s  index orders_pkey',
    ])
    end()
    clock.pass(1000)
    expect(terminal.screen()).toEqual([
      'Method copy.',
      'a line of the log',
      '[          ]                     3 s  index orders_pkey',
    ])
  })

  test('has its cursor back and no bar left when the work has ended', () => {
    const { terminal, clock, display } = setUp()
    const end = display.show(table(() => 1))
    clock.pass(1000)
    expect(terminal.isCursorVisible()).toBe(false)
    end()
    expect({
      cursor: terminal.isCursorVisible(),
      screen: terminal.screen(),
      timers: clock.running(),
    }).toEqual({ cursor: true, screen: [], timers: 0 })
  })

  test('has its cursor back when the display is cleared in the middle', () => {
    const { terminal, clock, display } = setUp()
    display.show(table(() => 1))
    clock.pass(1000)
    display.clear()
    display.clear()
    expect({
      cursor: terminal.isCursorVisible(),
      screen: terminal.screen(),
      timers: clock.running(),
    }).toEqual({ cursor: true, screen: [], timers: 0 })
  })

  test('that becomes narrower keeps the log and loses no line of it', () => {
    const { terminal, clock, display } = setUp(100)
    display.write('first\nsecond\n')
    display.show(table(() => 1, `copy ${'x'.repeat(90)}`))
    clock.pass(1000)
    // What is on the screen is wrapped anew, as terminals do.
    const old = terminal.screen()
    const narrow = createFakeTerminal(50)
    Object.assign(terminal, { columns: 50, write: narrow.write.bind(narrow) })
    narrow.write(`${old.join('\n')}\n`)
    clock.pass(200)
    expect(narrow.screen()).toEqual([
      'first',
      'second',
      expect.stringMatching(/^\[-{10}\] .* 1\.2 s {2}copy xxxxx…$/) as unknown,
    ])
  })

  test('writes each frame at once, and erases nothing that is written anew', () => {
    const { terminal, clock, display } = setUp()
    display.show(table(() => 1))
    clock.pass(600)
    const before = terminal.written().length
    clock.pass(200)
    const frame = terminal.written().slice(before)
    const [bar = ''] = terminal.screen()
    expect(frame).toBe(`\u001b[?25l\u001b[1A\r${bar}\u001b[K\n\u001b[J`)
  })

  test('does not flash work that ends at once', () => {
    const { terminal, clock, display } = setUp()
    for (let table_ = 0; table_ < 50; table_ += 1) {
      const end = display.show(table(() => 1))
      clock.pass(100)
      end()
    }
    expect(terminal.screen()).toEqual([])
  })

  test('keeps room for the log when much is at work', () => {
    const { terminal, clock, display } = setUp()
    for (let number = 0; number < 30; number += 1) display.show(table(() => 1, `copy t${number}`))
    clock.pass(1000)
    expect(terminal.screen()).toHaveLength(12)
    expect(terminal.screen().at(-1)).toBe('and 19 more at work')
  })

  test('takes a hostile name as text', () => {
    const { terminal, clock, display } = setUp(200)
    display.show(table(() => 1, 'copy "\u001b]0;title\u0007\n\u202e\u001b[2J"'))
    clock.pass(1000)
    expect(terminal.screen()).toEqual([
      expect.stringContaining('copy "\\u{1b}]0;title\\u{7}\\n\\u{202e}\\u{1b}[2J"') as unknown,
    ])
  })
})

test.each([
  ['no terminal', false, {}],
  ['a terminal that knows no cursor', true, { TERM: 'dumb' }],
])('%s gets the lines of the log and nothing else', (_what, isTTY, environment) => {
  const terminal = createFakeTerminal()
  terminal.isTTY = isTTY
  const clock = createHandClock()
  const display = createDisplay(terminal, environment, clock)
  const end = display.show(table(() => 1))
  clock.pass(5000)
  display.write('a line\n')
  end()
  display.clear()
  expect(terminal.written()).toBe('a line\n')
  expect(clock.running()).toBe(0)
})

test('no colour is ever used, with NO_COLOR or without', () => {
  const { terminal, clock, display } = setUp(80, { NO_COLOR: '1' })
  display.show(table(() => 1))
  clock.pass(5000)
  display.clear()
  expect(
    terminal
      .written()
      .split('\u001b')
      .filter((text) => /^\[[\d;]*m/.test(text)),
  ).toEqual([])
})
