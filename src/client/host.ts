/** The machine that the action runs on, as far as the search for client tools has to know it. */
import { readFile } from 'node:fs/promises'

/** What /etc/os-release says of a Linux distribution. */
export interface Release {
  /** `debian`, `ubuntu` */
  readonly id: string
  /** `12`, `24.04`; empty where the distribution has none (Debian's testing and unstable). */
  readonly version: string
  /** `bookworm`, `noble`; empty where the file does not say. */
  readonly codename: string
}

export interface Host {
  readonly platform: NodeJS.Platform
  /** Node's word for the processor: `x64`, `arm64`. */
  readonly architecture: string
  readonly release: Release | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Looks at this machine. */
export async function readHost(): Promise<Host> {
  const text = process.platform === 'linux' ? await readRelease() : ''
  return {
    platform: process.platform,
    architecture: process.arch,
    release: parseRelease(text),
    environment: process.env,
  }
}

async function readRelease(): Promise<string> {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  return ''
}

/** Reads the text of /etc/os-release; undefined when it names no distribution. */
export function parseRelease(text: string): Release | undefined {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2\s*$/.exec(line)
    if (match?.[1] !== undefined) fields.set(match[1], match[3] ?? '')
  }
  const id = fields.get('ID')
  if (id === undefined || id === '') return undefined
  return {
    id,
    version: fields.get('VERSION_ID') ?? '',
    codename: fields.get('VERSION_CODENAME') ?? '',
  }
}

/** One word for the system that built tools run on: `debian-12`, `linux` where the distribution is unknown. */
export function systemOf(host: Host): string {
  if (host.release === undefined) return host.platform
  const { id, version, codename } = host.release
  return `${id}-${version === '' ? codename : version}`
}

/** What Debian calls the things that differ from processor to processor. */
export interface DebianNames {
  /** `amd64` */
  readonly architecture: string
  /** The folder of the libraries: `x86_64-linux-gnu`. */
  readonly triplet: string
  /** The program that loads other programs. */
  readonly loader: string
}

/** Debian's names for this machine; undefined where neither Debian nor PGDG is known to have packages. */
export function debianNames(host: Host): DebianNames | undefined {
  if (host.platform !== 'linux') return undefined
  switch (host.architecture) {
    case 'x64':
      return { architecture: 'amd64', triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' }
    case 'arm64':
      return {
        architecture: 'arm64',
        triplet: 'aarch64-linux-gnu',
        loader: 'ld-linux-aarch64.so.1',
      }
    default:
      return undefined
  }
}

/**
 * The environment of a command that fetches or unpacks: nothing of the job's own but the proxies,
 * which a runner behind a firewall cannot do without.
 */
export function commandEnvironment(host: Host, workDirectory: string): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    HOME: workDirectory,
    TMPDIR: workDirectory,
  }
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']) {
    const value = host.environment[name] ?? host.environment[name.toUpperCase()]
    if (value !== undefined && value !== '') environment[name] = value
  }
  return environment
}
