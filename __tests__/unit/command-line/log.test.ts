import { expect, it } from '@jest/globals'
import { createTerminalLog } from '../../../src/command-line/log.js'

function said(message: string): string {
  const written: string[] = []
  createTerminalLog({ write: (text) => written.push(text), verbose: false }).info(message)
  return written.join('')
}

it('lets no control character of a server through', () => {
  expect(said('table \u001b[2J\u0007 gone')).toBe('table \\u{1b}[2J\\u{7} gone\n')
})

it('lets no command of a CI system through', () => {
  expect(said('::add-mask::x')).toBe('| ::add-mask::x\n')
  expect(said('a ##vso[task.setvariable] ##[error]')).toBe(
    'a ## vso[task.setvariable] ## [error]\n',
  )
  expect(said('first\n::error::second')).not.toMatch(/^\s*::/m)
})

it('says nothing of use for debugging unless it is asked to', () => {
  const written: string[] = []
  createTerminalLog({ write: (text) => written.push(text), verbose: false }).debug('x')
  expect(written).toEqual([])
})
