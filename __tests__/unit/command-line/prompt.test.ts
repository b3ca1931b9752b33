import { expect, it } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { askWithoutEcho } from '../../../src/command-line/prompt.js'

/** A terminal on which somebody types. */
function terminal() {
  const events = new EventEmitter()
  const state = { raw: false, paused: false, rest: '', shown: '' }
  const input = {
    setRawMode: (raw: boolean) => (state.raw = raw),
    setEncoding: () => undefined,
    on: (name: 'data', listener: (text: string) => void) => events.on(name, listener),
    off: (name: 'data', listener: (text: string) => void) => events.off(name, listener),
    resume: () => (state.paused = false),
    pause: () => (state.paused = true),
    unshift: (text: string) => (state.rest = text),
  }
  const answer = askWithoutEcho('Password: ', input, (text) => (state.shown += text))
  return { state, answer, type: (text: string) => events.emit('data', text) }
}

it('shows the question alone, and leaves the terminal as it was', async () => {
  const { state, answer, type } = terminal()
  type('pä')
  expect(state.raw).toBe(true)
  type('ß\x7fx\x1b')
  type('\x1b[A')
  type('y\r')
  expect(await answer).toBe('päxy')
  expect(state).toEqual({ raw: false, paused: true, rest: '', shown: 'Password: \n' })
})

it('leaves the second line of a paste for the next question', async () => {
  const { state, answer, type } = terminal()
  type('one\ntwo\n')
  expect(await answer).toBe('one')
  expect(state.rest).toBe('two\n')
})

it('is cancelled by Ctrl-C', async () => {
  const { state, answer, type } = terminal()
  type('abc\x03')
  await expect(answer).rejects.toThrow('cancelled')
  expect(state.raw).toBe(false)
})
