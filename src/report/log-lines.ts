/** Text that servers have a say in, as lines of a log that a CI system reads along. */
import { linesOf, longestEntry, shorten } from './format.js'

/**
 * GitHub takes a line that begins with `::`, after white space, for a command, and `##[` anywhere; Azure Pipelines
 * takes `##vso[`, TeamCity `##teamcity[`. No text of ours needs any of them.
 */
export function withoutCommands(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1| :').replace(/##(?=[a-z]*\[)/gi, '## ')
}

/**
 * The lines of one entry of a log, without hidden characters and without commands. All but the first are indented, so
 * that no name with a line break makes a line that looks like an entry of its own. What is too long is cut.
 */
export function logLines(text: string): string[] {
  return linesOf(shorten(text, longestEntry)).map((line, index) =>
    withoutCommands(index === 0 ? line : `  ${line}`),
  )
}
