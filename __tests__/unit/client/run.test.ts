import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programError, runProgram } from '../../../src/client/run.js'
import type { ClientTools } from '../../../src/client/tools.js'

test.each([
  ['pg_dump: error: could not write to output file: No space left on device', 'runner'],
  ['psql:<stdin>:9: ERROR:  could not extend file "base/5/1": No space left on device', 'target'],
  [
    'pg_restore: error: could not execute query: ERROR:  could not extend file "base/5/1": No space left on device',
    'target',
  ],
  ['psql:/dump.sql:9: FEHLER:  konnte Datei … nicht erweitern: No space left on device', 'target'],
] as const)('%s is about the disk of the %s', (line, side) => {
  const error = programError({
    tool: 'psql',
    side: 'target',
    exitCode: 3,
    endedBy: null,
    lines: [line],
    logFile: '/log',
  })
  expect(error).toMatchObject({ code: 'disk-full', side })
  expect(error.hint?.includes('dump-directory')).toBe(side === 'runner')
})

test('a tool that the limit for the size of files has ended is no matter of the server', () => {
  const ended = {
    tool: 'pg_dump',
    side: 'source',
    exitCode: null,
    lines: [],
    logFile: '/log',
  } as const
  const error = programError({ ...ended, endedBy: 'SIGXFSZ' })
  expect(error).toMatchObject({ side: 'runner', hint: expect.stringContaining('"ulimit -f"') })
  const said = (line: string) =>
    programError({ ...ended, exitCode: 1, endedBy: null, lines: [line] })
  // Where the signal is ignored, the tool says it itself.
  expect(said('pg_dump: error: could not write to file: File too large')).toMatchObject({
    side: 'runner',
    hint: expect.stringContaining('"ulimit -f"'),
  })
  expect(
    said('pg_dump: error: query failed: ERROR:  could not write block 9: File too large'),
  ).toMatchObject({ side: 'source', hint: expect.stringContaining('/log') })
  expect(programError({ ...ended, endedBy: 'SIGSEGV' })).toMatchObject({
    side: 'source',
    hint: expect.stringContaining('/log'),
  })
})

test('what a tool says is told from its error on', () => {
  const error = programError({
    tool: 'pg_dump',
    side: 'source',
    exitCode: 1,
    endedBy: null,
    lines: [
      'pg_dump:pg_dump: finished item 26048 TABLE DATA t2810',
      ' dumping contents of table "public.t2812"',
      'pg_dump: error: query failed: ERROR:  out of shared memory',
      'HINT:  You might need to increase "max_locks_per_transaction".',
    ],
    logFile: '/log',
  })
  expect(error.message).toBe(
    'pg_dump (source) ended with exit code 1:\npg_dump: error: query failed: ERROR:  out of shared memory\nHINT:  You might need to increase "max_locks_per_transaction".',
  )
})

/** The French and Russian words are those of the translations of PostgreSQL 15, after the redaction. */
test.each([
  [
    'of a server that speaks another language',
    [' set_config'],
    ["psql:/dump.sql:62: ERREUR:  n'a pas pu créer l'index unique …", 'DETAIL: …'],
  ],
  [
    'behind notices',
    ['psql:/dump.sql:5: NOTICE:  la relation … existe déjà, poursuite du traitement'],
    ['psql:/dump.sql:62: ERREUR:  Nein', 'la suite', 'CONTEXT: …'],
  ],
  [
    'that ended the session',
    ['psql:/dump.sql:5: ЗАМЕЧАНИЕ:  …'],
    [
      'psql:/dump.sql:9: ВАЖНО:  закрытие подключения по команде администратора',
      'psql:/dump.sql:9: error: connection to server was lost',
    ],
  ],
  [
    'with more lines than are told',
    ['psql:/dump.sql:5: NOTICE:  x'],
    [
      'psql:/dump.sql:9: ERROR:  no',
      ...Array.from({ length: 11 }, (_, line) => `CONTEXT:  ${line}`),
    ],
    ['CONTEXT:  11', 'COPY t, line 1'],
  ],
])('the words of an error %s are told', (_what, before, told, after: string[] = []) => {
  const { message } = programError({
    tool: 'psql',
    side: 'target',
    exitCode: 3,
    endedBy: null,
    lines: [...before, ...told, ...after],
    logFile: '/log',
  })
  expect(message).toBe(`psql (target) ended with exit code 3:\n${told.join('\n')}`)
})

