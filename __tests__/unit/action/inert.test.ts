import { describe, expect, it } from '@jest/globals'
import { inert } from '../../../src/action/inert.js'

describe('inert', () => {
  it.each(['::set-output name=x::y', 'shop\n  ::add-mask::a', 'x\r::error::y', 'a ##[error]b'])(
    'leaves no command in %j',
    (text) => {
      const lines = inert(text).split(/\r\n|\r|\n/)
      expect(lines.some((line) => line.trimStart().startsWith('::'))).toBe(false)
      expect(inert(text)).not.toContain('##[')
    },
  )

  it('leaves ordinary text as it is', () => {
    expect(inert('a::text cast, ## heading\r\nnext')).toBe('a::text cast, ## heading\r\nnext')
  })
})
