/** Fetches the packages of one major with a private apt and puts the tools into the tool cache. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { messageOf, UpgradeError } from '../../errors.js'
import { proveTools } from '../proof.js'
import { systemOf, type DebianNames } from '../host.js'
import type { FoundTools, SourceRequest } from '../sources/source.js'
import { choosePlace, makeStagingFolder, placeTools, toolCacheHint } from '../tool-cache.js'
import type { ClientSource } from '../tools.js'
import type { AptRepository } from './configuration.js'
import { openPrivateApt } from './private-apt.js'
import { bindToLibraries, clientPackageVersion, gatherTools, unpackPackages } from './unpack.js'

export interface PackageInstall {
  readonly request: SourceRequest
  readonly names: DebianNames
  readonly from: ClientSource
  readonly origin: string
  readonly repositories: readonly AptRepository[]
  /** Lines of apt.conf on how to reach the repositories. */
  readonly settings: readonly string[]
  /** With all libraries down to the C library; otherwise only libpq, and the host's libraries for the rest. */
  readonly isSelfContained: boolean
}

/** Fetches, unpacks, puts into place. What a failed or cancelled run had made is removed, where that can be done. */
export async function installFromPackages(install: PackageInstall): Promise<FoundTools> {
  const { host, log, signal, toolCache } = install.request
  const directory = await makeAptFolder(install.request)
  const staging = await makeStagingFolder(toolCache).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true })
    throw error
  })
  try {
    const { architecture } = install.names
    const apt = await openPrivateApt({ ...install, directory, architecture, host, signal })
    const client = `postgresql-client-${install.request.major}`
    const packages = install.isSelfContained
      ? await apt.downloadWithDependencies([client, 'patchelf'])
      : await apt.download([client, 'libpq5'])
    return await putIntoPlace(install, packages, staging).catch((error: unknown) => {
      throw error instanceof UpgradeError ? error : notPlaced(toolCache, error)
    })
  } finally {
    for (const path of [directory, staging]) {
      await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
        log.debug(`Could not remove ${path}: ${messageOf(error)}`)
      })
    }
  }
}

/** Not in the tool cache, nor wherever else a path has a space: apt knows no way to write one into a list of keyrings. */
async function makeAptFolder({ temporary }: SourceRequest): Promise<string> {
  const parent = /\s/.test(temporary) ? tmpdir() : temporary
  return mkdtemp(resolve(parent, 'postgresql-client-apt-'))
}

/** Node's own errors are about files in the tool cache. */
function notPlaced(toolCache: string, error: unknown): UpgradeError {
  return new UpgradeError(
    `Could not put the client tools into the tool cache ${toolCache}: ${messageOf(error)}`,
    { code: 'client-tool-cache', side: 'runner', hint: toolCacheHint, cause: error },
  )
}

async function putIntoPlace(
  install: PackageInstall,
  packages: readonly string[],
  staging: string,
): Promise<FoundTools> {
  const { host, major, signal, toolCache } = install.request
  const version = clientPackageVersion(packages, major)
  if (version === undefined) {
    throw new UpgradeError(`${install.origin} served no package postgresql-client-${major}.`, {
      code: 'client-tools-not-found',
      side: 'runner',
      hint: 'Choose another client-source.',
    })
  }
  const unpacking = { host, names: install.names, major, root: join(staging, 'root'), signal }
  const folder = join(staging, 'tools')
  const directory = await choosePlace(toolCache, version, host)
  await unpackPackages(unpacking, packages)
  await gatherTools(unpacking, folder)
  if (install.isSelfContained) await bindToLibraries(unpacking, folder, directory)
  else await refuseWithoutHostLibraries(install, folder)
  const environment: Record<string, string> = install.isSelfContained
    ? {}
    : { LD_LIBRARY_PATH: join(directory, 'lib') }
  const { from, origin } = install
  const details = { version, from, origin, system: systemOf(host), directory, environment }
  const marker = await placeTools(folder, details, host)
  return {
    directory: join(marker.directory, 'bin'),
    environment: marker.environment,
    origin: marker.origin,
    fetched: marker,
  }
}

/** Runs the unpacked tools where they are: with the host's libraries, before anything is put into place. */
async function refuseWithoutHostLibraries(install: PackageInstall, folder: string): Promise<void> {
  const proof = await proveTools({
    directory: join(folder, 'bin'),
    environment: { LD_LIBRARY_PATH: join(folder, 'lib') },
    platform: install.request.host.platform,
    signal: install.request.signal,
  })
  if (proof.proven) return
  throw new UpgradeError(`The tools of ${install.origin} do not run here: ${proof.reason}`, {
    code: 'client-libraries-missing',
    side: 'runner',
    hint: 'Install the missing library, or use client-source debian, which brings its own.',
  })
}
