/** What of the host's own apt a private one takes over: where its sources are, and how it reaches the network. */
import { UpgradeError } from '../../errors.js'
import { runCommand } from '../command.js'
import { commandEnvironment, type Host } from '../host.js'
import { networkSettings } from './configuration.js'
import { readAptSources, type AptSource } from './host-sources.js'

export interface HostApt {
  readonly sources: readonly AptSource[]
  /** Lines of apt.conf. */
  readonly settings: readonly string[]
}

/** Asks apt-config, which any user may; undefined on a machine without apt. */
export async function readHostApt(host: Host, signal: AbortSignal): Promise<HostApt | undefined> {
  const ask = (...args: string[]) =>
    runCommand({
      program: 'apt-config',
      arguments: args,
      environment: commandEnvironment(host, '/'),
      signal,
    })
  const files = await ask(
    'shell',
    'list',
    'Dir::Etc::sourcelist/f',
    'parts',
    'Dir::Etc::sourceparts/d',
  )
  if (files.exitCode === null) return undefined
  const dump = await ask('dump', 'Acquire')
  if (files.exitCode !== 0 || dump.exitCode !== 0) {
    throw new UpgradeError(`Could not read the settings of this machine's apt: ${files.stderr}`, {
      code: 'client-download',
      side: 'runner',
    })
  }
  return {
    sources: await readAptSources({
      list: shellValue(files.stdout, 'list'),
      parts: shellValue(files.stdout, 'parts'),
    }),
    settings: networkSettings(dump.stdout),
  }
}

/** Reads `name='value'` as apt-config writes it. */
function shellValue(text: string, name: string): string {
  return new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1] ?? '/dev/null'
}
