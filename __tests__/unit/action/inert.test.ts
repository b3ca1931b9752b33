import { describe, expect, it } from '@jest/globals'
import { inert } from '../../../src/action/inert.js'

describe('inert', () => {
  it.each([
    '::set-output name=x::y',
    'shop\n  ::add-mask::a',
    'x\r::error::y',
    'a ##[error]b',
    '##vso[x]y',
  ])('leaves no command in %j', (text) => {
    const lines = inert(text).split(/\r\n|\r|\n/)
    expect(lines.some((line) => line.trimStart().startsWith('::'))).toBe(false)
    expect(inert(text)).not.toMatch(/##\w*\[/)
  })

  it('leaves ordinary text as it is', () => {
    expect(inert('a::text cast, ## heading\r\nnext')).toBe('a::text cast, ## heading\n  next')
  })

  it('shows what cannot be seen, or would change what others see', () => {
    expect(inert('\u001b[2J\u202egnp.exe\u0085x')).toBe('\\u{1b}[2J\\u{202e}gnp.exe\\u{85}x')
  })

  it('lets no line break in a name begin an entry of the log', () => {
    expect(inert('database "a\nStep 9: Everything passed"')).not.toMatch(/^Step/m)
  })
})
