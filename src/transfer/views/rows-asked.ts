/** Whether the arguments that the user gives to pg_dump and pg_restore leave rows, and what is made of them afterwards. */
import { isOption, lettersOf, type Tool } from '../tools/reserved-arguments.js'
import type { TransferOptions } from '../transfer.js'

/** Without rows, a materialized view would be filled with what its query yields of empty tables, or fail. */
export function asksForRows(
  options: Pick<TransferOptions, 'pgDumpArguments' | 'pgRestoreArguments'>,
): boolean {
  return (
    leavesRows('pg_dump', options.pgDumpArguments) &&
    leavesRows('pg_restore', options.pgRestoreArguments)
  )
}

/** Views are filled in the section behind the rows. */
function leavesRows(tool: Tool, given: readonly string[]): boolean {
  const sections = given.flatMap((argument) => sectionOf(argument) ?? [])
  return (
    !given.some((argument) => isDefinitionsOnly(tool, argument)) &&
    (sections.length === 0 || ['data', 'post-data'].every((each) => sections.includes(each)))
  )
}

function sectionOf(argument: string): string | undefined {
  return isOption(argument, 'section') ? /=(.*)$/s.exec(argument)?.[1] : undefined
}

function isDefinitionsOnly(tool: Tool, argument: string): boolean {
  // Cut short, --no-data is no option of its own to pg_restore, which also has --no-data-for-failed-tables.
  return argument.startsWith('--')
    ? argument === '--no-data' || isOption(argument, 'schema-only')
    : lettersOf(tool, argument).includes('s')
}
