/** Streams the rows of one query on the source into one table of the target, with back-pressure and without reading them. */
import { UpgradeError } from '../../errors.js'
import type { Session } from '../../server/index.js'

export interface Relay {
  readonly source: Session
  readonly copyOut: string
  readonly target: Session
  readonly copyIn: string
  /** Told of every piece that has passed. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Resolves with the number of rows once the target has stored them. When either side fails both sessions are
 * dropped, since a message may have been handed over in part, and the error of the side that failed first is thrown.
 */
export async function relayRows(relay: Relay): Promise<number> {
  const { source, copyOut, target, copyIn, onBytes } = relay
  const receiver = await target.receiveFrames(copyIn)
  try {
    const sent = source.sendFrames(copyOut, {
      write(frames) {
        onBytes(frames.length)
        return receiver.write(frames)
      },
      onDrain: (listener) => {
        receiver.onDrain(listener)
      },
    })
    sent.catch(() => undefined)
    const rowsSent = await Promise.race([sent, receiver.failed])
    const rowsStored = await receiver.end()
    assertSameRows(rowsSent, rowsStored)
    return rowsStored
  } catch (error) {
    source.destroy()
    target.destroy()
    throw error
  }
}

function assertSameRows(sent: number, stored: number): void {
  if (sent === stored) return
  throw new UpgradeError(`The source sent ${sent} rows, but the target stored ${stored}.`, {
    code: 'rows-lost',
    side: 'target',
  })
}
