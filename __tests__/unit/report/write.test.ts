import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLogFolder, prepareReportDirectory, writeReport } from '../../../src/report/index.js'
import { reportedError } from '../../../src/run.js'
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

test('leaves no report, of this run or of an earlier one, where one of the two files cannot be written', async () => {
  for (const taken of ['report.html', 'report.json']) {
    const inside = join(directory, taken)
    const { json, html } = await writeReport(inside, passedReport())
    const path = taken === 'report.html' ? html : json
    await rm(path)
    await mkdir(path)
    await expect(writeReport(inside, passedReport())).rejects.toThrow('could not be written')
    expect(await readdir(inside)).toEqual([taken])
  }
})

test('takes away the report of an earlier run, and nothing else', async () => {
  const inside = join(directory, 'reports')
  const outside = join(directory, 'outside')
  await writeReport(inside, passedReport())
  await writeFile(outside, 'mine')
  await writeFile(join(inside, 'history.json'), '{}')
  await rm(join(inside, 'report.html'))
  await symlink(outside, join(inside, 'report.html'))
  await prepareReportDirectory(inside)
  expect(await readdir(inside)).toEqual(['history.json'])
  expect(await readFile(outside, 'utf8')).toBe('mine')
  await mkdir(join(inside, 'report.json'))
  await expect(prepareReportDirectory(inside)).rejects.toThrow('report.json')
})

test('says what it could not write, where, and which input to set', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  const attempts = [() => prepareReportDirectory(file), () => writeReport(file, passedReport())]
  for (const attempt of attempts) {
    await expect(attempt()).rejects.toMatchObject({
      code: 'report-not-written',
      message: expect.stringContaining(
        `The report could not be written to ${file}: EEXIST`,
      ) as unknown,
      hint: expect.stringContaining('"report-directory"') as unknown,
    })
  }
})

test('says of a folder for logs that could not be made which one, and which input to set', async () => {
  expect(await makeLogFolder(directory, 'logs')).toBe(join(directory, 'logs'))
  await writeFile(join(directory, 'file'), '')
  await expect(makeLogFolder(directory, 'file')).rejects.toMatchObject({
    code: 'report-not-written',
    message: expect.stringContaining(
      `The logs of the client tools could not be written to ${join(directory, 'file')}: EEXIST`,
    ) as unknown,
    hint: expect.stringContaining('"report-directory"') as unknown,
  })
})

test('a disk that is full in the middle of a run is told as one', () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, mkdir '/dumps/a'"), {
    code: 'ENOSPC',
  })
  expect(reportedError(full, new AbortController().signal)).toEqual({
    code: 'disk-full',
    message: full.message,
    hint: expect.stringMatching(/"dump-directory".*"report-directory"/) as unknown,
  })
})

test('finds out beforehand that a folder takes no file, and leaves nothing there', async () => {
  const { json } = await writeReport(directory, passedReport())
  // In the place of the file that becomes the report: a disk that is full, for root as well.
  await symlink('/dev/full', `${json}.${process.pid}.part`)
  await expect(prepareReportDirectory(directory)).rejects.toThrow('ENOSPC')
  expect(await readdir(directory)).toEqual([])
})
