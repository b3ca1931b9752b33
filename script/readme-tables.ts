/** Writes the tables of inputs and outputs in README.md from action.yml; `--check` only says whether they are up to date. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')

interface Described {
  readonly description: string
  readonly default?: string
  readonly required?: boolean
}

interface Action {
  readonly inputs: Readonly<Record<string, Described>>
  readonly outputs: Readonly<Record<string, Described>>
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|').replace(/\s+/g, ' ')
}

function inputsTable({ inputs }: Action): string {
  const rows = Object.entries(inputs).map(([name, { description, default: value, required }]) => {
    const shown = required === true ? 'required' : value === '' ? '' : `\`${String(value)}\``
    return `| \`${name}\` | ${shown} | ${cell(description)} |`
  })
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function outputsTable({ outputs }: Action): string {
  const rows = Object.entries(outputs).map(
    ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
  )
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n')
}

function replaceBetween(text: string, marker: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${marker} -->)[^]*?(<!-- /${marker} -->)`)
  if (!pattern.test(text)) throw new Error(`README.md has no <!-- ${marker} -->.`)
  return text.replace(
    pattern,
    (_all, open: string, close: string) => `${open}\n\n${content}\n\n${close}`,
  )
}

/** README.md as it should be. */
async function renderReadme(): Promise<string> {
  const action = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const filled = replaceBetween(
    replaceBetween(readme, 'inputs', inputsTable(action)),
    'outputs',
    outputsTable(action),
  )
  return format(filled, { ...(await resolveConfig(target)), parser: 'markdown' })
}

const target = join(root, 'README.md')
const wanted = await renderReadme()
if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8')) !== wanted) {
    process.stderr.write('README.md does not match action.yml: run "npm run readme".\n')
    process.exitCode = 1
  }
} else {
  await writeFile(target, wanted)
}
