import { expect, test } from '@jest/globals'
import { knowsColumnVersions } from '../../../src/client/column-versions.js'

test.each(['14.25', '15.20', '16.16', '17.12', '18.7', '18.10', '19.0', '19.1'])(
  '%s knows the mark of columns',
  (version) => {
    expect(knowsColumnVersions(version)).toBe(true)
  },
)

test.each(['10.23', '13.23', '14.24', '15.19', '16.15', '17.11', '18.6', '18beta1', ''])(
  '%s does not know the mark of columns',
  (version) => {
    expect(knowsColumnVersions(version)).toBe(false)
  },
)
