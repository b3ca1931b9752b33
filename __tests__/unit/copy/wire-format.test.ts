import { describe, expect, test } from '@jest/globals'
import {
  typeWithoutStableForm,
  type TypeFacts,
} from '../../../src/transfer/copy/rows/wire-format.js'

const builtIn = { schema: 'pg_catalog', send: { language: 'internal', symbol: 'send' }, inner: [] }
const own = { schema: 'public', send: { language: 'internal', symbol: 'send' } }
const list: TypeFacts[] = [
  { ...builtIn, oid: 23, name: 'int4', kind: 'b' },
  { ...builtIn, oid: 2205, name: 'regclass', kind: 'b' },
  { ...builtIn, oid: 142, name: 'xml', kind: 'b' },
  { ...builtIn, oid: 1007, name: '_int4', kind: 'a', inner: [23] },
  { ...builtIn, oid: 3904, name: 'int4range', kind: 'r', inner: [23] },
  { ...own, oid: 20001, name: 'mood', kind: 'e', inner: [] },
  { ...own, oid: 20002, name: '_mood', kind: 'a', inner: [20001] },
  { ...own, oid: 20003, name: 'positive', kind: 'd', inner: [23] },
  { ...own, oid: 20004, name: 'pair', kind: 'c', inner: [23, 1007] },
  { ...own, oid: 20005, name: 'tagged', kind: 'c', inner: [23, 20001] },
  { ...own, oid: 20006, name: 'names', kind: 'd', inner: [2205] },
  {
    ...own,
    oid: 20007,
    name: 'citext',
    kind: 'b',
    send: { language: 'internal', symbol: 'textsend' },
    inner: [],
  },
  {
    ...own,
    oid: 20008,
    name: 'geometry',
    kind: 'b',
    send: { language: 'c', symbol: 'LWGEOM_send' },
    inner: [],
  },
  { ...own, oid: 20009, name: 'silent', kind: 'b', send: null, inner: [] },
  { ...own, oid: 20010, name: '_positive', kind: 'a', inner: [20003] },
]
const types = new Map(list.map((type) => [type.oid, type]))

describe('the form in which a type travels', () => {
  test.each([
    ['int4', null],
    ['_int4', null],
    ['int4range', null],
    ['mood', null],
    ['positive', null],
    ['pair', null],
    ['citext', null],
    ['regclass', 'regclass'],
    ['xml', 'xml'],
    ['names', 'regclass'],
    ['geometry', 'geometry'],
    ['silent', 'silent'],
  ])('%s is kept from the binary form by %s on any target', (name, reason) => {
    const oid = list.find((type) => type.name === name)?.oid ?? 0
    expect(typeWithoutStableForm(oid, types, 11)).toBe(reason)
    expect(typeWithoutStableForm(oid, types, 18)).toBe(reason)
  })

  test.each(['_mood', 'tagged', '_positive'])(
    '%s carries the OID of a type of the user, which targets before 14 compare',
    (name) => {
      const oid = list.find((type) => type.name === name)?.oid ?? 0
      expect(typeWithoutStableForm(oid, types, 13)).toBe(name)
      expect(typeWithoutStableForm(oid, types, 14)).toBeNull()
    },
  )

  test('a type of which nothing is known is sent as text', () => {
    expect(typeWithoutStableForm(99999, types, 18)).toBe('type 99999')
  })
})
