/** Folders that an input names: creates them, and says how much room they have. */
import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './errors.js'

/**
 * Creates the folder and those above it that are missing. Node's own `recursive` tries again and again, for ever, where a
 * file system says of a folder that is there that it is not (`/proc`, and shares that went away).
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, mode)
  } catch (error) {
    const parent = dirname(path)
    if (codeOf(error) === 'ENOENT' && parent !== path) {
      await makeFolder(parent, mode)
      // Whoever was faster has made it as well.
      await mkdir(path, mode).catch((again: unknown) => existing(path, again))
    } else await existing(path, error)
  }
}

/** Passes over the error when the folder is there. */
async function existing(path: string, error: unknown): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw error
}

/** What this process may still write to the disk of the folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
