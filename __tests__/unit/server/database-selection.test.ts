import { describe, expect, it } from '@jest/globals'
import {
  choosesNothing,
  dependsOnPostgres,
  immovableDatabases,
  selectDatabases,
  unmatchedItems,
} from '../../../src/server/databases/database-selection.js'

const names = ['shop', 'shop_old', 'a/b', 'we[i]rd', 'postgres', 'template1', 'azure_sys']
const all = [...names, 'template_shop'].map((name) => ({
  name,
  bytes: 1,
  isTemplate: name.startsWith('template'),
  allowsConnections: true,
  connectionLimit: -1,
}))

function globs(items: string[]) {
  return { items, areNames: false }
}

function select(patterns: string[], excluded: string[] = [], postgresIsEmpty = true) {
  const choice = { wanted: globs(patterns), excluded: globs(excluded) }
  return selectDatabases(all, choice, postgresIsEmpty).map(({ name }) => name)
}

describe('selectDatabases', () => {
  it('takes every user database for *, whatever its name', () => {
    expect(select(['*'])).toEqual(['shop', 'shop_old', 'a/b', 'we[i]rd'])
  })

  it.each(['.', '..', '\n', '\rshop', '\u2028crm', 'a\\b', '\u{1f600}'])(
    'takes %j for * and leaves it out for *, as any other name',
    (name) => {
      const odd = all.slice(0, 1).map((database) => ({ ...database, name }))
      const choose = (excluded: string[]) =>
        selectDatabases(odd, { wanted: globs(['*']), excluded: globs(excluded) }, true)
      expect(choose([])).toEqual(odd)
      expect(choose(['*'])).toEqual([])
      expect(choose(['?*'])).toEqual([])
    },
  )

  it('takes every database for * even where one is called so, and nothing for a glob where all are names', () => {
    const more = [...all, ...all.slice(0, 1).map((database) => ({ ...database, name: '*' }))]
    const names = (patterns: string[], areNames: boolean) =>
      selectDatabases(
        more,
        { wanted: { items: patterns, areNames }, excluded: globs([]) },
        true,
      ).map(({ name }) => name)
    expect(names(['*'], false)).toEqual(['shop', 'shop_old', 'a/b', 'we[i]rd', '*'])
    expect(names(['*', 'shop*'], true)).toEqual(['*', 'shop*'])
  })

  it('takes postgres when it holds something, or by name', () => {
    expect(select(['*'], [], false)).toContain('postgres')
    expect(select(['postgres'])).toEqual(['postgres'])
  })

  it('takes a template by its name, and not for a glob', () => {
    expect(select(['*', 'template_shop'])).toContain('template_shop')
    expect(select(['template_shop', 'shop'])).toEqual(['shop', 'template_shop'])
    expect(select(['template_*'])).toEqual([])
    expect(select(['template_shop'], ['template_*'])).toEqual([])
  })

  it('never takes template1 or a database of the provider, not even by name', () => {
    expect(select(['template1', 'azure_sys'])).toEqual([])
  })

  it('tells which names stand for what cannot be moved, but for those that are left out', () => {
    const immovable = (patterns: string[], excluded: string[]) =>
      immovableDatabases(all, { wanted: globs(patterns), excluded: globs(excluded) })
    expect(immovable(['template1', 'azure_sys', 'shop'], ['azure*'])).toEqual(['template1'])
    expect(immovable(['*', 'template_shop', 'rdsadmin'], [])).toEqual([])
  })

  it('reads globs, and takes an existing name as it is', () => {
    expect(select(['shop*'], ['*_old'])).toEqual(['shop'])
    expect(select(['we[i]rd'])).toEqual(['we[i]rd'])
  })

  it('keeps a name that the server does not have, so that the checks can say so', () => {
    expect(select(['shopp'])).toEqual(['shopp'])
  })

  it('keeps a glob that no name matches, whatever is excluded, so that the checks can say so', () => {
    expect(select(['SHO*', 'shop'])).toEqual(['shop', 'SHO*'])
    expect(select(['SHO*'], ['*'])).toEqual(['SHO*'])
  })

  it('is content with a glob that matches what is left out, and with one that excludes nothing', () => {
    expect(select(['shop*', 'post*', 'template*'], ['shop*', 'nothing*'])).toEqual([])
  })

  it('leaves out exactly the names of an array', () => {
    const more = [...all, ...all.slice(0, 1).map((database) => ({ ...database, name: 'shop*' }))]
    const choice = { wanted: globs(['shop*']), excluded: { items: ['shop*'], areNames: true } }
    expect(selectDatabases(more, choice, true).map(({ name }) => name)).toEqual([])
    const everything = { ...choice, wanted: globs(['shop', 'shop_old', 'shop*']) }
    expect(selectDatabases(more, everything, true).map(({ name }) => name)).toEqual([
      'shop',
      'shop_old',
    ])
  })

  it('expands braces', () => {
    expect(select(['{shop,a/b}'])).toEqual(['shop', 'a/b'])
  })
})

describe('unmatchedItems', () => {
  it('tells names and globs that stand for no database', () => {
    const given = ['shop', 'shop*', 'we[i]rd', 'SHOP', 'nothing*', 'template1', '*']
    expect(unmatchedItems(all, globs(given))).toEqual(['SHOP', 'nothing*'])
    expect(unmatchedItems(all, { items: ['shop', 'shop*'], areNames: true })).toEqual(['shop*'])
  })
})

describe('dependsOnPostgres', () => {
  it.each([
    [['*'], [], true],
    [['shop', 'p*'], [], true],
    [['*'], ['postgres'], false],
    [['shop*'], [], false],
    [['postgres'], [], false],
  ])('%j without %j: %s', (wanted, excluded, expected) => {
    const choice = { wanted: globs(wanted), excluded: globs(excluded) }
    expect(dependsOnPostgres(all, choice)).toBe(expected)
  })
})

describe('choosesNothing', () => {
  const empty = all.filter(({ name }) => ['postgres', 'template1'].includes(name))

  it.each([
    [['shop'], ['sh*'], true],
    [['*'], ['*'], true],
    [['template_*'], [], true],
    [['template_shop'], ['template*'], true],
    [['shop*'], ['shop'], false],
    [['*'], [], false],
    [['shopp'], [], false],
  ])('%j without %j: %s', (wanted, excluded, expected) => {
    const choice = { wanted: globs(wanted), excluded: globs(excluded) }
    expect(choosesNothing(all, choice, true)).toBe(expected)
  })

  it('is no fault of the inputs on a server where there is nothing to choose', () => {
    for (const excluded of [[], ['*']]) {
      const choice = { wanted: globs(['*']), excluded: globs(excluded) }
      expect(choosesNothing(empty, choice, true)).toBe(false)
    }
  })
})
