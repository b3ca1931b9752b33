/** Keeps sequences where the restore has set them while materialized views are filled: a view's query may take numbers of one. */
import { repeatedWhenLost, setPosition } from '../../server/index.js'
import { isSamePosition, readSequences } from '../../validate/index.js'
import type { FillOptions } from './fill-views.js'

/** Sets back what `work` has moved. */
export async function withPositionsKept(
  {
    target,
    stagingDatabase,
    scheduler,
  }: Pick<FillOptions, 'target' | 'stagingDatabase' | 'scheduler'>,
  work: () => Promise<void>,
): Promise<void> {
  const read = () =>
    scheduler.lend(1, () =>
      repeatedWhenLost(() =>
        target.withSession(stagingDatabase, (session) => readSequences(session, 'readable')),
      ),
    )
  const before = await read()
  await work()
  if (before.size === 0) return
  const after = await read()
  const moved = [...before].flatMap(([sequence, state]) => {
    const now = after.get(sequence)
    if (now === undefined || isSamePosition(now, state)) return []
    return [`select ${setPosition(sequence, state.lastValue, state.isCalled)}`]
  })
  if (moved.length === 0) return
  await scheduler.lend(1, () =>
    repeatedWhenLost(() =>
      target.withSession(stagingDatabase, (session) => session.query(moved.join('; '))),
    ),
  )
}
