/** Client tools from another suite of the mirror that the host's own apt names, with that suite's C library. */
import { CancelledError, UpgradeError } from '../../errors.js'
import { readHostApt, type HostApt } from '../apt/host-apt.js'
import { installFromPackages } from '../apt/install.js'
import {
  chooseKeyring,
  distributions,
  findMirrors,
  repositoriesOf,
  type Distribution,
  type Mirror,
} from '../apt/mirrors.js'
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
  const keyring = await chooseKeyring(mirror.signedBy, distribution.keyring)
  return installFromPackages({
    request,
    names,
    from: 'debian',
    origin: `${distribution.title}'s suite ${suite}`,
    repositories: repositoriesOf(mirror, suite, distribution, keyring),
    settings: hostApt.settings,
    isSelfContained: true,
  })
}
