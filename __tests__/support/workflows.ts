/** Workflows and composite actions as data, for tests of what we ask of them. */
import { parse } from 'yaml'

export interface Step {
  readonly id?: string
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

export interface Job {
  readonly needs?: string | readonly string[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
}

export interface Workflow {
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

/** A workflow, parsed. */
export function parseWorkflow(text: string): Workflow {
  return parse(text) as Workflow
}

/** Every step of every job. */
export function stepsOf({ jobs }: Workflow): Step[] {
  return Object.values(jobs).flatMap(({ steps }) => steps ?? [])
}

/** Every line that names an action, as it is written: `actions/checkout@… # v7.0.1`. */
export function usesLines(text: string): string[] {
  return [...text.matchAll(/^ *(?:- )?uses: *(.*)$/gm)].map(([, what = '']) => what)
}