test.each([
  [3, 0],
  [45_000, 25_000],
  [60_000, 40_000],
])('of %d lines, the last 20,000 are kept, and all are in the log', async (count, first) => {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-run-'))
  try {
    const tools = { path: () => process.execPath, environment: {} } as unknown as ClientTools
    const { lines, logFile } = await runProgram({
      tools,
      tool: 'pg_restore',
      side: 'target',
      arguments: [
        '-e',
        `process.stderr.write(Array.from({ length: ${count} }, (_, i) => 'line ' + i + '\\n').join(''))`,
      ],
      environment: {},
      logName: 'said',
      workDirectory: folder,
      logDirectory: folder,
      signal: new AbortController().signal,
      onChild: () => undefined,
      foreignSides: new Set(),
    })
    expect(lines).toHaveLength(count - first)
    expect(lines[0]).toBe(`line ${first}`)
    expect(lines.at(-1)).toBe(`line ${count - 1}`)
    const logged = (await readFile(logFile, 'utf8')).trimEnd().split('\n')
    expect(logged).toHaveLength(count)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test.each([
  ['is on a full disk', (log: string) => symlink('/dev/full', log)],
  ['cannot be opened', (log: string) => mkdir(log)],
])('a tool comes to its end though its log %s', async (_, spoil) => {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-run-'))
  try {
    await spoil(join(folder, 'said.log'))
    const { lines } = await runProgram({
      tools: { path: () => process.execPath, environment: {} } as unknown as ClientTools,
      tool: 'psql',
      side: 'target',
      arguments: [
        '-e',
        `process.stdout.write('x'.repeat(1e6), () => process.stderr.write('done\\n'))`,
      ],
      environment: {},
      logName: 'said',
      workDirectory: folder,
      logDirectory: folder,
      // Only so that a tool that waits for ever does not outlive the test.
      signal: AbortSignal.timeout(60_000),
      onChild: () => undefined,
      foreignSides: new Set(),
    })
    expect(lines).toEqual(['done'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** Starts a program that cannot be started, and asks for its end only after a while. */
const cannotBeStarted = (before: string) => `
  import { getEventListeners } from 'node:events'
  import { openSync } from 'node:fs'
  import { startProgram } from './src/client/run.ts'
  const { signal } = new AbortController()
  const context = { environment: {}, workDirectory: '.', logDirectory: process.argv[1], signal, foreignSides: new Set() }
  const tools = { path: () => '/nowhere/pg_dump', environment: {} }
  ${before}
  const { stdin, stdout, finished } = startProgram({ ...context, tools, tool: 'pg_dump', side: 'source',
    arguments: [], logName: 'pg_dump', stdin: 'pipe', stdout: 'pipe' })
  await new Promise(setImmediate)
  const { code, message } = await finished.catch((error) => error)
  const open = getEventListeners(signal, 'abort').length
  console.log(JSON.stringify({ code, message, open, streams: [stdin, stdout].map((stream) => stream === undefined) }))`

test.each([
  ['is not there', '', /could not be started: .*ENOENT/],
  [
    'finds no file descriptors left',
    `try { for (;;) openSync('/dev/null', 'r') } catch {}`,
    /could not be started: .*EMFILE/,
  ],
])(
  'a program that %s fails when its end is asked for, and holds nothing',
  async (_, before, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-run-'))
    try {
      const script = [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        cannotBeStarted(before),
        folder,
      ]
      const limited = ['-c', 'ulimit -n 256; exec "$@"', 'sh', process.execPath, ...script]
      const { stdout } = await promisify(execFile)('/bin/sh', limited)
      expect(JSON.parse(stdout)).toEqual({
        code: 'client-tools-broken',
        message: expect.stringMatching(why),
        open: 0,
        streams: [false, false],
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
