import { describe, expect, it } from '@jest/globals'
import { immovableDatabases, selectDatabases } from '../../../src/server/database-selection.js'

const names = ['shop', 'shop_old', 'a/b', 'we[i]rd', 'postgres', 'template1', 'azure_sys']
const all = [...names, 'template_shop'].map((name) => ({
  name,
  bytes: 1,
  isTemplate: name.startsWith('template'),
  allowsConnections: true,
  connectionLimit: -1,
}))

function select(patterns: string[], excluded: string[] = [], postgresIsEmpty = true) {
  return selectDatabases(all, patterns, excluded, postgresIsEmpty).map(({ name }) => name)
}

describe('selectDatabases', () => {
  it('takes every user database for *, whatever its name', () => {
    expect(select(['*'])).toEqual(['shop', 'shop_old', 'a/b', 'we[i]rd'])
  })

  it('takes every database for * even where one is called so, and nothing for a glob where all are names', () => {
    const more = [...all, ...all.slice(0, 1).map((database) => ({ ...database, name: '*' }))]
    const names = (patterns: string[], areNames: boolean) =>
      selectDatabases(more, patterns, [], true, areNames).map(({ name }) => name)
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
    expect(immovableDatabases(all, ['template1', 'azure_sys', 'shop'], ['azure*'])).toEqual([
      'template1',
    ])
    expect(immovableDatabases(all, ['*', 'template_shop', 'rdsadmin'], [])).toEqual([])
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
})
