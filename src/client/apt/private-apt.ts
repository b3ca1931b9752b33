/** An apt of our own: fetches signed packages as any user, without the host's lock, state or hooks. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UpgradeError } from '../../errors.js'
import { makeFolder } from '../../folders.js'
import { runCommand, type CommandResult } from '../command.js'
import { commandEnvironment, type Host } from '../host.js'
import {
  aptConfiguration,
  aptSources,
  aptStatus,
  isArmored,
  type AptRepository,
} from './configuration.js'

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
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources', 'keys', 'log']) {
    await makeFolder(join(directory, name))
  }
  await writeFile(join(directory, 'apt.conf'), aptConfiguration(options))
  await writeFile(
    join(directory, 'sources', 'client.sources'),
    aptSources(await writeKeys(directory, repositories)),
  )
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

/** Puts each key that came as text into a file, for apt takes only files from deb822 sources before 2.3.10. */
function writeKeys(
  directory: string,
  repositories: readonly AptRepository[],
): Promise<AptRepository[]> {
  return Promise.all(
    repositories.map(async (repository, index) => {
      const { keyring } = repository
      if (keyring === undefined || !isArmored(keyring)) return repository
      const file = join(directory, 'keys', `${index}.asc`)
      await writeFile(file, keyring)
      return { ...repository, keyring: file }
    }),
  )
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

/** What apt's words mean, the first that fits. */
const meanings: readonly {
  readonly words: RegExp
  readonly code: string
  readonly hint: string
}[] = [
  {
    words: /NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|GPG error|OpenPGP|NODATA|Clearsigned|signature/i,
    code: 'client-signature',
    hint: 'What the repository served was not signed by the expected key. Nothing of it was used.',
  },
  {
    words: /Hash Sum mismatch|unexpected size|hash|does not start with/i,
    code: 'client-signature',
    hint: 'What the repository served is not what was signed: it is damaged, truncated, or tampered with. Nothing of it was used.',
  },
  {
    words: /Unable to locate package|has no installation candidate|Can't find a source/,
    code: 'client-tools-not-found',
    hint: 'The repository does not carry this major for this system; choose another client-source.',
  },
  {
    words: /does not have a Release file|no longer has a Release file/,
    code: 'client-repository-absent',
    hint: 'The repository has nothing for this release of the system; choose another client-source.',
  },
]

/** Throws what a failed apt means, in one error with apt's own words. */
function explain(result: CommandResult, doing: string): void {
  if (result.exitCode === 0) return
  const said = aptMessages(result.stderr)
  const meaning = meanings.find(({ words }) => words.test(said))
  const words = said === '' ? 'apt-get failed and did not say why' : said
  throw new UpgradeError(`Could not ${doing}: ${words}`, {
    code: meaning?.code ?? 'client-download',
    side: 'runner',
    hint:
      meaning?.hint ??
      'Check that this machine can reach the repository, or set client-repository to a mirror that it can reach.',
  })
}

/** The errors and warnings among apt's lines, each once, without the one that only says that there were others. */
export function aptMessages(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim().replace(/\s+/g, ' '))
  const messages = lines
    .filter((line) => /^[EW]: /.test(line) && !line.includes('Some index files failed'))
    .map((line) => line.slice(3))
  const said = messages.length > 0 ? messages : lines.filter((line) => line !== '')
  return [...new Set(said)].slice(0, 4).join('; ')
}
