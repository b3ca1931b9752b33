import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { copyFile, open, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Report } from '../../src/report/report.js'
import { readActionFile } from '../support/action-inputs.js'
import {
  argumentsOfSession,
  emptyFolder,
  installPackage,
  offlineNpm,
  startCommand,
  type CommandPackage,
  type CommandRun,
} from '../support/command-line.js'
import { processesLeft } from '../support/leftovers.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  uniqueName,
  type TestServer,
} from '../support/servers.js'

describe('the package', () => {
  let installed: CommandPackage

  beforeAll(async () => {
    installed = await installPackage()
  })

  it('is installed alone, and holds all that it needs', async () => {
    const modules = await readdir(join(installed.folder, 'node_modules'))
    expect(modules.filter((name) => !name.startsWith('.'))).toEqual(['upgrade-postgres'])
  })

  it('runs with npx from the tarball in an empty folder, and its help knows every input', async () => {
    const folder = await emptyFolder()
    const name = basename(installed.tarball)
    await copyFile(installed.tarball, join(folder, name))
    const { stdout } = await offlineNpm('npx', ['--yes', `./${name}`, '--help'], folder)
    const told = [...stdout.matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option)
    const inputs = Object.keys(readActionFile().inputs)
    expect(told).toEqual([
      ...inputs.filter((input) => !input.endsWith('-password')),
      'help',
      'version',
      'json',
      'verbose',
    ])
    expect(stdout).toMatch(/SOURCE_PASSWORD and TARGET_PASSWORD/)
  })

  it('says its version', async () => {
    const { version } = JSON.parse(
      await readFile(join(installed.folder, 'node_modules/upgrade-postgres/package.json'), 'utf8'),
    ) as { version: string }
    const run = await startCommand(installed.command, ['--version'], installed.folder).finished
    expect(run).toMatchObject({ exitCode: 0, stdout: `upgrade-postgres ${version}\n`, stderr: '' })
  })

  it.each<[string, string[], RegExp]>([
    ['nothing at all', [], /source-url: is required.*target-url: is required/s],
    ['a word that is no mode', ['--mode', 'guess'], /mode: "guess" is not one of/],
    ['a mode that is empty', ['--mode='], /mode: is empty/],
    ['an option that there is not', ['--sorce-url=postgresql://u:s3cret@h'], /--sorce-url/],
    ['an option without its value', ['--mode'], /--mode needs a value/],
    ['a password', ['--source-password', 's3cret'], /SOURCE_PASSWORD.*changed/],
    [
      'a password in a URL',
      ['--target-url', 'postgresql://u:s3cret@localhost/x'],
      /--target-url holds a password.*TARGET_PASSWORD/,
    ],
    ['a loose word', ['s3cret'], /Argument 1 belongs to no option/],
  ])('exits with 2 for %s, and repeats no secret', async (_what, given, said) => {
    const run = await startCommand(installed.command, given, installed.folder).finished
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toMatch(said)
    expect(run.stdout + run.stderr).not.toContain('s3cret')
  })

  it('says that its output is lost, and fails where it was asked for it', async () => {
    const full = await open('/dev/full', 'w')
    const run = spawnSync(installed.command, ['--version'], {
      stdio: ['ignore', full.fd, 'pipe'],
      encoding: 'utf8',
    })
    await full.close()
    expect(run.stderr).toMatch(/^The output could not be written: .*ENOSPC/)
    expect(run.status).toBe(1)
  })

  describe('on two servers', () => {
    let source: TestServer
    let target: TestServer
    let database: string
    let folder: string

    beforeAll(async () => {
      source = await sharedServer(13)
      target = await startServer(17)
      database = await createDatabase(source, 'line')
      await runSql(
        source,
        database,
        `create table big as select i, repeat(md5(i::text), 10) as t from generate_series(1, 60000) i;
         create index on big (t); create index on big (i)`,
      )
      folder = await emptyFolder()
    })

    afterAll(async () => {
      await target.stop()
      await runSql(source, 'postgres', `drop database "${database}"`)
      await rm(folder, { recursive: true })
    })

    function start(...given: string[]) {
      const servers = [
        `--source-url=${source.urlWithoutPassword()}`,
        `--target-url=${target.urlWithoutPassword()}`,
        '--sslmode=disable',
        '--roles=skip',
      ]
      return startCommand(
        installed.command,
        [...servers, '--databases', database, ...given],
        folder,
        { SOURCE_PASSWORD: source.password, TARGET_PASSWORD: target.password },
      )
    }

    async function databasesOfTarget(): Promise<string[]> {
      const rows = await runSql<{ name: string }>(
        target,
        'postgres',
        'select datname::text as name from pg_database where not datistemplate order by 1',
      )
      return rows.map(({ name }) => name)
    }

    function expectNoSecret(text: string): void {
      expect(text).not.toContain(source.password)
      expect(text).not.toContain(target.password)
    }

    async function expectNothingLeft(run: CommandRun): Promise<void> {
      expectNoSecret(run.stdout + run.stderr)
      expect(await processesLeft({ pid: run.pid, folder })).toEqual([])
      expect(await readdir(join(folder, 'temp'))).toEqual([])
    }

    it('rehearses, with the summary alone on stdout and its report below the current folder', async () => {
      const run = await start('--mode', 'rehearse').finished
      expect(run.stderr).toMatch(/^Step 1: Connect to both servers$/m)
      expect(run.exitCode).toBe(0)
      expect(run.stdout).not.toMatch(/^Step /m)
      expect(run.stdout).toContain(database)
      const file = join(folder, 'upgrade-postgres-report', 'report.json')
      const report = JSON.parse(await readFile(file, 'utf8')) as Report
      expect(report).toMatchObject({ mode: 'rehearse', result: 'passed' })
      expect(await databasesOfTarget()).toEqual(['postgres'])
      await expectNothingLeft(run)
    })

    it.each([
      ['SIGINT', 130],
      ['SIGQUIT', 131],
      ['SIGTERM', 143],
    ] as const)(
      'ends by %s with exit code %i, and leaves nothing; no argument holds a password',
      async (signal, code) => {
        // The query keeps the run from being quicker than the signal.
        const command = start('--method=stream', '--validation-queries=select pg_sleep(600)')
        await command.says(/^Method stream/m)
        const lines = await argumentsOfSession(command.pid)
        expect(lines.length).toBeGreaterThan(0)
        expectNoSecret(lines.join('\n'))
        command.signal(signal)
        await command.says(/the run is cancelled/)
        command.signal(signal)
        const run = await command.finished
        expect(run.stderr).toMatch(new RegExp(`${signal}: the run is cancelled`))
        expect(run.exitCode).toBe(code)
        expect(await databasesOfTarget()).toEqual(['postgres'])
        await expectNothingLeft(run)
      },
    )

    it('upgrades, with the outputs as JSON when asked, and no password in any argument', async () => {
      const command = start('--json', '--method', 'custom', '--analyze', 'false')
      const seen: string[] = []
      const watching = { is: true }
      const watch = (async () => {
        while (watching.is) {
          seen.push(...(await argumentsOfSession(command.pid)))
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      })()
      const run = await command.finished
      watching.is = false
      await watch
      expect(run.exitCode).toBe(0)
      expect(seen.join('\n')).toMatch(/pg_(?:dump|restore)\b.*dbname/s)
      expectNoSecret(seen.join('\n'))
      expect(JSON.parse(run.stdout)).toMatchObject({ result: 'passed', differences: 0 })
      expect(await databasesOfTarget()).toEqual(expect.arrayContaining([database]))
      await expectNothingLeft(run)
    })

    it('hands no name of a server to a CI system as a command, whether the run passes or fails', async () => {
      const name = `##vso[task.prependpath]\n::error::${uniqueName('evil')}`
      await runSql(source, 'postgres', `create database "${name}"`)
      const rehearse = (...given: string[]) =>
        startCommand(
          installed.command,
          [
            `--source-url=${source.urlWithoutPassword()}`,
            `--target-url=${target.urlWithoutPassword()}`,
            '--sslmode=disable',
            '--roles=skip',
            '--mode=rehearse',
            '--databases=##vso*',
            ...given,
          ],
          folder,
          { SOURCE_PASSWORD: source.password, TARGET_PASSWORD: target.password },
        ).finished
      const runs = [
        await rehearse(),
        await rehearse('--json'),
        await rehearse('--validation-queries=select current_database()'),
      ]
      await runSql(source, 'postgres', `drop database "${name}"`)
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 1])
      const outputs = JSON.parse(runs[1]?.stdout ?? '') as { databases: string }
      expect(JSON.parse(outputs.databases)).toMatchObject([{ name }])
      for (const { stdout, stderr } of runs) {
        expect(`${stdout}\n${stderr}`).not.toMatch(/##\w*\[|^\s*::/m)
      }
    })

    it('validates, and exits with 1 once source and target differ', async () => {
      const same = await start('--mode=validate').finished
      expect(same.exitCode).toBe(0)
      await runSql(target, database, 'delete from big where i = 7')
      const run = await start('--mode=validate').finished
      expect(run.exitCode).toBe(1)
      expect(run.stdout).toMatch(/60,?000.*59,?999/)
      await expectNothingLeft(run)
    })
  })
})
