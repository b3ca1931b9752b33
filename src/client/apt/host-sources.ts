/** What the host's own apt is set to: read from its files, so that no mirror's address is written in this code. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One repository that apt is set to use; one for each address and suite. */
export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
  /** The file of its keyring, or the text of an armored key; undefined where apt's common keyring serves. */
  readonly signedBy: string | undefined
}

/** Where apt's files are: `Dir::Etc::sourcelist` and `Dir::Etc::sourceparts`. */
export interface SourceFiles {
  readonly list: string
  readonly parts: string
}

/** Reads every source of binary packages that is not switched off. A file that cannot be read is passed over. */
export async function readAptSources(files: SourceFiles): Promise<AptSource[]> {
  const names = await readdir(files.parts).catch(() => [])
  const paths = [files.list, ...names.sort().map((name) => join(files.parts, name))]
  const sources: AptSource[] = []
  for (const path of paths) {
    const isDeb822 = path.endsWith('.sources')
    if (!isDeb822 && !path.endsWith('.list')) continue
    const text = await readFile(path, 'utf8').catch(() => '')
    sources.push(...(isDeb822 ? parseDeb822Sources(text) : parseOneLineSources(text)))
  }
  return sources
}

/** Reads the format of sources.list: `deb [signed-by=/k.gpg] http://mirror/debian bookworm main`. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line)
    const [, options = '', uri, suite, components = ''] = match ?? []
    if (uri === undefined || suite === undefined) continue
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]
    sources.push({ uri, suite, components: words(components), signedBy })
  }
  return sources
}

/** Reads the format of *.sources: stanzas of fields, as deb822(5) and sources.list(5) define it. */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = []
  for (const fields of parseStanzas(text)) {
    const isOff = /^(?:no|false|without|off|disable)$/i.test(fields.get('enabled') ?? '')
    if (isOff || !words(fields.get('types') ?? '').includes('deb')) continue
    const components = words(fields.get('components') ?? '')
    const signedBy = fields.get('signed-by')
    for (const uri of words(fields.get('uris') ?? '')) {
      for (const suite of words(fields.get('suites') ?? '')) {
        sources.push({ uri, suite, components, signedBy: signedBy && readSignedBy(signedBy) })
      }
    }
  }
  return sources
}

function parseStanzas(text: string): Map<string, string>[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .map((stanza) => {
      const fields = new Map<string, string>()
      for (const match of stanza.matchAll(/^([\w-]+):(.*(?:\n[ \t].*)*)/gm)) {
        fields.set((match[1] ?? '').toLowerCase(), (match[2] ?? '').trim())
      }
      return fields
    })
}

/** An armored key stands in the field with a space before each line and a dot for each empty one. */
function readSignedBy(value: string): string {
  if (!value.includes('-----BEGIN')) return value
  return value
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line === '.' ? '' : line))
    .join('\n')
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
