/** An apt of our own: fetches signed packages as any user, without the host's lock, state or hooks. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UpgradeError } from '../../errors.js'
import { runCommand, type CommandResult } from '../command.js'
import { commandEnvironment, type Host } from '../host.js'
import { aptConfiguration, aptSources, aptStatus, type AptRepository } from './configuration.js'

export interface PrivateApt {
  /** Absolute paths of the packages and of all that they need, down to the C library. */
  readonly downloadWithDependencies: (packages: readonly string[]) => Promise<string[]>
  /** Absolute paths of just these packages. */
  readonly download: (packages: readonly string[]) => Promise<string[]>
}

export interface PrivateAptOptions {
  /** A folder that exists, is empty, and belongs to this run. */
  readonly directory: string
  readonly repositories: readonly AptRepository[]
  /** dpkg's word for the processor. */
  readonly architecture: string
  /** From `networkSettings`. */
  readonly settings: readonly string[]
  readonly host: Host
  readonly signal: AbortSignal
}

/** Makes the folder and reads the repositories' indexes; throws `client-signature` or `client-download`. */
export async function openPrivateApt(options: PrivateAptOptions): Promise<PrivateApt> {
  const { directory, repositories } = options
  const archives = join(directory, 'cache', 'archives')
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources', 'log']) {
    await mkdir(join(directory, name), { recursive: true })
  }
  await writeFile(join(directory, 'apt.conf'), aptConfiguration(options))
  await writeFile(join(directory, 'sources', 'client.sources'), aptSources(repositories))
  await writeFile(join(directory, 'state', 'status'), aptStatus())
  const apt = (...args: string[]) => runApt(options, archives, args)
  const where = repositories.map(({ uri, suites }) => `${uri} ${suites.join(' ')}`).join(', ')
  explain(await apt('update'), `read the package index of ${where}`)
  const fetch = async (packages: readonly string[], args: readonly string[]) => {
    explain(await apt(...args, ...packages), `download ${packages.join(', ')} from ${where}`)
    const names = await readdir(archives)
    return names.filter((name) => name.endsWith('.deb')).map((name) => join(archives, name))
  }
  return {
    downloadWithDependencies: (packages) =>
      fetch(packages, ['install', '--yes', '--download-only', '--']),
    download: (packages) => fetch(packages, ['download', '--']),
  }
}

/** `apt-get download` writes into the folder that it is run in. */
function runApt(
  options: PrivateAptOptions,
  archives: string,
  args: readonly string[],
): Promise<CommandResult> {
  const { directory, host, signal } = options
  return runCommand({
    program: 'apt-get',
    arguments: ['--quiet', ...args],
    environment: {
      ...commandEnvironment(host, directory),
      APT_CONFIG: join(directory, 'apt.conf'),
    },
    workDirectory: archives,
    signal,
  })
}

const signatureTrouble =
  /NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|not signed|signatures? (?:couldn't|could not|were invalid|verification)|GPG error|OpenPGP|NODATA|Hash Sum mismatch|unexpected size|insufficient|Clearsigned/i

/** Throws what a failed apt means, in one error with apt's own words. */
function explain(result: CommandResult, doing: string): void {
  if (result.exitCode === 0) return
  const said = aptMessages(result.stderr)
  const text = `Could not ${doing}: ${said === '' ? 'apt-get failed and did not say why' : said}`
  if (/Unable to locate package|has no installation candidate|Can't find a source/.test(said)) {
    throw new UpgradeError(text, {
      code: 'client-tools-not-found',
      side: 'runner',
      hint: 'The repository does not carry this major for this system; choose another client-source.',
    })
  }
  if (signatureTrouble.test(said)) {
    throw new UpgradeError(text, {
      code: 'client-signature',
      side: 'runner',
      hint: 'What the repository served was not signed by the expected key, or is not what was signed. Nothing of it was used.',
    })
  }
  throw new UpgradeError(text, {
    code: 'client-download',
    side: 'runner',
    hint: 'Check that this machine can reach the repository, or set client-repository to a mirror that it can reach.',
  })
}

/** The errors and warnings among apt's lines, each once. */
export function aptMessages(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const messages = lines.filter((line) => /^[EW]: /.test(line)).map((line) => line.slice(3))
  const said = messages.length > 0 ? messages : lines.filter((line) => line !== '')
  return [...new Set(said)].slice(0, 4).join('; ')
}
