/** The environment of the client tools, built from scratch: a stray PGHOST or PGOPTIONS of the job must not reach them. */

/** `home` stands in for the user's, so that no file of the user is read. Messages are in English. */
export function toolEnvironment(
  home: string,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const systemRoot = process.env['SystemRoot']
  return {
    PATH: '/usr/bin:/bin',
    HOME: home,
    TMPDIR: home,
    LC_ALL: 'C',
    ...(systemRoot === undefined ? {} : { SystemRoot: systemRoot, APPDATA: home }),
    ...more,
  }
}
