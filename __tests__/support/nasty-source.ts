/** A server that holds everything that can go wrong, as far as its major knows it: every edge case and every nasty fixture. */
import { chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding, Report } from '../../src/report/report.js'
import { loadFixtures } from './fixtures.js'
import { readNastyBlocks, type Announcement, type Block, type Pairing } from './nasty-fixture.js'
import { runSql, runSqlFile, startServer, type TestServer } from './servers.js'
import { splitStatements } from './sql-text.js'

/** Prepared transactions and logical slots are off by default. */
const settings = { max_prepared_transactions: '5', wal_level: 'logical' }

export interface NastySource {
  readonly server: TestServer
  /** The database that holds almost all of it. */
  readonly database: string
  /** `severity check object` of everything that has to be found for that pairing; what is settled is no longer. */
  readonly announced: (pairing: Pairing) => string[]
  /** Settles the blocking findings of a report as their remedies say. */
  readonly settle: (report: Report, pairing: Pairing) => Promise<void>
}

/** Starts a server of that major and fills it; whoever asked for it stops it. */
export async function startNastySource(major: number): Promise<NastySource> {
  const server = await startServer(major, { settings })
  const database = `nasty_${major}`
  try {
    return describe(server, database, await fill(server, database, `n${major}`))
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function fill(server: TestServer, database: string, prefix: string): Promise<Block[]> {
  await runSql(server, 'postgres', `create database ${database} template template0`)
  await loadFixtures(server, database, { prefix })
  const folder = await createTablespaceFolder(server)
  const blocks = await readNastyBlocks(server.major, { prefix, db: database, folder })
  for (const [name, text] of inSessions(blocks, database)) await runSqlFile(server, name, text)
  return blocks
}

/** A session for all blocks in a row that are for one database; a login costs more than most blocks. */
function inSessions(blocks: readonly Block[], database: string): [string, string][] {
  const sessions: [string, string][] = []
  for (const { on = database, statements } of blocks) {
    // The edge cases have left a search_path of their own to the database.
    const text = `discard all;\nset search_path = public;\n${statements}\n`
    const last = sessions.at(-1)
    if (last?.[0] === on) last[1] += text
    else sessions.push([on, text])
  }
  return sessions
}

/** A folder that belongs to whoever the server runs as. */
async function createTablespaceFolder({ folder, dataDirectory }: TestServer): Promise<string> {
  const space = join(folder, 'space')
  await mkdir(space)
  const { uid, gid } = await stat(dataDirectory)
  await chown(space, uid, gid)
  return space
}

function describe(server: TestServer, database: string, blocks: readonly Block[]): NastySource {
  const open = new Set(blocks.flatMap(({ announcements }) => announcements))
  const applying = (pairing: Pairing) => [...open].filter((each) => each.appliesTo(pairing))
  return {
    server,
    database,
    announced: (pairing) => unique(applying(pairing).map(({ finding }) => finding)),
    async settle(report, pairing) {
      const blocking = report.findings.filter(({ severity }) => severity === 'blocking')
      for (const finding of blocking.toSorted(extensionsLast)) {
        const announcement = applying(pairing).find(
          (each) => each.finding === keyOf(finding, database),
        )
        // One statement settles what is said of one object several times.
        if (announcement === undefined) continue
        await settle(server, finding, announcement)
        open.delete(announcement)
      }
    },
  }
}

/** PostgreSQL drops no extension that something needs, and what needs it is often blocking itself. */
function extensionsLast(one: Finding, other: Finding): number {
  const dropsExtension = ({ check }: Finding) => Number(check === 'extension-privilege')
  return dropsExtension(one) - dropsExtension(other)
}

/** `severity check object` of every finding, sorted, each once; `in` another database than that one. */
export function keysOf(findings: readonly Finding[], database: string): string[] {
  return unique(findings.map((finding) => keyOf(finding, database)))
}

function keyOf({ severity, check, object, database }: Finding, nasty: string): string {
  const place = database === undefined || database === nasty ? undefined : `in ${database}`
  return [severity, check, object, place].filter((part) => part !== undefined).join(' ')
}

function unique(keys: readonly string[]): string[] {
  return [...new Set(keys)].toSorted()
}

async function settle(server: TestServer, finding: Finding, how: Announcement): Promise<void> {
  const statements = splitStatements(
    how.settle.startsWith('printed') ? (finding.remedy ?? '') : how.settle,
  )
  const wanted = how.settle === 'printed, first statement' ? statements.slice(0, 1) : statements
  for (const statement of how.settle === 'nothing' ? [] : wanted) {
    const isOfServer = /^(?:alter|drop) (?:database|role) /.test(statement)
    await runSqlFile(server, isOfServer ? 'postgres' : (finding.database ?? 'postgres'), statement)
  }
}
