/** Client tools that the host already has: the usual folders of each system, then the PATH, never Debian's pg_wrapper. */
import { open, realpath } from 'node:fs/promises'
import path from 'node:path'
import { programPath } from '../proof.js'
import type { Host } from '../host.js'
import { found, notFound, type FoundTools, type SourceRequest, type ToolSource } from './source.js'

/** The source `installed`. */
export const installed: ToolSource = {
  name: 'installed',
  find: async ({ major, host }: SourceRequest) => {
    const candidates: FoundTools[] = []
    for (const directory of [...usualDirectories(host, major), ...pathDirectories(host)]) {
      const real = await realDirectory(directory, host)
      if (real === undefined || candidates.some((known) => known.directory === real)) continue
      candidates.push({ directory: real, environment: {}, origin: real })
    }
    return candidates.length === 0 ? notFound('there are none') : found(...candidates)
  },
}

/** The folders in which packages of each system put the tools of one major, whether they exist or not. */
export function usualDirectories(host: Host, major: number): string[] {
  if (host.platform === 'win32') {
    const { PGBIN, ProgramFiles } = host.environment
    const usual = `${ProgramFiles ?? 'C:\\Program Files'}\\PostgreSQL\\${major}\\bin`
    return PGBIN === undefined ? [usual] : [usual, PGBIN]
  }
  if (host.platform === 'darwin') {
    return [
      ...['/opt/homebrew', '/usr/local'].flatMap((prefix) => [
        `${prefix}/opt/postgresql@${major}/bin`,
        `${prefix}/opt/libpq/bin`,
      ]),
      `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
      `/Library/PostgreSQL/${major}/bin`,
    ]
  }
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/home/linuxbrew/.linuxbrew/opt/postgresql@${major}/bin`,
  ]
}

/** The absolute folders of the PATH. */
export function pathDirectories(host: Host): string[] {
  const flavour = host.platform === 'win32' ? path.win32 : path.posix
  const value = host.environment['PATH'] ?? host.environment['Path'] ?? ''
  return value.split(flavour.delimiter).filter((entry) => flavour.isAbsolute(entry))
}

/**
 * The folder in which the real pg_dump behind this one lives; undefined when there is none, or when it is a
 * script: pg_wrapper and the shims of version managers choose a version of their own.
 */
async function realDirectory(directory: string, host: Host): Promise<string | undefined> {
  try {
    const program = await realpath(programPath(directory, 'pg_dump', host.platform))
    return (await isScript(program)) ? undefined : path.dirname(program)
  } catch {
    return undefined
  }
}

async function isScript(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer.toString('latin1') === '#!'
  } finally {
    await handle.close()
  }
}
