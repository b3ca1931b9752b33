/** Several sessions of the target that store what one session of the source sends, for servers that cannot read a table by ranges. */
import { messageOf } from '../../../errors.js'
import {
  createFrameDivider,
  type FrameReceiver,
  type FrameWriter,
  type Session,
} from '../../../server/index.js'
import { targetSession, timed, type CopyContext } from '../context.js'
import type { Slot } from '../scheduler.js'
import { watchWriter, whileWaiting } from './waiting.js'
import type { WireFormat } from './wire-format.js'

export interface CrewOptions {
  /** The session that stores the rows alone until others help; its transaction is open. */
  readonly target: Session
  /** `COPY … FROM STDIN`. */
  readonly into: string
  readonly format: WireFormat
  /** How many help at most. */
  readonly helpers: number
  /** For the scheduler. */
  readonly weight: number
  /** For the timeline: `"public"."orders"`. */
  readonly object: string
  /** Takes the server's process of each helper. */
  readonly processes: number[]
}

export interface Crew {
  /** Stores the rows; what it says of them holds for all sessions together. */
  readonly receiver: FrameReceiver
  /** Commits what the helpers have stored. What the first session has stored is left to it, and goes last. */
  commit(): Promise<void>
  /** Drops the sessions of the helpers, and what they have stored and not committed. */
  giveUp(): void
}

interface Helper {
  readonly session: Session
  readonly receiver: FrameReceiver
}

/**
 * Starts the COPY of the first session, and asks for one helper after the other while the source has to wait: each takes a slot as it
 * becomes free, and rows as soon as it has it. One that cannot begin is done without.
 */
export async function openCrew(context: CopyContext, options: CrewOptions): Promise<Crew> {
  const { target, into, format, weight, object, processes } = options
  const first = await target.receiveFrames(into)
  const divider = createFrameDivider(first, format)
  const helpers: Helper[] = []
  const begun: Promise<void>[] = []
  let isOver = false
  let isGivenUp = false
  let fail: (error: unknown) => void = () => undefined
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  first.failed.catch(fail)
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = () => {
      stopAsking()
      resolve()
    }
  })

  const begin = async (slot: Slot): Promise<(() => number) | null> => {
    const session = await targetSession(context, slot)
    processes.push(session.processId)
    await session.query('begin')
    const receiver = await session.receiveFrames(into)
    const counted = countBytes(receiver)
    if (isOver || !divider.add(counted.writer)) return null
    receiver.failed.catch(fail)
    helpers.push({ session, receiver })
    return counted.bytes
  }
  const help = async (slot: Slot) => {
    if (isOver) return
    const bytes = await begin(slot).catch((error: unknown) => {
      context.options.log.debug(`One session less copies ${object}: ${messageOf(error)}`)
      return null
    })
    if (bytes !== null) await timed(context, { slot, kind: 'copy', object, bytes }, () => ended)
    if (bytes === null || isGivenUp) slot.drop()
  }
  let asked = 0
  const askForHelp = () => {
    // One after the other.
    if (asked > begun.length || asked === options.helpers) return
    asked += 1
    const work = (slot: Slot) => {
      const helping = help(slot)
      begun.push(helping)
      return helping
    }
    // Refused only when the run ends, which the table's own session is told as well.
    context.scheduler.run({ weight, work }).catch(() => undefined)
  }
  const watched = watchWriter(divider)
  const stopAsking = whileWaiting(watched, askForHelp)
  return {
    receiver: {
      ...watched.writer,
      failed,
      get stored() {
        const all = [first, ...helpers.map(({ receiver }) => receiver)]
        return Promise.race([sumOfRows(all.map(({ stored }) => stored)), failed])
      },
    },
    async commit() {
      await Promise.all(helpers.map(({ session }) => session.query('commit')))
      isOver = true
      // From here on, they may be at work for others.
      processes.length = 0
      end()
      await Promise.all(begun)
    },
    giveUp() {
      isOver = true
      isGivenUp = true
      end()
    },
  }
}

function countBytes(receiver: FrameReceiver): { writer: FrameWriter; bytes: () => number } {
  let bytes = 0
  const writer: FrameWriter = {
    write(frames) {
      bytes += frames.length
      return receiver.write(frames)
    },
    onDrain: (listener) => {
      receiver.onDrain(listener)
    },
  }
  return { writer, bytes: () => bytes }
}

async function sumOfRows(stored: readonly Promise<number[]>[]): Promise<number[]> {
  const rows = await Promise.all(stored)
  return [rows.flat().reduce((sum, count) => sum + count, 0)]
}
