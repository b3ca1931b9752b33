/** The program of one heat, bundled as `dist/` is, so that what is measured is what users run: no loader, no compiler. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Program {
  readonly file: string
  remove(): Promise<void>
}

/** Bundles it into a folder of its own inside `directory`. */
export async function bundleHeat(directory: string): Promise<Program> {
  const folder = await mkdtemp(join(directory, 'upgrade-postgres-heat-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const heat = fileURLToPath(new URL('heat.ts', import.meta.url))
    const options = ['--out', folder, '--target', 'es2023', '--quiet']
    await promisify(execFile)('npx', ['--no-install', 'ncc', 'build', heat, ...options])
    return { file: join(folder, 'index.js'), remove }
  } catch (error) {
    await remove()
    throw error
  }
}
