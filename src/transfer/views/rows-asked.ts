/** Whether the arguments that the user gives to pg_dump and pg_restore leave rows, and what is made of them afterwards. */
import { lettersOf, type Tool } from '../tools/reserved-arguments.js'
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

/** A long option may be cut short; the tools have refused what has several meanings. */
function sectionOf(argument: string): string | undefined {
  const [, name, section] = /^--([^=]+)=(.*)$/s.exec(argument) ?? []
  return name !== undefined && 'section'.startsWith(name) ? section : undefined
}

function isDefinitionsOnly(tool: Tool, argument: string): boolean {
  return argument.startsWith('--')
    ? argument === '--no-data' || /^--schema-(?:o|on|onl|only)?$/.test(argument)
    : lettersOf(tool, argument).includes('s')
}
