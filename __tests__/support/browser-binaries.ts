/** A headless Chromium with its libraries and a font, fetched from npm on first use: it needs nothing of the machine but libc. */
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createBrotliDecompress } from 'node:zlib'
import { fetchPackage } from './npm-package.js'
import { cacheFolder } from './server-binaries.js'

const run = promisify(execFile)

/** The last version before the package asks for Node.js 22; playwright-core 1.57 was made for the same Chromium. */
const version = '143.0.4'
const integrity =
  'sha512-/6I7uQTRhRDD2/gGPQ1Gkf+Dqk0RYDACPJDZfSzz0OWk4JmUTonNHPXbrn6UIklOHlnDLf8xAAzkOZKB/cJpLA=='

export interface BrowserBinaries {
  readonly executable: string
  readonly environment: Readonly<Record<string, string>>
}

/** The browser; fetches it when it is not there yet. Any number of processes may ask at once. */
export async function browserBinaries(fonts: 'own' | 'host'): Promise<BrowserBinaries> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return installedBrowser()
  const folder = join(cacheFolder(), `chromium-${version}`)
  await mkdir(cacheFolder(), { recursive: true })
  await fetchPackage({
    name: `@sparticuz/chromium@${version}`,
    what: 'browser',
    folder,
    integrity,
    prepare: decompress,
  })
  return {
    executable: join(folder, 'chromium'),
    environment: {
      LD_LIBRARY_PATH: join(folder, 'lib'),
      FONTCONFIG_FILE: join(folder, `${fonts}-fonts.conf`),
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  }
}

/** The package is made for one platform. */
function installedBrowser(): BrowserBinaries {
  const executable = process.env['CHROME_PATH']
  if (executable !== undefined) return { executable, environment: {} }
  throw new Error('Name a Chrome or Chromium of this machine in CHROME_PATH.')
}

async function decompress(folder: string): Promise<void> {
  const out = async (name: string): Promise<string> => {
    const file = join(folder, name)
    await pipeline(
      createReadStream(join(folder, 'bin', `${name}.br`)),
      createBrotliDecompress(),
      createWriteStream(file),
    )
    return file
  }
  await chmod(await out('chromium'), 0o755)
  for (const archive of ['al2023.tar', 'fonts.tar']) {
    await run('tar', ['-xf', await out(archive), '--no-same-owner'], { cwd: folder })
    await rm(join(folder, archive))
  }
  await rm(join(folder, 'bin'), { recursive: true })
  await writeFile(join(folder, 'own-fonts.conf'), fontsWith())
  await writeFile(join(folder, 'host-fonts.conf'), fontsWith('/usr/share/fonts'))
}

const fontsWith = (...more: string[]): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
${more.map((folder) => `  <dir>${folder}</dir>`).join('\n')}
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`
