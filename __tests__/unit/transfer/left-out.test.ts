import { describe, expect, it } from '@jest/globals'
import { expectsDifference, objectKey } from '../../../src/transfer/administrator/left-out.js'

const expects = expectsDifference({
  administrator: 'admin',
  replacedOwners: new Set(['postgres']),
  ownedInstead: new Set(['table public.adopted']),
  objects: new Set(
    [
      'event trigger watcher',
      'cast (pg_catalog.bytea AS pg_catalog.uuid)',
      'foreign-data wrapper own',
      'policy app.t: px',
      'user mapping bob on other',
      'publication namespace app in publication of_app',
      'publication namespace Odd in publication of_app',
      'publication namespace select in publication Of "it',
    ].map(objectKey),
  ),
  refused: new Set(
    [
      'table pg_catalog.pg_authid',
      'procedure a.run()',
      'default privilege for postgres on tables',
    ].map(objectKey),
  ),
})

describe('expectsDifference', () => {
  it.each([
    ['event trigger', 'watcher', 'enabled: O; owner: postgres', null],
    ['cast', '(bytea as uuid)', 'method: i', null],
    ['policy', 'app.t: px', 'roles: ["x"]', null],
    ['user mapping', 'bob on other', 'option names: []', null],
    ['comment', 'event trigger watcher', 'comment: watches', null],
    ['table', 'public.t', 'owner: postgres', 'owner: admin'],
    ['privilege', 'table public.adopted', 'admin: SELECT, UPDATE', 'admin: none'],
    [
      'column privilege',
      'table column public.adopted."a.b"',
      'admin: INSERT, SELECT; (owner): none',
      'admin: none; (owner): INSERT, SELECT',
    ],
    [
      'column privilege',
      'table column public.adopted.a',
      '(owner): UPDATE; admin: INSERT',
      '(owner): INSERT, UPDATE; admin: none',
    ],
    ['default privilege', 'for postgres on tables', 'reader: SELECT', null],
    ['privilege on a system object', 'table pg_catalog.pg_authid', 'reader: SELECT', null],
    ['privilege', 'function a.run()', 'reader: EXECUTE', 'reader: none'],
    ['function', 'a.run()', 'owner: app', 'owner: admin'],
    ['foreign data wrapper', 'own', 'owner: postgres; handler: -', null],
    ['publication', 'of_app', 'schemas: ["app"]', 'schemas: none'],
    ['publication', '"Of ""it"', 'schemas: ["select"]', 'schemas: none'],
    [
      'publication',
      'of_app',
      'owner: postgres; schemas: ["Odd", "app"]',
      'owner: admin; schemas: none',
    ],
  ])('knows what a finding has told: %s %s', (kind, object, source, target) => {
    expect(expects({ kind, object, source, target })).toBe(true)
  })

  it.each([
    ['event trigger', 'watcher', 'enabled: O', 'enabled: D'],
    ['event trigger', 'other', 'enabled: O', null],
    ['rows', 'public.t', '10', '9'],
    ['table', 'public.t', 'owner: app', 'owner: admin'],
    ['table', 'public.t', 'owner: postgres; access method: heap', 'owner: admin; access method: x'],
    ['policy', 'app.t: other', 'roles: ["x"]', null],
    ['default privilege', 'for postgres in schema a on tables', 'reader: SELECT', null],
    ['default privilege', 'for app on tables', 'reader: SELECT', null],
    ['privilege', 'table public.t', 'reader: SELECT', null],
    ['privilege', 'table public.t', 'admin: SELECT', 'admin: none'],
    ['privilege', 'table public.adopted', 'reader: SELECT', 'reader: none'],
    [
      'privilege',
      'table public.adopted',
      'admin: SELECT; reader: SELECT',
      'admin: none; reader: none',
    ],
    ['privilege', 'table public.adopted', '(owner): SELECT', '(owner): none'],
    [
      'column privilege',
      'table column public.t.a',
      'admin: SELECT; (owner): none',
      'admin: none; (owner): SELECT',
    ],
    [
      'column privilege',
      'table column public.adopted.a',
      'admin: SELECT; (owner): none',
      'admin: none; (owner): none',
    ],
    [
      'column privilege',
      'table column public.adopted.a',
      'reader: SELECT; (owner): none',
      'reader: none; (owner): SELECT',
    ],
    [
      'column privilege',
      'table column public.adopted.a',
      'admin: SELECT; (owner): none; reader: SELECT',
      'admin: none; (owner): SELECT; reader: none',
    ],
    ['function', 'a.run()', 'volatility: i', 'volatility: v'],
    ['publication', 'of_app', 'schemas: ["app", "other"]', 'schemas: none'],
    ['publication', 'of_other', 'schemas: ["app"]', 'schemas: none'],
    ['publication', 'of_app', 'owner: app; schemas: ["app"]', 'owner: admin; schemas: none'],
    ['publication', 'of_app', 'schemas: ["app"]; tables: ["t"]', 'schemas: none; tables: none'],
  ])('hides nothing else: %s %s', (kind, object, source, target) => {
    expect(expects({ kind, object, source, target })).toBe(false)
  })
})
