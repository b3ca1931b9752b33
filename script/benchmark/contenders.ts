/** The contenders' names, and what one of them is told: it runs in a process of its own, so that nothing of the others is measured with it. */
import type { ClientTools } from '../../src/client/tools.js'
import type { ServerAddress } from '../../__tests__/support/server-process.js'

export const methods = ['plain', 'custom', 'stream', 'parallel', 'copy'] as const

/** The methods of the action, and the peer. */
export const contenders = [...methods, 'pgcopydb'] as const
export type Contender = (typeof contenders)[number]

export interface Heat {
  readonly contender: Contender
  readonly source: ServerAddress
  readonly target: ServerAddress
  readonly sslmode: 'disable' | 'require'
  readonly database: string
  /** Exists on the target, and is empty. */
  readonly targetDatabase: string
  readonly jobs: number
  /** For dumps, logs and passwords. */
  readonly folder: string
  readonly tools: Omit<ClientTools, 'path'>
  /** The program, where it is the contender. */
  readonly pgcopydb: string | null
}

export interface HeatResult {
  readonly seconds: number
  /** CPU seconds of both servers. */
  readonly serverSeconds: number
  /** CPU seconds of the contender's own process. */
  readonly ownSeconds: number
  /** CPU seconds of the programs that it started. */
  readonly programSeconds: number
  /** CPU seconds of everything else on the machine meanwhile. */
  readonly otherSeconds: number
  /** The most memory that its own process held. */
  readonly peakBytes: number
  /** Seconds by phase, of the methods that have phases. */
  readonly phases: Readonly<Record<string, number>>
}
