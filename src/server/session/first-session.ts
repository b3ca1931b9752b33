/** The session that asks a server what it is: nothing is known of it by then, nor of the role. */
import { ConnectionError } from '../../errors.js'
import { loginTrigger } from '../connection/connection-failure.js'
import type { Session } from './session.js'
import { eventTriggersOff } from './session-settings.js'

/** Where an event trigger of users lets nobody in, tried once more as a superuser, who may go without. */
export async function openFirst(
  connect: (settings: Readonly<Record<string, string>>) => Promise<Session>,
): Promise<Session> {
  try {
    return await connect({})
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== loginTrigger) throw error
    return connect(eventTriggersOff({ major: 17, isSuperuser: true })).catch(() => {
      throw error
    })
  }
}
