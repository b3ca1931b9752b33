/** Takes the power of workflow commands from text that servers have a say in. */

/**
 * The runner takes a line that begins with `::`, after white space, or that holds `##[` as a command. Database names and
 * error messages come from servers, so both get a zero-width space inside.
 */
export function inert(text: string): string {
  return text
    .replace(/^([\s\u0085\u2028\u2029]*):(?=:)/gmu, '$1:\u200b')
    .replace(/##(?=\[)/g, '##\u200b')
    .replace(/\r(?!\n)/g, '\\r')
}
