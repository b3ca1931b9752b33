/** Reports as runs leave them behind: passed, failed, full of hostile names, very large. */
import type {
  DatabaseReport,
  Mode,
  Phase,
  Report,
  Span,
  TableReport,
} from '../../src/report/report.js'
import { startDatabaseReport, startReport } from '../../src/report/report.js'

const start = new Date('2026-11-22T02:00:00Z')

/** The ISO time so many seconds after the start of every sample run. */
export const at = (seconds: number): string =>
  new Date(start.getTime() + seconds * 1000).toISOString()

/** The names and texts that a renderer is most likely to break on. */
export const hostileNames: readonly string[] = [
  'a|b',
  'back`tick``s',
  '<script>alert(1)</script>',
  'line\nbreak\r\n| new | row |',
  '@octocat and @github/team',
  '#123 GH-1 octocat/hello#7',
  '[link](https://evil.example) https://evil.example www.evil.example a@evil.example',
  '\u202egnp.exe\u202c',
  'nul\u0000bell\u0007escape\u001b[31m',
  '&lt;b&gt; &#124; &amp;amp;',
  '**bold** _em_ ~~gone~~ :tada: $x^2$',
  '</script><img src=x onerror=alert(1)>',
  '::error::not a command',
  '1. list',
  '# heading',
  '- item',
  '> quote',
  '    code',
  '\\|',
  '\\',
  ' ',
  '``',
  'zero\u200bwidth',
  '表🐘é',
]

/** A phase that took `seconds`, beginning `from` seconds after the start. */
export function phase(name: string, side: Phase['side'], from: number, seconds: number): Phase {
  return { name, side, startedAt: at(from), durationSeconds: seconds }
}

/** A table that is equal on both sides. */
export function equalTable(name: string, rows: number, schema = 'app'): TableReport {
  const bytes = rows * 96
  return {
    schema,
    name,
    sourceRows: rows,
    targetRows: rows,
    equal: true,
    checksum: { source: `c${rows}`, target: `c${rows}` },
    bytes,
    seconds: bytes / 40e6,
  }
}

function spansOf(tables: readonly TableReport[], from: number, workers: number): Span[] {
  const free = Array.from({ length: workers }, () => from)
  return tables.flatMap((table): Span[] => {
    const worker = free.indexOf(Math.min(...free))
    const began = free[worker] ?? from
    const copy = table.seconds ?? 1
    free[worker] = began + copy * 1.4
    const object = `${table.schema}.${table.name}`
    const bytes = table.bytes ?? 0
    return [
      { worker, kind: 'copy', object, startedAt: at(began), durationSeconds: copy, bytes },
      {
        worker,
        kind: 'index',
        object: `${object}_pkey`,
        startedAt: at(began + copy),
        durationSeconds: copy * 0.4,
      },
    ]
  })
}

/** One database that was moved: four phases, its tables, its spans. */
export function movedDatabase(
  name: string,
  from: number,
  seconds: number,
  tables: TableReport[],
): DatabaseReport {
  const bytes = tables.reduce((sum, table) => sum + (table.bytes ?? 0), 0)
  return {
    ...startDatabaseReport(name, Math.round(bytes * 1.3)),
    result: 'passed',
    method: { name: 'parallel', why: `${tables.length} tables and room for the dump on the disk` },
    jobs: 2,
    startedAt: at(from),
    durationSeconds: seconds,
    phases: [
      phase('dump', 'source', from, seconds * 0.35),
      phase('restore', 'target', from + seconds * 0.35, seconds * 0.45),
      phase('validate', 'both', from + seconds * 0.8, seconds * 0.12),
      phase('analyze', 'target', from + seconds * 0.92, seconds * 0.08),
    ],
    spans: spansOf(tables, from + seconds * 0.35, 2),
    tables,
  }
}

const manyTables = (count: number, rows: number): TableReport[] =>
  Array.from({ length: count }, (_, index) =>
    equalTable(`orders_${String(index).padStart(5, '0')}`, Math.round(rows / (index + 1)) + index),
  )

