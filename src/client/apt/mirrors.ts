/** Which suites of a distribution carry which major, and where the host's own apt finds that distribution. */
import { access } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { isArmored, type AptRepository } from './configuration.js'
import type { AptSource } from './host-sources.js'

/** What has to be known of a distribution to take packages of another of its suites. */
export interface Distribution {
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

/** By the ID of /etc/os-release. */
export const distributions: Readonly<Record<string, Distribution>> = {
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

/** What has to have signed a mirror: what the host says, or the distribution's own keyring where there is one. */
export async function chooseKeyring(
  signedBy: string | undefined,
  usual: string,
): Promise<string | undefined> {
  if (signedBy !== undefined && (isArmored(signedBy) || isAbsolute(signedBy))) return signedBy
  const isThere = await access(usual).then(
    () => true,
    () => false,
  )
  return isThere ? usual : undefined
}
