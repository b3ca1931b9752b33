/** Tells, of a database that has been moved, which locales of ICU mean another order on the target. No row differs by that. */
import type { Servers } from './preparation.js'
import { informing } from './informing.js'
import { connectForChecks } from '../check/index.js'
import { findMovedOrders } from '../check/servers/icu-locales.js'
import { addFinding, type Run } from '../run.js'

/** Adds a warning for each. */
export async function tellMovedOrders(
  run: Run,
  { source, target }: Servers,
  database: string,
): Promise<void> {
  const found = await informing(
    run,
    (reason) => ({
      check: 'locale-order',
      severity: 'warning',
      database,
      message: `It is not known whether locales of ICU in database ${JSON.stringify(database)} mean another order on the target: ${reason}`,
    }),
    async () => {
      const sourceSession = await connectForChecks(source, database)
      try {
        return await findMovedOrders({ source, sourceSession, target })
      } finally {
        await sourceSession.close()
      }
    },
  )
  for (const { severity, object, message, remedy } of found ?? []) {
    addFinding(run, { check: 'locale-order', severity, database, object, message, remedy })
  }
}
