/** What a source that is read-only means for the target. */
import {
  isFreezing,
  isReadOnly,
  quoteIdentifier,
  readBefore,
  readOnlySetting,
  readOnlyValues,
  releaseStatements,
} from '../server/index.js'
import type { Found, ServerCheck, ServerContext } from './check.js'

const sourceFrozen: ServerCheck = {
  name: 'source-frozen',
  scope: 'server',
  subject: 'whether the databases of the source are read-only',
  worst: 'warning',
  async run(context) {
    const found: Found[] = []
    for (const name of context.databases) found.push(...(await lookAt(context, name)))
    return found
  },
}

async function lookAt({ sourceSession, freezeSource }: ServerContext, name: string) {
  const values = (await readOnlyValues(sourceSession, name)).filter(({ here }) => here)
  const found: Found[] = []
  // A run that freezes takes the freeze over, and says in the end what became of it.
  if (!freezeSource && values.some(({ value }) => isFreezing(value))) {
    const before = await readBefore(sourceSession, name)
    found.push({
      severity: 'note',
      database: name,
      message: `The database ${quoteIdentifier(name)} was left read-only on the source by an earlier run with "freeze-source". It stays so; the target gets what was set before.`,
      remedy: `-- on the source, to let it be written to again\n${releaseStatements([before])}`,
    })
  }
  if (values.some(({ role, value }) => role === null && isReadOnly(value) && !isFreezing(value))) {
    found.push({
      severity: 'warning',
      database: name,
      message: `The database ${quoteIdentifier(name)} has ${readOnlySetting} on the source, which no run of this action has set. The setting is moved: applications cannot write to the target either.`,
      remedy: `-- on the source, unless the target is to be read-only as well; "freeze-source" makes read-only for the time of the run\nset ${readOnlySetting} = off;\nalter database ${quoteIdentifier(name)} reset ${readOnlySetting};`,
    })
  }
  return found
}

export const freezeChecks: readonly ServerCheck[] = [sourceFrozen]
