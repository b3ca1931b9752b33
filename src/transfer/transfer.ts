/** The contract that every method of moving one database fulfils. */
import type { ProgramContext } from '../client/run.js'
import type { Side } from '../errors.js'
import type { Log } from '../log.js'
import type { Difference, Finding, IgnoredError, Span } from '../report/report.js'
import type { Server, Snapshot } from '../server/index.js'
import type { NamedValue } from '../telling/settings.js'

export interface TransferOptions extends ProgramContext {
  readonly source: Server
  readonly target: Server
  /** The database's name on the source. */
  readonly database: string
  /** The staging database on the target: it exists, is empty, and was made from template0. */
  readonly stagingDatabase: string
  /** Of the settings that decide what expressions yield, what a new session of it has. */
  readonly stagingSettings: readonly NamedValue[]
  /** Drops the staging database with all that is in it, whoever is connected, and creates it as it was at first. */
  readonly renewStaging: () => Promise<void>
  readonly snapshot: Snapshot
  /** Sessions that may work at once on either side. */
  readonly jobs: number
  /** Where the methods that write a dump write it; a folder of this run's own. */
  readonly dumpDirectory: string
  /** Password files (0600), one for each server. */
  readonly passwordFiles: { readonly source: string; readonly target: string }
  readonly pgDumpArguments: readonly string[]
  readonly pgRestoreArguments: readonly string[]
  readonly log: Log
  /** Times a phase and adds it to the report. */
  readonly phase: <T>(name: string, side: Side | 'both', work: () => Promise<T>) => Promise<T>
  /** Adds one step of one object to the timeline. */
  readonly span: (span: Span) => void
  /** Adds something that had to be left out, with its reason. */
  readonly finding: (finding: Finding) => void
  /** Bytes that have passed so far, for the progress line. */
  readonly onBytes: (bytes: number) => void
  /** What is being worked on right now, for the progress line. */
  readonly onActivity: (activity: string) => void
  /** The same, until the returned function is called: for steps that go on side by side. */
  readonly onStep: (step: string) => () => void
}

export interface TransferResult {
  /** Errors of the tools that are known to be harmless, with the reason. */
  readonly ignoredErrors: readonly IgnoredError[]
  /** True for a difference that is there on purpose and has been told in a finding. */
  readonly expected?: (difference: Difference) => boolean
}

/** Moves one database into its staging database. Fails with an `UpgradeError` unless everything was restored. */
export type Transfer = (options: TransferOptions) => Promise<TransferResult>
