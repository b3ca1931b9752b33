/** Work that is done again from scratch when a connection was lost, or another session stood in the way: how often, and how that is told. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError, ConnectionError, messageOf, QueryError } from '../errors.js'
import { pausesMs } from '../server/index.js'
import type { TransferOptions } from './transfer.js'

export type RepeatOptions = Pick<TransferOptions, 'database' | 'log' | 'finding' | 'signal'>

/** `what` is for people: `copy table "public"."orders"`. `work` takes away what the attempt before has left. */
export async function repeated<T>(
  options: RepeatOptions,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = options
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) throw new CancelledError()
      const pause = pausesMs[attempt - 1]
      const happened = passingTrouble(error)
      if (happened === undefined || pause === undefined) throw error
      tellRepeat(options, what, `${happened} while trying to ${what}: ${messageOf(error)}`, attempt)
      await sleep(pause, undefined, { signal }).catch(() => {
        throw new CancelledError()
      })
    }
  }
}

const deadlockDetected = '40P01'

/** What has happened, where trying again helps. */
function passingTrouble(error: unknown): string | undefined {
  if (error instanceof ConnectionError) {
    return error.code === 'connection-lost'
      ? 'A connection was lost'
      : 'A connection could not be opened'
  }
  const isDeadlock = error instanceof QueryError && error.sqlState === deadlockDetected
  return isDeadlock ? 'Another session stood in the way' : undefined
}

function tellRepeat(
  { log, finding, database }: RepeatOptions,
  what: string,
  happened: string,
  attempt: number,
): void {
  const message = `${happened.replace(/\.?$/, '.')} Starting it again (attempt ${attempt + 1} of ${pausesMs.length + 1}).`
  log.warning(message)
  finding({ check: 'copy-repeated', severity: 'note', database, object: what, message })
}
