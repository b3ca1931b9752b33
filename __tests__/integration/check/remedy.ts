/** Does what the remedy of a finding says, as its reader would: the text as printed is pasted into psql, on the side that it names. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { prepareClientTools } from '../../../src/client/index.js'
import { silentLog } from '../../../src/log.js'
import { logLines } from '../../../src/report/log-lines.js'
import type { Finding } from '../../../src/report/report.js'
import { withUnicodeEscapes } from '../../../src/report/unicode-escapes.js'
import { cacheFolder } from '../../support/server-binaries.js'
import type { TestServer } from '../../support/servers.js'

export interface Sides {
  readonly sourceServer: TestServer
  readonly targetServer: TestServer
}

export interface PasteOptions {
  /** Which of the ways that the remedy offers, where it says "or"; the first. */
  readonly alternative?: number
  /** What the reader puts into the place of an example: `/path/on/the/target`. */
  readonly filledIn?: Readonly<Record<string, string>>
  /** What the reader types when psql asks, as \password does. */
  readonly typed?: string
}

interface Paste {
  readonly side: 'source' | 'target'
  /** On the target most remedies come before the database does. */
  readonly isInDatabase: boolean
  readonly lines: string[]
}

/** In the log, the lines are indented. Comments say on which side the lines below them belong, and where another way to the same end begins. */
function readRemedy(remedy: string): Paste[][] {
  let current: Paste = { side: 'source', isInDatabase: true, lines: [] }
  const alternatives: Paste[][] = [[current]]
  for (const line of logLines(withUnicodeEscapes(remedy))) {
    const comment = /^ *(?:--|#) (.*)$/.exec(line)?.[1]
    if (comment === undefined) {
      current.lines.push(line)
      continue
    }
    const named = [...comment.matchAll(/\bon the (source|target)\b/g)].at(-1)
    const side = named?.[1] as Paste['side'] | undefined
    const isAlternative = /^or\b/.test(comment)
    if (!isAlternative && (side === undefined || side === current.side)) continue
    current = {
      side: side ?? current.side,
      isInDatabase: side !== 'target' || comment.includes('in the database'),
      lines: [],
    }
    if (isAlternative) alternatives.push([current])
    else alternatives.at(-1)?.push(current)
  }
  return alternatives
}

/** Pastes the remedy. Fails where psql does not take a line of it, or where there is nothing to paste. */
export async function paste(
  servers: Sides,
  { remedy = '', database }: Pick<Finding, 'remedy' | 'database'>,
  { alternative = 0, filledIn = {}, typed = '' }: PasteOptions = {},
): Promise<void> {
  const parts = (readRemedy(remedy)[alternative] ?? []).filter(({ lines }) => lines.length > 0)
  if (parts.length === 0) throw new Error(`There is nothing to paste in: ${remedy}`)
  for (const { side, isInDatabase, lines } of parts) {
    let sql = lines.join('\n')
    for (const [example, value] of Object.entries(filledIn)) sql = sql.replaceAll(example, value)
    // Nobody can rename or drop the database that they are connected to.
    const isElsewhere =
      database === undefined || !isInDatabase || /^ *(?:alter|drop) database /.test(sql)
    await runPsql(
      side === 'source' ? servers.sourceServer : servers.targetServer,
      isElsewhere ? 'postgres' : database,
      `${sql}\n${typed}`,
    )
  }
}

/** Pastes lines of a log or a page, just as they stand there. */
export async function pastePrinted(server: TestServer, lines: string): Promise<void> {
  await runPsql(server, 'postgres', lines)
}

type Tools = Awaited<ReturnType<typeof prepareClientTools>>

/** Prepared once for a whole test file. */
const prepared: Promise<Tools>[] = []

function prepareTools(): Promise<Tools> {
  const tools =
    prepared[0] ??
    prepareClientTools({
      major: 18,
      source: 'auto',
      toolCache: join(cacheFolder(), 'tool-cache'),
      log: silentLog,
      signal: new AbortController().signal,
    })
  prepared[0] = tools
  return tools
}

async function runPsql(server: TestServer, database: string, input: string): Promise<void> {
  const tools = await prepareTools()
  const psql = spawn(
    tools.path('psql'),
    ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', `--dbname=${server.url(database)}`],
    {
      env: {
        ...tools.environment,
        LC_ALL: 'C',
        PGSSLMODE: 'disable',
        PGOPTIONS: '-c lock_timeout=20s',
      },
      // Without a terminal, psql asks on its standard streams.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  )
  psql.stdin.end(input)
  const [said, exitCode] = await Promise.all([
    text(psql.stderr),
    new Promise((resolve) => psql.once('close', resolve)),
  ])
  if (exitCode !== 0) throw new Error(`psql did not take the remedy:\n${input}\n${said}`)
}
