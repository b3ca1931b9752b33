/** The real client packages of the host's own distribution, packed anew as the PostgreSQL project would name them. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readHostApt } from '../../src/client/apt/host-apt.js'
import {
  chooseKeyring,
  distributions,
  findMirrors,
  repositoriesOf,
} from '../../src/client/apt/mirrors.js'
import { openPrivateApt } from '../../src/client/apt/private-apt.js'
import { debianNames, readHost } from '../../src/client/host.js'

const run = promisify(execFile)

export interface ClientPackages {
  /** The major that the host's distribution carries. */
  readonly major: number
  /** `bookworm` */
  readonly codename: string
  /** dpkg's word for the processor. */
  readonly architecture: string
  /** The package files: the client's and libpq5. */
  readonly files: readonly string[]
}

/** Fetches the packages from the host's mirror; Debian and Ubuntu only. `folder` is the caller's, and empty. */
export async function packClientPackages(folder: string): Promise<ClientPackages> {
  const host = await readHost()
  const signal = AbortSignal.timeout(60_000)
  const names = debianNames(host)
  const codename = host.release?.codename ?? ''
  const distribution = distributions[host.release?.id ?? '']
  const hostApt = await readHostApt(host, signal)
  if (names === undefined || distribution === undefined || hostApt === undefined) {
    throw new Error('These tests need Debian or Ubuntu on x64 or arm64.')
  }
  const major = majors.find((candidate) => distribution.suites(candidate).includes(codename))
  const mirror = findMirrors(hostApt.sources, distribution)[0]
  if (major === undefined || mirror === undefined) {
    throw new Error(`The host's apt has no mirror that carries client tools for ${codename}.`)
  }
  const keyring = await chooseKeyring(mirror.signedBy, distribution.keyring)
  const { architecture } = names
  const apt = await openPrivateApt({
    directory: await mkdtemp(join(folder, 'apt-')),
    repositories: repositoriesOf(mirror, codename, distribution, keyring),
    architecture,
    settings: hostApt.settings,
    host,
    signal,
  })
  const originals = await apt.download([`postgresql-client-${major}`, 'libpq5'])
  const files: string[] = []
  for (const [index, original] of originals.entries()) {
    files.push(await packAnew(original, join(folder, `package-${index}`), architecture))
  }
  return { major, codename, architecture, files }
}

const majors = [13, 14, 15, 16, 17, 18]

/** `15.20-0+deb12u1` becomes `15.20-1.pgdg+1`, which is also the higher version for apt. */
async function packAnew(file: string, folder: string, architecture: string): Promise<string> {
  await mkdir(folder)
  const tree = join(folder, 'tree')
  await run('dpkg-deb', ['--raw-extract', file, tree])
  const controlFile = join(tree, 'DEBIAN', 'control')
  const control = await readFile(controlFile, 'utf8')
  const name = /^Package: (.*)$/m.exec(control)?.[1] ?? ''
  const upstream = /^Version: ([\d.]+)/m.exec(control)?.[1] ?? ''
  const version = `${upstream}-1.pgdg+1`
  await writeFile(controlFile, control.replace(/^Version: .*$/m, `Version: ${version}`))
  const packed = join(folder, `${name}_${version}_${architecture}.deb`)
  await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, packed])
  return packed
}
