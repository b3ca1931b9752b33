import { expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal, readJournal } from '../../../src/cleanup/index.js'

test('what is gone can be forgotten when the folder of the journal is gone as well; nothing new can be promised', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  const journal = openJournal(join(folder, 'journal.json'), 'upgrade-postgres 0')
  journal.addStagingDatabase('upgrade_postgres_1')
  journal.addRoles(['lent'])
  journal.setFreeze({ databases: [] })
  journal.addPublished('shop')
  expect(readJournal(join(folder, 'journal.json'))).toEqual(journal.entries())
  rmSync(folder, { recursive: true })
  journal.removeStagingDatabase('upgrade_postgres_1')
  journal.clearRoles()
  journal.clearBorrowedRoles()
  journal.setFreeze(null)
  // What is published stays so.
  journal.addPublished('till')
  journal.removePublished('shop')
  expect(journal.entries()).toMatchObject({
    stagingDatabases: [],
    published: ['till'],
    roles: [],
    freeze: null,
  })
  expect(() => {
    journal.addStagingDatabase('upgrade_postgres_2')
  }).toThrow(/ENOENT/)
})

test('a full disk is told with the folder that has no room', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  try {
    const journal = openJournal(join(folder, 'journal.json'), 'upgrade-postgres 0')
    symlinkSync('/dev/full', join(folder, 'journal.json.new'))
    const full = expect.objectContaining({
      code: 'disk-full',
      side: 'runner',
      message: expect.stringContaining(folder),
    })
    expect(() => {
      journal.addRoles(['lent'])
    }).toThrow(full)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
