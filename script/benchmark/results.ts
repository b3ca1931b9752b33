/** Measurements, one line of JSON each in a file for each data set: written as soon as they are made, and added to by later runs. */
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender, HeatResult } from './contenders.js'

/** Measurements of one data set may only be put together when these are the same. */
export interface Conditions {
  readonly cores: number
  readonly processor: string
  readonly jobs: number
  readonly scale: number
  /** Versions of PostgreSQL, and `disk` or `memory` for where the data are. */
  readonly source: string
  readonly target: string
  readonly tools: string
  readonly pgcopydb: string | null
  readonly storage: string
}

export interface Measurement {
  readonly set: string
  /** From 1. */
  readonly round: number
  /** ISO 8601. */
  readonly at: string
  readonly conditions: Conditions
  /** pg_database_size on the source. */
  readonly bytes: number
  readonly method: Contender | 'floor' | 'definitions'
  readonly seconds: number
  /** Stopped when its time was up: it takes longer than `seconds`. */
  readonly isStopped: boolean
  /** Null where nothing but the time is known. */
  readonly costs: Omit<HeatResult, 'seconds'> | null
}

/** Adds one measurement to the results. */
export async function keepMeasurement(folder: string, measurement: Measurement): Promise<void> {
  await mkdir(folder, { recursive: true })
  await appendFile(fileOf(folder, measurement.set), `${JSON.stringify(measurement)}\n`)
}

/** All results of a data set so far; fails when they were not measured under the same conditions. */
export async function readMeasurements(folder: string, set: string): Promise<Measurement[]> {
  const file = fileOf(folder, set)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  })
  const measurements = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Measurement)
  const conditions = new Set(measurements.map((measurement) => conditionsOf(measurement)))
  if (conditions.size > 1) {
    throw new Error(
      `${file} holds measurements under ${conditions.size} different conditions. Delete it and measure again.`,
    )
  }
  return measurements
}

function conditionsOf({ conditions }: Measurement): string {
  return JSON.stringify(conditions)
}

function fileOf(folder: string, set: string): string {
  return join(folder, `${set}.jsonl`)
}

/** More than this share of the machine for other programs spoils a measurement. */
const spoilingShare = 0.1

/** Whether the machine did little else meanwhile. */
export function isCalm({ seconds, conditions, costs }: Measurement): boolean {
  return costs !== null && costs.otherSeconds <= seconds * conditions.cores * spoilingShare
}

/** The middle one; of an even number the lower of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}
