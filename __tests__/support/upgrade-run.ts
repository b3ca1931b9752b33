/** Runs the whole upgrade in this process, without the runner around it. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Inputs } from '../../src/inputs/inputs.js'
import { cleanUp, openJournal, writePasswordFile } from '../../src/cleanup/index.js'
import { silentLog, type Log } from '../../src/log.js'
import { systemClock, type Clock } from '../../src/report/progress.js'
import { startReport, type Report } from '../../src/report/report.js'
import { openServer, type ConnectionParameters } from '../../src/server/index.js'
import { upgrade } from '../../src/upgrade.js'
import { cacheFolder } from './server-binaries.js'

export type UpgradeInputs = Omit<Partial<Inputs>, 'databases'> & {
  /** Names and globs. */
  readonly databases?: readonly string[]
  readonly source: ConnectionParameters
  readonly target: ConnectionParameters
}

/** The report of one upgrade; everything is cleaned up behind it. */
export async function runUpgrade(
  inputs: UpgradeInputs,
  signal: AbortSignal = new AbortController().signal,
  changes: { readonly log?: Log; readonly clock?: Clock; readonly secretsAreMasked?: boolean } = {},
): Promise<Report> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'upgrade-postgres-test-'))
  const reportDirectory = join(workDirectory, 'report')
  await mkdir(reportDirectory)
  const id = randomBytes(4).toString('hex')
  const applicationName = `upgrade-postgres ${id}`
  const journal = openJournal(join(workDirectory, 'journal.json'), applicationName)
  const { source, target } = inputs
  const passwordFile = (side: 'source' | 'target') =>
    writePasswordFile(workDirectory, `${side}.pgpass`, inputs[side].password)
  try {
    return await upgrade({
      inputs: {
        ...defaults,
        ...inputs,
        databases: { items: inputs.databases ?? ['*'], areNames: false },
      },
      report: startReport(inputs.mode ?? 'upgrade', new Date()),
      log: changes.log ?? silentLog,
      signal,
      now: () => new Date(),
      clock: changes.clock ?? systemClock,
      id,
      applicationName,
      journal,
      workDirectory,
      passwordFiles: { source: await passwordFile('source'), target: await passwordFile('target') },
      reportDirectory,
      dumpDirectory: workDirectory,
      toolCache: join(cacheFolder(), 'tool-cache'),
      secretsAreMasked: changes.secretsAreMasked ?? false,
    })
  } finally {
    const open = (side: 'source' | 'target', parameters: ConnectionParameters) => () =>
      openServer({ side, parameters, applicationName, signal: new AbortController().signal })
    await cleanUp({
      entries: journal.entries(),
      wasCutOff: signal.aborted,
      workDirectory,
      isTriedAgain: false,
      openSource: open('source', source),
      openTarget: open('target', target),
      log: silentLog,
    })
    await rm(workDirectory, { recursive: true, force: true })
  }
}

const defaults: Omit<Inputs, 'source' | 'target' | 'databases'> = {
  mode: 'upgrade',
  method: 'auto',
  excludeDatabases: { items: [], areNames: false },
  jobs: { value: 2, from: 'input' },
  roles: 'auto',
  existingDatabase: 'refuse',
  validate: 'counts',
  validationQueries: [],
  freezeSource: false,
  analyze: true,
  clientVersion: undefined,
  clientSource: 'auto',
  clientRepository: undefined,
  dumpDirectory: undefined,
  pgDumpArguments: [],
  pgRestoreArguments: [],
  reportDirectory: undefined,
  history: undefined,
  planFor: 'rehearse',
  matrixJobs: 4,
  part: undefined,
}
