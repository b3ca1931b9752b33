/** The rooms of src/: imports point downwards only, so that no two rooms need each other. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from '@jest/globals'
import { repository } from '../../support/action-inputs.js'

/** From the lowest to the highest: a room imports only rooms that stand before it. `src` is what begins and ends a run. */
const order = [
  'errors.ts',
  'log.ts',
  'folders.ts',
  'at-most.ts',
  'report',
  'telling',
  'server',
  'explain',
  'client',
  'roles',
  'staging',
  'validate',
  'check',
  'transfer',
  'inputs',
  'cleanup',
  'matrix',
  'run.ts',
  'phases',
  'src',
  'action',
  'command-line',
  'index.ts',
]

/** The folder; of a file that lies in src/ itself its name where it has a place of its own, else `src`. */
function roomOf(path: string): string {
  const [first = ''] = path.split('/')
  return path.includes('/') || order.includes(first) ? first : 'src'
}

const folder = join(repository, 'src')
const imports = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) =>
    [...readFileSync(join(folder, path), 'utf8').matchAll(/\b(?:from|import) ?\(?'(\.[^']+)'/g)]
      .map(([, to = '']) => posix.join(posix.dirname(path), to).replace(/\.js$/, '.ts'))
      .filter((to) => !to.startsWith('..'))
      .map((to) => ({ text: `${path} imports ${to}`, from: roomOf(path), to: roomOf(to) })),
  )

test('every room has its place in the order', () => {
  const rooms = new Set(imports.flatMap(({ from, to }) => [from, to]))
  expect([...rooms].toSorted()).toEqual(order.toSorted())
})

test('no room imports one that stands above it', () => {
  const upwards = imports.filter(({ from, to }) => order.indexOf(to) > order.indexOf(from))
  expect(upwards.map(({ text }) => text)).toEqual([])
})
