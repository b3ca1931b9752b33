import { describe, expect, it } from '@jest/globals'
import { parseCommands, parseVariables } from '../../support/runner-text.js'

describe('parseCommands', () => {
  it('reads names, properties and messages, and undoes their escapes', () => {
    const log = 'plain\n::error title=A%3A b%2C c,file=x::one%0Atwo 100%25\n::group::Move shop\n'
    expect(parseCommands(log)).toEqual([
      { name: 'error', properties: { title: 'A: b, c', file: 'x' }, message: 'one\ntwo 100%' },
      { name: 'group', properties: {}, message: 'Move shop' },
    ])
  })

  it('takes lines behind stop-commands for text until the word comes', () => {
    const log = '::stop-commands::word\n::error::hostile\n::word::\n::notice::ours'
    expect(parseCommands(log).map((command) => command.message)).toEqual(['word', 'ours'])
  })
})

describe('parseVariables', () => {
  it('reads both forms', () => {
    const text = 'a=1=2\nb<<end\nline 1\nline=2\nend\nc=\n'
    expect(parseVariables(text)).toEqual({ a: '1=2', b: 'line 1\nline=2', c: '' })
  })

  it.each(['no equals sign', '=x', 'a<<end\nnever ends'])('refuses %j', (text) => {
    expect(() => parseVariables(text)).toThrow(/refuse|does not end/)
  })
})
