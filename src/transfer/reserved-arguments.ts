/** The arguments of the client tools that belong to this action: connection, format, place and parallelism. */

const reservedLong = [
  'dbname',
  'file',
  'format',
  'host',
  'jobs',
  'list',
  'no-password',
  'password',
  'port',
  'snapshot',
  'use-list',
  'username',
]
const reservedShort = ['-d', '-f', '-F', '-h', '-j', '-l', '-L', '-p', '-U', '-w', '-W']

/** Whether a user may not give this argument, in either spelling; long ones may be abbreviated, as getopt allows. */
export function isReservedArgument(argument: string): boolean {
  if (!argument.startsWith('--')) return reservedShort.some((option) => argument.startsWith(option))
  const name = argument.slice(2).split('=')[0] ?? ''
  return name.length > 0 && reservedLong.some((option) => option === name)
}
