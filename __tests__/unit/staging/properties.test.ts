import { describe, expect, it } from '@jest/globals'
import { propertyStatements } from '../../../src/staging/apply.js'
import { compareProperties } from '../../../src/staging/compare-properties.js'
import { localeCandidates } from '../../../src/staging/locale.js'
import type { DatabaseProperties } from '../../../src/staging/properties.js'
import { covers, nameOf } from '../../../src/staging/property.js'

const properties: DatabaseProperties = {
  owner: 'app "owner"',
  encoding: 'UTF8',
  localeProvider: 'c',
  collate: 'en_US.utf8',
  ctype: 'en_US.utf8',
  locale: null,
  icuRules: null,
  connectionLimit: 7,
  isTemplate: true,
  tablespace: null,
  comment: "it's ours",
  privileges: [
    { grantor: 'app "owner"', grantee: null, privilege: 'CONNECT', isGrantable: false },
    { grantor: 'app "owner"', grantee: 'app "owner"', privilege: 'CREATE', isGrantable: false },
    { grantor: 'boss', grantee: 'reader', privilege: 'TEMPORARY', isGrantable: true },
  ],
  hasDefaultPrivileges: false,
  settings: [
    { role: null, name: 'search_path', value: '"$user", app' },
    { role: 'reader', name: 'app.x', value: 'a,b' },
  ],
}

describe('propertyStatements', () => {
  it('says everything about a database, quoted', () => {
    expect(
      propertyStatements('my "db"', properties, { isSuperuser: true }).map(({ sql }) => sql),
    ).toEqual([
      'alter database "my ""db""" owner to "app ""owner"""',
      'revoke all on database "my ""db""" from public; grant CONNECT on database "my ""db""" to public',
      'revoke all on database "my ""db""" from "app ""owner"""; grant CREATE on database "my ""db""" to "app ""owner"""',
      'set role "boss"; grant TEMPORARY on database "my ""db""" to "reader" with grant option; reset role',
      `comment on database "my ""db""" is 'it''s ours'`,
      `alter database "my ""db""" set "search_path" to '$user', 'app'`,
      `alter role "reader" in database "my ""db""" set "app.x" to 'a,b'`,
      'alter database "my ""db""" connection limit 7',
      'alter database "my ""db""" is_template true',
    ])
  })
})

describe('compareProperties', () => {
  it('finds nothing between equals', () => {
    expect(compareProperties(properties, properties)).toEqual([])
  })

  it('sees the loss of the right to grant behind another grant of the same, whoever granted', () => {
    const granted = (grantor: string, isGrantable: boolean) =>
      ({ grantor, grantee: 'reader', privilege: 'CREATE', isGrantable }) as const
    const source = { ...properties, privileges: [granted('a', true), granted('b', false)] }
    const kept = { ...properties, privileges: [granted('b', true)] }
    expect(compareProperties(source, kept)).toEqual([])
    const lost = { ...properties, privileges: [granted('b', false)] }
    expect(compareProperties(source, lost)).toEqual([
      {
        property: { kind: 'privilege', privilege: 'CREATE', grantee: 'reader' },
        source: 'granted with grant option',
        target: 'granted',
      },
    ])
  })

  it('names what changed', () => {
    const target = { ...properties, connectionLimit: -1, settings: [], comment: null }
    const setting = { kind: 'setting', role: null, name: 'search_path' }
    expect(compareProperties(properties, target)).toEqual([
      { property: { kind: 'comment' }, source: "it's ours", target: null },
      { property: { kind: 'connection limit' }, source: '7', target: '-1' },
      { property: setting, source: '"$user", app', target: null },
      {
        property: { kind: 'setting', role: 'reader', name: 'app.x' },
        source: '(not shown)',
        target: null,
      },
    ])
  })

  it('tells the role "PUBLIC" from everybody', () => {
    const granted = (grantee: string | null) =>
      ({ grantor: 'boss', grantee, privilege: 'CONNECT', isGrantable: false }) as const
    const source = { ...properties, privileges: [granted('PUBLIC')] }
    const target = { ...properties, privileges: [granted(null)] }
    const changed = compareProperties(source, target)
    expect(changed).toEqual([
      {
        property: { kind: 'privilege', privilege: 'CONNECT', grantee: 'PUBLIC' },
        source: 'granted',
        target: null,
      },
      {
        property: { kind: 'privilege', privilege: 'CONNECT', grantee: null },
        source: null,
        target: 'granted',
      },
    ])
    expect(changed.map(({ property }) => nameOf(property))).toEqual([
      'privilege CONNECT for "PUBLIC"',
      'privilege CONNECT for PUBLIC',
    ])
    const [ofRole, ofEverybody] = changed.map(({ property }) =>
      propertyStatements('d', source, { isSuperuser: true })
        .filter((said) => covers(said.property, property))
        .map(({ sql }) => sql),
    )
    expect(ofRole).toEqual([
      'set role "boss"; grant CONNECT on database "d" to "PUBLIC"; reset role',
    ])
    expect(ofEverybody).toEqual(['revoke all on database "d" from public'])
  })
})

describe('localeCandidates', () => {
  it.each([
    ['en_US.utf8', ['en_US.utf8', 'en_US.UTF-8']],
    ['English_United States.1252', ['English_United States.1252', 'en_US.UTF-8', 'en_US.utf8']],
    ['C', ['C']],
    ['C.UTF-8', ['C.UTF-8', 'C.utf8']],
  ])('tries %s and its other spellings', (name, expected) => {
    const candidates = localeCandidates({ collate: name, ctype: name, encoding: 'UTF8' })
    expect(candidates.map(({ collate }) => collate)).toEqual(expected)
  })
})
