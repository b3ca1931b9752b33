/** The errors of a restore that lose nothing: a short list, each entry exact and argued. */
import type { ToolError } from './tool-errors.js'

interface HarmlessError {
  readonly message: RegExp
  /** The statement that may fail so, which pg_restore prints behind every error of one. */
  readonly statement: RegExp
  readonly why: string
}

const harmlessErrors: readonly HarmlessError[] = [
  {
    message: /^schema "public" already exists$/,
    statement: /^CREATE SCHEMA "?public"?;$/,
    why: 'Every database made from template0 has the schema "public"; an archive that creates it finds it there.',
  },
  {
    message: /^must be owner of extension \S+$/,
    statement: /^COMMENT ON EXTENSION /,
    why: "CREATE EXTENSION has given the extension its own comment; the provider's superuser owns the extension, and only the owner may comment on it.",
  },
]

/**
 * Why the error may be passed over, or undefined when it may not. An error with a context was raised while rows were
 * stored, or by a function, which can say whatever it likes.
 */
export function whyHarmless({ message, statement, context }: ToolError): string | undefined {
  if (context !== '') return undefined
  return harmlessErrors.find(
    (known) => known.message.test(message) && known.statement.test(statement),
  )?.why
}
