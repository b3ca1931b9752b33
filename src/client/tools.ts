/** The client tools of one major version, ready to be called by absolute path. */

export const toolNames = ['pg_dump', 'pg_restore', 'pg_dumpall', 'psql', 'vacuumdb'] as const
export type ToolName = (typeof toolNames)[number]

/** Where client tools may come from; the values of the `client-source` input but for `auto`. */
export const clientSources = [
  'installed',
  'cache',
  'pgdg',
  'debian',
  'homebrew',
  'windows',
] as const
export type ClientSource = (typeof clientSources)[number]

export interface ClientTools {
  /** `18.6` */
  readonly version: string
  readonly major: number
  readonly from: ClientSource
  /** One line: what was found, and why the rest was passed over. */
  readonly why: string
  /** The folder that holds the five programs. */
  readonly directory: string
  /** What the programs need in their environment to run: LD_LIBRARY_PATH, or nothing. */
  readonly environment: Readonly<Record<string, string>>
  readonly durationSeconds: number
  /** The absolute path of one program. */
  readonly path: (tool: ToolName) => string
}
