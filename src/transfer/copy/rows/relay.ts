/** Streams the rows of queries on the source into tables of the target, with back-pressure and without reading them. */
import { UpgradeError } from '../../../errors.js'
import type { FrameReceiver, Session } from '../../../server/index.js'

/** What is read, and where it goes: a `COPY … TO STDOUT` and a `COPY … FROM STDIN`. */
export interface Copy {
  readonly out: string
  readonly in: string
}

export interface Relay {
  readonly source: Session
  readonly target: Session
  /** One at least; all of them take one round trip. */
  readonly copies: readonly Copy[]
  /** Takes the rows in the place of the target's session alone. */
  readonly receiver?: FrameReceiver
  /** Told of every piece that has passed. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Resolves with the number of rows of each copy once the target has stored them all. When either side fails both
 * sessions are dropped, since a message may have been handed over in part, and the error of the side that failed first
 * is thrown.
 */
export async function relayRows(relay: Relay): Promise<number[]> {
  const { source, target, copies, onBytes } = relay
  const receiver =
    relay.receiver ?? (await target.receiveFrames(copies.map((copy) => copy.in).join(';\n')))
  try {
    const sent = source.sendFrames(copies.map((copy) => copy.out).join(';\n'), {
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
    const rowsStored = await receiver.stored
    assertSameRows(copies, rowsSent, rowsStored)
    return rowsStored
  } catch (error) {
    source.destroy()
    target.destroy()
    throw error
  }
}

function assertSameRows(
  copies: readonly Copy[],
  sent: readonly number[],
  stored: readonly number[],
): void {
  for (const [index, copy] of copies.entries()) {
    if (sent[index] !== undefined && sent[index] === stored[index]) continue
    throw new UpgradeError(
      `The source sent ${String(sent[index])} rows, but the target stored ${String(stored[index])}: ${copy.in}`,
      { code: 'rows-lost', side: 'target' },
    )
  }
}
