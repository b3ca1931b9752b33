/** Client tools on Windows: the project's own installer, by Chocolatey or winget, with the command-line tools alone. */
import { UpgradeError } from '../../errors.js'
import { runCommand, type Command } from '../command.js'
import type { Host } from '../host.js'
import { usualDirectories } from './installed.js'
import { found, notFound, type FoundTools, type ToolSource } from './source.js'

/** The source `windows`. */
export const windows: ToolSource = {
  name: 'windows',
  find: async ({ host, major, signal }) => {
    if (host.platform !== 'win32') return notFound('only for Windows')
    const problems: string[] = []
    for (const command of windowsInstalls(host, major)) {
      const result = await runCommand({ ...command, signal })
      if (result.exitCode === 0) return found(...installedTools(host, major))
      problems.push(`${command.program}: ${lastLine(result.stdout) || lastLine(result.stderr)}`)
    }
    throw new UpgradeError(`Could not install PostgreSQL ${major}: ${problems.join('; ')}`, {
      code: 'client-download',
      side: 'runner',
      hint: `Install PostgreSQL ${major} in a step before this one, and set PGBIN to its bin folder.`,
    })
  },
}

function installedTools(host: Host, major: number): FoundTools[] {
  return usualDirectories(host, major).map((directory) => ({
    directory,
    environment: {},
    origin: "the project's installer",
  }))
}

/** The commands that install one major, in the order in which they should be tried; no server is installed. */
export function windowsInstalls(host: Host, major: number): readonly Omit<Command, 'signal'>[] {
  const installer =
    '--mode unattended --unattendedmodeui none --enable-components commandlinetools --disable-components server,pgAdmin,stackbuilder'
  const environment = windowsEnvironment(host)
  const programData = host.environment['ProgramData'] ?? 'C:\\ProgramData'
  const localData = host.environment['LOCALAPPDATA'] ?? 'C:\\'
  return [
    {
      program: `${programData}\\chocolatey\\bin\\choco.exe`,
      arguments: [
        ...['install', `postgresql${major}`, '--yes', '--no-progress', '--limit-output'],
        `--install-arguments=${installer}`,
      ],
      environment,
    },
    {
      program: `${localData}\\Microsoft\\WindowsApps\\winget.exe`,
      arguments: [
        ...['install', '--id', `PostgreSQL.PostgreSQL.${major}`, '--exact', '--silent'],
        ...['--accept-package-agreements', '--accept-source-agreements'],
        ...['--disable-interactivity', '--override', installer],
      ],
      environment,
    },
  ]
}

/** What programs on Windows cannot do without; nothing of the job's own. */
function windowsEnvironment(host: Host): Record<string, string> {
  const names = [
    ...['SystemRoot', 'SystemDrive', 'ProgramData', 'ProgramFiles', 'ChocolateyInstall'],
    ...['USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP', 'ComSpec'],
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
  ]
  const environment: Record<string, string> = {}
  for (const name of names) {
    const value = host.environment[name]
    if (value !== undefined) environment[name] = value
  }
  const root = environment['SystemRoot'] ?? 'C:\\Windows'
  const powershell = `${root}\\System32\\WindowsPowerShell\\v1.0`
  return { ...environment, Path: `${root}\\System32;${root};${powershell}` }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
