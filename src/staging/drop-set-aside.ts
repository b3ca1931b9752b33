/** Drops the database that a published one has replaced, unless there is a reason to keep it. */
import { messageOf } from '../errors.js'
import type { Finding } from '../report/report.js'
import { isDatabaseEmpty, quoteIdentifier, repeatedWhenLost } from '../server/index.js'
import { dropStagingDatabase } from './create.js'
import {
  dropLiveSubscriptions,
  liveSubscriptionsError,
  readLiveSubscriptions,
  type LiveSubscription,
} from './live-subscriptions.js'
import type { PublishOptions } from './publish.js'

type SetAside = Pick<
  PublishOptions,
  'target' | 'name' | 'setAside' | 'existingDatabase' | 'signal' | 'finding' | 'onSettled'
>

/**
 * Drops what stood in the way. Under `refuse` that was an empty database, until the last of its sessions was ended for the
 * rename: what somebody has put into it by then is kept.
 */
export async function dropSetAside(options: SetAside): Promise<void> {
  const { target, name, setAside, existingDatabase, signal, finding, onSettled } = options
  const left = (why: string, live: readonly LiveSubscription[] = []): Finding => ({
    check: 'replaced-database-left',
    severity: 'warning',
    database: name,
    object: setAside,
    message: `Database ${JSON.stringify(name)} is published. The one that it has replaced is still on the target, as ${JSON.stringify(setAside)}: ${why}`,
    remedy: `-- on the target, when nobody needs it any more\n${dropLiveSubscriptions(live)}drop database ${quoteIdentifier(setAside)};`,
  })
  try {
    await repeatedWhenLost(async () => {
      if (existingDatabase === 'refuse' && !(await isDatabaseEmpty(target, setAside))) {
        finding(
          left('it was empty, and somebody filled it in the moment in which it was replaced.'),
        )
        return
      }
      const live = await target.withSession(undefined, (session) =>
        readLiveSubscriptions(session, [setAside]),
      )
      if (live.length > 0) finding(left(messageOf(liveSubscriptionsError(live)), live))
      else await dropStagingDatabase(target, setAside)
    })
    onSettled(setAside)
  } catch (error) {
    // After a cancel it is left to the clean-up.
    if (signal?.aborted === true) return
    finding(left(messageOf(error)))
    // Nobody could look into it: the clean-up drops what is in the journal, whatever is in that.
    if (existingDatabase === 'refuse') onSettled(setAside)
  }
}
