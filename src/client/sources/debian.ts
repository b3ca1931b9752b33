/** Client tools from another suite of the mirror that the host's own apt names, with that suite's C library. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { CancelledError, UpgradeError } from '../../errors.js'
import type { AptRepository } from '../apt/configuration.js'
import { readHostApt, type HostApt } from '../apt/host-apt.js'
import type { AptSource } from '../apt/host-sources.js'
import { installFromPackages } from '../apt/install.js'
import { debianNames, type DebianNames } from '../host.js'
import { found, notFound, type SourceRequest, type ToolSource } from './source.js'

/** The source `debian`; on Ubuntu, the suites of Ubuntu. */
export const debian: ToolSource = {
  name: 'debian',
  find: async (request) => {
    const names = debianNames(request.host)
    const distribution = distributions[request.host.release?.id ?? '']
    if (names === undefined || distribution === undefined) {
      return notFound('only for Debian and Ubuntu on x64 and arm64')
    }
    const suites = distribution.suites(request.major)
    if (suites.length === 0)
      return notFound(`${distribution.title} has no suite with ${request.major}`)
    const hostApt = await readHostApt(request.host, request.signal)
    if (hostApt === undefined) return notFound('this machine has no apt')
    const mirrors = findMirrors(hostApt.sources, distribution)
    if (mirrors.length === 0) {
      return notFound(`this machine's apt names no mirror of ${distribution.title}`)
    }
    return installFromFirst({ request, names, hostApt, distribution, mirrors, suites })
  },
}

interface Distribution {
  readonly title: string
  /** The suites that carry a major, in the order in which they should be tried. */
  readonly suites: (major: number) => readonly string[]
  /** Endings of the suites that go with each, on the mirror itself. */
  readonly companions: readonly string[]
  readonly components: readonly string[]
  /** Signs every suite of it. */
  readonly keyring: string
  /** Suites that say that a source is the distribution itself, not a third party's. */
  readonly knownSuites: readonly string[]
}

const distributions: Readonly<Record<string, Distribution>> = {
  debian: {
    title: 'Debian',
    suites: (major) => {
      const stable: Readonly<Record<number, string>> = {
        13: 'bullseye',
        15: 'bookworm',
        17: 'trixie',
      }
      const suite = stable[major]
      if (suite !== undefined) return [suite]
      return major >= 18 ? ['forky', 'sid'] : []
    },
    companions: [],
    components: ['main'],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    knownSuites: [
      ...['bullseye', 'bookworm', 'trixie', 'forky', 'sid'],
      ...['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable'],
    ],
  },
  ubuntu: {
    title: 'Ubuntu',
    suites: (major) => {
      const stable: Readonly<Record<number, string>> = { 14: 'jammy', 16: 'noble', 18: 'resolute' }
      return stable[major] === undefined ? [] : [stable[major]]
    },
    companions: ['-updates', '-security'],
    components: ['main', 'universe'],
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    knownSuites: ['focal', 'jammy', 'noble', 'plucky', 'questing', 'resolute'],
  },
}

/** A mirror of the distribution, and the one of its security updates where that is another. */
export interface Mirror {
  readonly uri: string
  readonly securityUri: string | undefined
  /** As the host's apt has it: a file, the text of a key, or nothing. */
  readonly signedBy: string | undefined
}

/** The mirrors among the host's sources; those that are signed as the distribution is come first. */
export function findMirrors(
  sources: readonly AptSource[],
  distribution: Pick<Distribution, 'knownSuites' | 'keyring'>,
): Mirror[] {
  const usable = sources.filter(({ components }) => components.includes('main'))
  const security = usable.find(({ suite }) =>
    distribution.knownSuites.some((known) => suite === `${known}-security`),
  )
  const mirrors = new Map<string, Mirror>()
  for (const { uri, suite, signedBy } of usable) {
    if (!distribution.knownSuites.includes(suite) || mirrors.has(uri)) continue
    mirrors.set(uri, { uri, securityUri: security?.uri, signedBy })
  }
  const rank = ({ signedBy }: Mirror) =>
    signedBy === distribution.keyring ? 0 : signedBy === undefined ? 1 : 2
  return [...mirrors.values()].sort((a, b) => rank(a) - rank(b))
}

interface Plan {
  readonly request: SourceRequest
  readonly names: DebianNames
  readonly hostApt: HostApt
  readonly distribution: Distribution
  readonly mirrors: readonly Mirror[]
  readonly suites: readonly string[]
}

async function installFromFirst(plan: Plan) {
  let problem: unknown
  for (const mirror of plan.mirrors) {
    for (const suite of plan.suites) {
      try {
        return found(await installFromSuite(plan, mirror, suite))
      } catch (error) {
        if (!(error instanceof UpgradeError) || error instanceof CancelledError) throw error
        problem ??= error
      }
    }
  }
  throw problem
}

async function installFromSuite(plan: Plan, mirror: Mirror, suite: string) {
  const { distribution, hostApt, names, request } = plan
  const keys = await mkdtemp(join(tmpdir(), 'postgresql-client-keys-'))
  try {
    const keyring = await chooseKeyring(mirror.signedBy, distribution.keyring, keys)
    return await installFromPackages({
      request,
      names,
      from: 'debian',
      origin: `${distribution.title}'s suite ${suite}`,
      repositories: repositoriesOf(mirror, suite, distribution, keyring),
      settings: hostApt.settings,
      isSelfContained: true,
    })
  } finally {
    await rm(keys, { recursive: true, force: true })
  }
}

/** The repositories of one suite: the suite itself, what goes with it, and its security updates. */
export function repositoriesOf(
  mirror: Mirror,
  suite: string,
  distribution: Pick<Distribution, 'companions' | 'components'>,
  keyring: string | undefined,
): AptRepository[] {
  const { components } = distribution
  const suites = [suite, ...distribution.companions.map((ending) => `${suite}${ending}`)]
  const repositories = [{ uri: mirror.uri, suites, components, keyring }]
  const security = `${suite}-security`
  if (mirror.securityUri !== undefined && suite !== 'sid' && !suites.includes(security)) {
    repositories.push({ uri: mirror.securityUri, suites: [security], components, keyring })
  }
  return repositories
}

async function chooseKeyring(
  signedBy: string | undefined,
  usual: string,
  folder: string,
): Promise<string | undefined> {
  if (signedBy?.includes('-----BEGIN') === true) {
    const file = join(folder, 'mirror.asc')
    await writeFile(file, `${signedBy}\n`)
    return file
  }
  if (signedBy !== undefined && isAbsolute(signedBy)) return signedBy
  const isThere = await access(usual).then(
    () => true,
    () => false,
  )
  return isThere ? usual : undefined
}
