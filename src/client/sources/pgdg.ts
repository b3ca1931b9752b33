/** Client tools from the PostgreSQL project's apt repository, its archive, or a mirror of it (`client-repository`). */
import { access } from 'node:fs/promises'
import { UpgradeError } from '../../errors.js'
import type { AptRepository } from '../apt/configuration.js'
import { readHostApt, type HostApt } from '../apt/host-apt.js'
import { installFromPackages } from '../apt/install.js'
import { chooseKeyring, distributions, findMirrors, repositoriesOf } from '../apt/mirrors.js'
import { debianNames, type DebianNames } from '../host.js'
import { assertFingerprint } from '../pgdg-key.js'
import { found, notFound, type FoundTools, type SourceRequest, type ToolSource } from './source.js'

/** The source `pgdg`. */
export const pgdg: ToolSource = {
  name: 'pgdg',
  find: async (request) => {
    const names = debianNames(request.host)
    const codename = request.host.release?.codename ?? ''
    const isKnown = distributions[request.host.release?.id ?? ''] !== undefined
    if (names === undefined || codename === '' || !isKnown) {
      return notFound('only for Debian and Ubuntu on x64 and arm64')
    }
    const hostApt = await readHostApt(request.host, request.signal)
    if (hostApt === undefined) return notFound('this machine has no apt')
    assertFingerprint(request.trustedKey)
    const places = pgdgPlaces(codename, request.repository, await hasCertificates())
    return found(await installFromFirst({ request, names, hostApt, codename }, places))
  },
}

/** One suite of the repository, or of its archive. */
export interface PgdgPlace {
  readonly uri: string
  readonly suite: string
}

/**
 * Where a release's packages may be, in the order in which they should be tried. A release that the project has
 * dropped moves to the archive. Without certificates, as in a bare container, only plain http can be read:
 * the signature is what protects the packages.
 */
export function pgdgPlaces(
  codename: string,
  mirror: string | undefined,
  hasHttps: boolean,
): readonly PgdgPlace[] {
  const suite = `${codename}-pgdg`
  if (mirror !== undefined && mirror !== '') {
    const uri = mirror.replace(/\/+$/, '')
    return [
      { uri, suite },
      { uri, suite: `${suite}-archive` },
    ]
  }
  const scheme = hasHttps ? 'https' : 'http'
  const archive = `${scheme}://apt-archive.postgresql.org/pub/repos/apt`
  return [
    { uri: `${scheme}://apt.postgresql.org/pub/repos/apt`, suite },
    { uri: archive, suite },
    { uri: archive, suite: `${suite}-archive` },
  ]
}

function hasCertificates(): Promise<boolean> {
  return access('/etc/ssl/certs/ca-certificates.crt').then(
    () => true,
    () => false,
  )
}

interface Plan {
  readonly request: SourceRequest
  readonly names: DebianNames
  readonly hostApt: HostApt
  readonly codename: string
}

/** The next place is tried only when one does not have this release or major: a bad signature ends the search. */
async function installFromFirst(plan: Plan, places: readonly PgdgPlace[]): Promise<FoundTools> {
  let problem: unknown
  for (const place of places) {
    try {
      return await installWithLibraries(plan, place)
    } catch (error) {
      if (!isAbsent(error)) throw problem ?? error
      problem ??= error
    }
  }
  throw problem
}

function isAbsent(error: unknown): boolean {
  if (!(error instanceof UpgradeError)) return false
  return error.code === 'client-tools-not-found' || error.code === 'client-repository-absent'
}

/** With the host's libraries where they do; otherwise with those of the host's own release, from its mirror. */
async function installWithLibraries(plan: Plan, place: PgdgPlace): Promise<FoundTools> {
  const { request, names, hostApt } = plan
  const own: AptRepository = {
    uri: place.uri,
    suites: [place.suite],
    components: ['main'],
    keyring: request.trustedKey.armored,
  }
  const install = {
    request,
    names,
    from: 'pgdg',
    origin: `${place.uri} ${place.suite}`,
    // A firewall that drops packets must not hold the run up for minutes.
    settings: ['Acquire::Retries "1";', 'Acquire::http::Timeout "10";', ...hostApt.settings],
  } as const
  try {
    return await installFromPackages({ ...install, repositories: [own], isSelfContained: false })
  } catch (error) {
    const lacksLibraries =
      error instanceof UpgradeError && error.code === 'client-libraries-missing'
    const libraries = lacksLibraries ? await hostRepositories(plan) : []
    if (libraries.length === 0) throw error
    const repositories = [own, ...libraries]
    return await installFromPackages({ ...install, repositories, isSelfContained: true })
  }
}

async function hostRepositories({ request, hostApt, codename }: Plan): Promise<AptRepository[]> {
  const distribution = distributions[request.host.release?.id ?? '']
  if (distribution === undefined) return []
  const mirror = findMirrors(hostApt.sources, distribution)[0]
  if (mirror === undefined) return []
  const keyring = await chooseKeyring(mirror.signedBy, distribution.keyring)
  return repositoriesOf(mirror, codename, distribution, keyring)
}
