/** Measurements of several runs are put together, and only those that may be. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { renderDocument } from '../../../script/benchmark/render.js'
import {
  keepMeasurement,
  median,
  readMeasurements,
  type Measurement,
} from '../../../script/benchmark/results.js'

const conditions = {
  cores: 2,
  processor: 'a processor',
  jobs: 2,
  scale: 1,
  source: '11.22',
  target: '18.4',
  tools: '18.6',
  pgcopydb: '0.18',
  storage: 'memory',
}

const costs = {
  serverSeconds: 20,
  ownSeconds: 1,
  programSeconds: 0.1,
  otherSeconds: 0.5,
  peakBytes: 120e6,
  phases: { plan: 0.5 },
}

function measurement(changes: Partial<Measurement>): Measurement {
  return {
    set: 'wide',
    round: 1,
    at: '2026-11-25T12:00:00.000Z',
    conditions,
    bytes: 1e9,
    method: 'copy',
    seconds: 10,
    isStopped: false,
    costs,
    ...changes,
  }
}

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'benchmark-results-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('a later run adds to the results of a data set', async () => {
  await keepMeasurement(folder, measurement({}))
  await keepMeasurement(folder, measurement({ round: 2, seconds: 12 }))
  const rounds = (await readMeasurements(folder, 'wide')).map(({ round }) => round)
  expect(rounds).toEqual([1, 2])
})

test('there is nothing where nothing was measured', async () => {
  expect(await readMeasurements(folder, 'huge')).toEqual([])
})

test('results of other conditions are not put together', async () => {
  await keepMeasurement(folder, measurement({}))
  await keepMeasurement(folder, measurement({ conditions: { ...conditions, jobs: 4 } }))
  await expect(readMeasurements(folder, 'wide')).rejects.toThrow('2 different conditions')
})

test('the median of an even number of measurements is the lower one in the middle', () => {
  expect(median([9, 1, 3, 2])).toBe(2)
})

const wide = { name: 'wide', what: 'one wide table', statements: () => [] }

test('the document holds ratios of medians of calm runs, and says who was stopped or disturbed', async () => {
  const noCosts = { isStopped: false, costs: null }
  const text = await renderDocument([
    {
      set: wide,
      measurements: [
        measurement({ seconds: 30 }),
        measurement({ seconds: 10 }),
        measurement({ seconds: 5 }),
        measurement({ method: 'parallel', seconds: 20 }),
        measurement({ method: 'pgcopydb', seconds: 300, isStopped: true, costs: null }),
        measurement({ method: 'floor', seconds: 8, ...noCosts }),
        measurement({ seconds: 900, costs: { ...costs, otherSeconds: 900 } }),
        measurement({ method: 'plain', seconds: 40, costs: { ...costs, otherSeconds: 30 } }),
      ],
    },
    { set: { ...wide, name: 'huge' }, measurements: [] },
  ])
  const lines = text.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  expect(lines).toContain('| wide | 0.25 | – | – | 0.50 | < 0.03 | 1.25 | 0.050 |')
  expect(lines).toContain('| `copy` | 3 | 10.0 | 1.00 | 1.25 | 20.0 | 1.00 | 0.10 | 0.5 | 120 |')
  expect(text.replaceAll(/ +/g, ' ')).toContain('| `plain` | 1 disturbed | 40.0 |')
  expect(lines).toContain('| `pgcopydb` | 1 | stopped after 300 | < 0.03 | – | – | – | – | – | – |')
  expect(text).not.toContain('huge')
})
