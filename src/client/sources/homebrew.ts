/** Client tools from Homebrew, on macOS. */
import { access } from 'node:fs/promises'
import { UpgradeError } from '../../errors.js'
import { runCommand, type Command } from '../command.js'
import type { Host } from '../host.js'
import { found, notFound, type ToolSource } from './source.js'

/** The source `homebrew`. */
export const homebrew: ToolSource = {
  name: 'homebrew',
  find: async ({ host, major, signal }) => {
    if (host.platform !== 'darwin') return notFound('only for macOS')
    const brew = await findBrew()
    if (brew === undefined) return notFound('there is no brew')
    const result = await runCommand({ ...brewInstall(brew, host, major), signal })
    if (result.exitCode !== 0) {
      throw new UpgradeError(
        `Could not install postgresql@${major} with Homebrew: ${result.stderr.trim()}`,
        {
          code: 'client-download',
          side: 'runner',
          hint: `Run "brew install postgresql@${major}" in a step before this one.`,
        },
      )
    }
    const directory = brewDirectory(brew, major)
    return found({ directory, environment: {}, origin: `the formula postgresql@${major}` })
  },
}

/** Where Homebrew puts itself: on Apple's own processors, on Intel's. */
export const brewPrograms = ['/opt/homebrew/bin/brew', '/usr/local/bin/brew'] as const

async function findBrew(): Promise<string | undefined> {
  for (const program of brewPrograms) {
    const isThere = await access(program).then(
      () => true,
      () => false,
    )
    if (isThere) return program
  }
  return undefined
}

/** The command that installs one major beside any other; brew needs the user's HOME for its own cache. */
export function brewInstall(brew: string, host: Host, major: number): Omit<Command, 'signal'> {
  return {
    program: brew,
    arguments: ['install', '--quiet', '--formula', `postgresql@${major}`],
    environment: {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: host.environment['HOME'] ?? '/',
      LC_ALL: 'C',
      HOMEBREW_NO_ANALYTICS: '1',
      HOMEBREW_NO_AUTO_UPDATE: '1',
      HOMEBREW_NO_ENV_HINTS: '1',
      HOMEBREW_NO_INSTALL_CLEANUP: '1',
      HOMEBREW_NO_INSTALLED_DEPENDENTS_CHECK: '1',
    },
  }
}

/** The formula of a major is not linked into the PATH; its programs are below its own prefix. */
export function brewDirectory(brew: string, major: number): string {
  return `${brew.replace(/\/bin\/brew$/, '')}/opt/postgresql@${major}/bin`
}