/** A run that passed: three databases, one finding of each harmless kind, roles, parameters. */
export function passedReport(mode: Mode = 'upgrade'): Report {
  return {
    ...startReport(mode, start),
    result: 'passed',
    durationSeconds: 842.4,
    source: { version: '11.22', host: 'old.example.com:5432', provider: 'azure-single-server' },
    target: { version: '18.4', host: 'new.example.com:5432', provider: 'azure-flexible-server' },
    client: {
      version: '18.6',
      path: '/usr/lib/postgresql/18/bin',
      from: 'installed',
      why: 'the host has none of major version 18',
      durationSeconds: 2.1,
    },
    findings: [
      {
        check: 'setting-unknown',
        severity: 'note',
        message: 'The source keeps connections at 200, the target at 100.',
      },
      {
        check: 'template-changed',
        severity: 'warning',
        database: 'shop',
        object: 'public',
        message: 'Since PostgreSQL 15 not everybody may create objects in the schema public.',
        remedy: 'grant create on schema public to public;',
      },
    ],
    roles: {
      created: ['app', 'reader'],
      altered: ['owner'],
      kept: ['azure_pg_admin'],
      skipped: [{ role: 'azuresu', reason: 'belongs to the provider' }],
      withoutPassword: ['app', 'reader'],
    },
    databases: [
      movedDatabase('shop', 12, 610, manyTables(12, 4_000_000)),
      movedDatabase('Ünïted "Sales"', 622, 190, manyTables(5, 900_000)),
      movedDatabase('audit', 812, 28, manyTables(2, 50_000)),
    ],
    settings: [
      {
        name: 'work_mem',
        source: '64MB',
        target: '4MB',
        note: 'set on the source by its operator',
      },
      { name: 'vacuum_defer_cleanup_age', source: '0', target: null, note: 'gone since 16' },
    ],
    phases: [
      phase('client tools', 'runner', 0, 2.1),
      phase('check', 'both', 2.1, 3.3),
      phase('roles', 'target', 5.4, 0.8),
    ],
  }
}

/** A run that failed: one database moved, one different, one with an error, one never tried. */
export function failedReport(): Report {
  const report = passedReport()
  const [shop, sales, audit] = report.databases
  if (shop === undefined || sales === undefined || audit === undefined)
    throw new Error('no databases')
  const lost: TableReport = { ...equalTable('invoices', 1200), targetRows: 1187, equal: false }
  return {
    ...report,
    result: 'failed',
    databases: [
      {
        ...shop,
        ignoredErrors: [
          { message: 'schema "public" already exists', why: 'every database has it', count: 1 },
        ],
      },
      {
        ...sales,
        result: 'failed',
        tables: [...sales.tables, lost],
        differences: [
          { kind: 'rows', object: 'app.invoices', source: '1200', target: '1187' },
          {
            kind: 'index',
            object: 'app.invoices_ref_key',
            source: 'create unique index …',
            target: null,
          },
        ],
        drift: { tables: [{ table: 'app.orders', rows: 17 }] },
      },
      {
        ...audit,
        result: 'failed',
        tables: [],
        spans: [],
        error: {
          code: 'restore-failed',
          message:
            'Could not restore database "audit" on the target: type "abstime" does not exist\nCommand was: CREATE TABLE …',
          hint: 'Change the column to timestamptz on the source, then run again.',
        },
      },
      startDatabaseReport('archive', 5_000_000),
    ],
  }
}

/** A failed run whose every name and text is hostile. */
export function hostileReport(names: readonly string[] = hostileNames): Report {
  const report = failedReport()
  return {
    ...report,
    findings: names.map((name) => ({
      check: 'name-with-newline',
      severity: 'warning',
      database: name,
      object: name,
      message: name,
      remedy: name,
    })),
    roles: {
      created: [...names],
      altered: [...names],
      kept: [...names],
      skipped: names.map((name) => ({ role: name, reason: name })),
      withoutPassword: [...names],
    },
    databases: names.map((name, index) => ({
      ...movedDatabase(name, index, 1, [{ ...equalTable(name, 10), schema: name }]),
      result: 'failed',
      differences: [{ kind: 'value', object: name, source: name, target: name }],
      ignoredErrors: [{ message: name, why: name, count: 1 }],
      drift: { tables: [{ table: name, rows: 1 }] },
      error: { code: 'unexpected', message: name, hint: name },
    })),
    settings: names.map((name) => ({ name, source: name, target: name, note: name })),
    error: { code: 'unexpected', message: names.join(' '), hint: names.join('\n') },
  }
}

/** A passed run with one database of so many tables. */
export function largeReport(tables = 10_000): Report {
  return {
    ...passedReport(),
    databases: [movedDatabase('large', 6, 836, manyTables(tables, 50_000_000))],
  }
}

/** A rehearsal that passed, of one database of so many bytes, so many days after the first. */
export function rehearsalReport(days: number, bytes: number, seconds: number): Report {
  const started = new Date(start.getTime() + days * 86_400_000)
  return {
    ...passedReport('rehearse'),
    startedAt: started.toISOString(),
    durationSeconds: seconds,
    databases: [{ ...movedDatabase('shop', 12, seconds, [equalTable('orders', 1000)]), bytes }],
  }
}
