/** What a check is: a name, what it looks at, and a function that returns findings. */
import type { Log } from '../log.js'
import type { CheckName } from '../report/check-names.js'
import type { Finding, MethodName, Severity } from '../report/report.js'
import type { RolesMode } from '../roles/index.js'
import type { Server, Session } from '../server/index.js'
import type { ValidationQuery } from '../validate/index.js'

export interface CheckOptions {
  readonly source: Server
  readonly target: Server
  /** Names of the databases on the source that would be moved. */
  readonly databases: readonly string[]
  /** None of them was given as a pattern. */
  readonly databasesAreNames?: boolean
  readonly existingDatabase: 'refuse' | 'replace'
  /** False in a rehearsal, which leaves what stands on the target alone. */
  readonly isPublished: boolean
  readonly method: 'auto' | MethodName
  readonly jobs: number
  readonly dumpDirectory: string
  readonly roles: RolesMode
  readonly freezeSource: boolean
  /** False with `validate: none`. */
  readonly isCompared?: boolean
  /** Those of the input "validation-queries". */
  readonly queries?: readonly ValidationQuery[]
  /** The run is a part of a plan: what is not among its databases may be among another's. */
  readonly isPart?: boolean
  /** Of the client tools that the run has, or would get; the target's where it is not said. */
  readonly toolsMajor?: number
  /** The version of the client tools when it is known: `18.6`. */
  readonly toolVersion?: string | undefined
  readonly log: Log
  readonly signal: AbortSignal
}

/** What a check of the servers gets: one read-only session on each maintenance database. */
export interface ServerContext extends CheckOptions {
  readonly sourceSession: Session
  readonly targetSession: Session
}

/** What a check of one database gets: `sourceSession` is on that database. */
export interface DatabaseContext extends ServerContext {
  readonly database: string
  /** On the source's maintenance database: a database in another encoding may have no characters for the name of a role. */
  readonly maintenanceSession: Session
}

/** A finding, and where its remedy is run. */
export interface CheckFinding extends Finding {
  /** In the database itself, on the source; any other is for a server, or for somebody to read. */
  readonly remedyInDatabase: boolean
}

/**
 * A finding before the check's name, unless it could not look, and for a check of one database the database's, are put on it.
 * The remedy of such a check is run in the database, unless the finding says otherwise: on the target there is none of that
 * name before the move.
 */
export type Found = Omit<Finding, 'check'> & {
  readonly check?: 'check-failed'
  readonly remedyInDatabase?: false
}

interface CheckKind {
  /** Kebab-case; a heading in docs/troubleshooting.md. */
  readonly name: CheckName
  /** What is looked at, to fill "could not check …". */
  readonly subject: string
  /** The gravest thing that it can find, and so what it means when it cannot run. */
  readonly worst: Severity
}

/** A check that runs once. */
export interface ServerCheck extends CheckKind {
  readonly scope: 'server'
  run(context: ServerContext): Promise<readonly Found[]>
}

/** A check that runs in every database that would be moved. */
export interface DatabaseCheck extends CheckKind {
  readonly scope: 'database'
  run(context: DatabaseContext): Promise<readonly Found[]>
}

export type Check = ServerCheck | DatabaseCheck
