import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeReport } from '../../../src/report/index.js'
import { hostileReport, passedReport } from '../../support/reports.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'report-test-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

test('writes the report as JSON and as a page, and leaves no other file', async () => {
  const inside = join(directory, 'a', 'b')
  const paths = await writeReport(inside, hostileReport())
  expect(paths).toEqual({ json: join(inside, 'report.json'), html: join(inside, 'report.html') })
  expect(await readdir(inside)).toEqual(['report.html', 'report.json'])
  expect(JSON.parse(await readFile(paths.json, 'utf8'))).toEqual(hostileReport())
})

test('replaces the report of an earlier run', async () => {
  await writeReport(directory, hostileReport())
  const { json } = await writeReport(directory, passedReport())
  expect(JSON.parse(await readFile(json, 'utf8'))).toEqual(passedReport())
})

test('says what it could not write and where', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  await expect(writeReport(file, passedReport())).rejects.toThrow(
    `Could not write the report to ${file}`,
  )
})
