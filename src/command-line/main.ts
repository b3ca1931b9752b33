/** The command line: arguments, passwords, the run, its summary, an exit code. */
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import packageFile from '../../package.json' with { type: 'json' }
import { carryOut, type Surroundings } from '../carry-out.js'
import { carryTogether } from '../carry-together.js'
import { CancelledError, InputError, codeOf, messageOf } from '../errors.js'
import { readInputs, type Inputs } from '../inputs/inputs.js'
import { readReportInputs, type ReportInputs } from '../inputs/report-inputs.js'
import { readRefusedInputs } from '../inputs/refused-inputs.js'
import {
  failureOf,
  outputsOf,
  renderText,
  takeAwayReport,
  type Report,
  type ReportFiles,
} from '../report/index.js'
import { logLines } from '../report/log-lines.js'
import { systemClock } from '../report/progress.js'
import { cancelOnSignals } from '../signals.js'
import { readArguments, variableOf, type ReadArguments } from './arguments.js'
import { exitCodeOf, type ExitCode } from './exit-codes.js'
import { renderHelp } from './help.js'
import { createDisplay } from './display.js'
import { printableJson } from './json.js'
import { createTerminalLog } from './log.js'
import { passwordInputs, readOptions, type Option } from './options.js'
import { askForPasswords } from './passwords.js'
import { askWithoutEcho } from './prompt.js'

const print = (text: string) => {
  process.stdout.write(text)
}
const say = (text: string) => {
  process.stderr.write(text)
}

const defaultReportDirectory = 'upgrade-postgres-report'

/** Runs the command line. Sets the process's exit code. */
export async function commandLine(given: readonly string[]): Promise<void> {
  const options = readOptions()
  const read = readArguments(given, options)
  sayWhenOutputIsLost((['json', 'help', 'version'] as const).some((flag) => read.flags.has(flag)))
  if (read.problems.length > 0) {
    leave(2, read.problems)
    await takeAwayEarlierReport(read.values, options)
  } else if (read.flags.has('help')) print(renderHelp(options))
  else if (read.flags.has('version')) print(`upgrade-postgres ${packageFile.version}\n`)
  else {
    const code = await run(read, options)
    // What nobody caught has failed the process already, whatever the run says of itself.
    process.exitCode ??= code
  }
}

function leave(code: ExitCode, problems: readonly string[]): void {
  say(`${problems.join('\n')}\nSee upgrade-postgres --help.\n`)
  process.exitCode = code
}

async function run({ values, flags }: ReadArguments, options: readonly Option[]): Promise<number> {
  let inputs: Inputs | ReportInputs
  try {
    inputs = await completeInputs(values, options)
  } catch (error) {
    await takeAwayEarlierReport(values, options)
    if (error instanceof CancelledError) return 130
    if (!(error instanceof InputError)) throw error
    leave(2, [error.message])
    return 2
  }
  const display = createDisplay(process.stderr, process.env, systemClock)
  // Whatever ends the process, the cursor comes back.
  process.once('exit', display.clear)
  const log = createTerminalLog({ ...display, verbose: flags.has('verbose') })
  let cancelledBy: string | undefined
  const signal = cancelOnSignals({
    signals: ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'],
    onCancel(name) {
      cancelledBy = name
      log.warning(`${name}: the run is cancelled; clearing up.`)
    },
    onRepeat() {
      log.warning('Still clearing up, so that nothing is left behind on the servers.')
    },
  })
  let exitCode = 1
  const surroundings: Surroundings = {
    log,
    signal,
    temporary: tmpdir(),
    reportDirectory: defaultReportDirectory,
    toolCache: toolCache(),
    hasPostStep: false,
    secretsAreMasked: false,
    onStart: () => undefined,
    tell(report, files) {
      display.clear()
      tell(report, files, flags.has('json'))
      exitCode = exitCodeOf(report, cancelledBy)
      return Promise.resolve()
    },
    // Every finding is said when it is made.
    tellAgain: () => Promise.resolve(),
  }
  await ('reports' in inputs ? carryTogether(inputs, surroundings) : carryOut(inputs, surroundings))
  return exitCode
}

async function completeInputs(
  values: ReadonlyMap<string, string>,
  options: readonly Option[],
): Promise<Inputs | ReportInputs> {
  const read = readerOf(values, options)
  const reportInputs = readReportInputs(read)
  if (reportInputs !== undefined) return reportInputs
  const inputs = readInputs(read, (name) => values.has(name))
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY
  const ask = (question: string) => askWithoutEcho(question, process.stdin, say)
  return askForPasswords(inputs, process.env, isTerminal ? ask : undefined)
}

function readerOf(values: ReadonlyMap<string, string>, options: readonly Option[]) {
  const passwords = new Map(
    passwordInputs.map((name) => [name as string, process.env[variableOf(name)]]),
  )
  const defaults = new Map(options.map((option) => [option.name, option.default]))
  return (name: string) => passwords.get(name) ?? values.get(name) ?? defaults.get(name) ?? ''
}

/** Whoever reads the folder after a run that could not begin finds no report of another. Who gave no value meant no run. */
async function takeAwayEarlierReport(
  values: ReadonlyMap<string, string>,
  options: readonly Option[],
): Promise<void> {
  const refused = values.size === 0 ? undefined : readRefusedInputs(readerOf(values, options))
  if (refused === undefined) return
  const directory = refused.reportDirectory ?? defaultReportDirectory
  try {
    await takeAwayReport(directory)
  } catch (error) {
    const why = messageOf(error)
    say(
      `${logLines(`The report of an earlier run could not be taken out of ${directory}: ${why}`).join('\n')}\n`,
    )
  }
}

/** Client tools that were fetched are kept for the next run. */
export function toolCache(): string {
  // The XDG specification takes an empty variable for one that is not set.
  const given = process.env['XDG_CACHE_HOME'] ?? ''
  return join(given === '' ? cacheFolder() : given, 'upgrade-postgres', 'tool-cache')
}

/** A container may run as a number that is nobody's account, without HOME. */
function cacheFolder(): string {
  try {
    return join(homedir(), '.cache')
  } catch {
    return tmpdir()
  }
}

function tell(report: Report, files: ReportFiles | undefined, asJson: boolean): void {
  if (report.result !== 'passed') say(`\n${logLines(failureOf(report)).join('\n')}\n`)
  if (asJson) {
    print(`${printableJson(outputsOf(report, files))}\n`)
    return
  }
  print(`\n${renderText(report)}`)
  if (files !== undefined) print(`\nThe report: ${files.html} and ${files.json}\n`)
}

/** Whoever reads the output may have left; on a full disk it is lost. Without the output there is still the report, unless it was asked for. */
function sayWhenOutputIsLost(isAskedFor: boolean): void {
  process.stdout.on('error', (error) => {
    if (codeOf(error) === 'EPIPE') return
    say(`The output could not be written: ${messageOf(error)}\n`)
    if (isAskedFor && (process.exitCode ?? 0) === 0) process.exitCode = 1
  })
}

/** The last resort for errors that nobody caught. */
export function failOnTerminal(error: unknown): void {
  say(`${logLines(`Something unexpected happened: ${messageOf(error)}`).join('\n')}\n`)
  process.exitCode = 1
}
