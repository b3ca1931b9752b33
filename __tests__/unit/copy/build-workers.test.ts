import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '../../../src/log.js'
import type { Span } from '../../../src/report/report.js'
import type { Session } from '../../../src/server/index.js'
import { keepSlots, parallelWorkers } from '../../../src/transfer/copy/indexes/build-workers.js'
import type { CopyContext } from '../../../src/transfer/copy/context.js'
import { createScheduler, type Scheduler } from '../../../src/transfer/copy/scheduler.js'
import type { IndexFacts } from '../../../src/transfer/copy/indexes/source-indexes.js'
import { createWorkload, type Workload } from '../../../src/transfer/copy/workload.js'

/** A target of that major on which the counts of workers are seen one after the other; an error is thrown. */
function contextOf(scheduler: Scheduler, counts: (number | Error)[], major = 18) {
  const query = jest.fn<(sql: string, values: unknown) => Promise<object[]>>(() => {
    const workers = counts.length > 1 ? counts.shift() : counts[0]
    return workers instanceof Error ? Promise.reject(workers) : Promise.resolve([{ workers }])
  })
  const session = { query, close: () => Promise.resolve(), destroy: () => undefined }
  const target = {
    facts: { major },
    connect: () => Promise.resolve(session as unknown as Session),
  }
  const spans: Span[] = []
  const options = {
    target,
    log: silentLog,
    snapshot: {},
    stagingDatabase: 'staging',
    onActivity: () => undefined,
    onStep: () => () => undefined,
    span: (span: Span) => spans.push(span),
  }
  return { context: { scheduler, options } as unknown as CopyContext, query, spans }
}

function schedulerOf(slots: number): Scheduler {
  return createScheduler(slots, new AbortController().signal)
}

/** A task that says whether it has begun. */
function addTask(scheduler: Scheduler) {
  const task = { hasBegun: false, done: Promise.resolve() }
  task.done = scheduler.run({
    weight: 1,
    work: () => {
      task.hasBegun = true
      return Promise.resolve()
    },
  })
  return task
}

const forever = new Promise<void>(() => undefined)

async function turns(): Promise<void> {
  for (let each = 0; each < 20; each += 1) await turn()
}

describe('workers of a build', () => {
  const workersOf = (scheduler: Scheduler, weight: number, index: Partial<IndexFacts> = {}) => {
    const facts = { bytes: 1, method: 'btree', correlation: null, ...index }
    return parallelWorkers(contextOf(scheduler, []).context, { weight, index: facts })
  }
  const schedulerWith = (slots: number, ...workloads: Workload[]) => {
    const scheduler = schedulerOf(slots)
    for (const workload of workloads) scheduler.workloads.add(workload)
    return scheduler
  }
  const workloadOf = (weight: number, now?: () => number) => {
    const workload = createWorkload(now)
    workload.add(weight)
    return workload
  }

  test.each([
    ['the only thing left', 100, 4, 3],
    ['more than half of what is left', 60, 4, 2],
    ['a little more than its share', 31, 4, 0],
    ['its share', 25, 4, 0],
    ['less than its share', 5, 4, 0],
    ['the only thing left for one slot', 100, 1, 0],
  ])('%s', (_what, weight, slots, expected) => {
    expect(workersOf(schedulerWith(slots, workloadOf(100)), weight)).toBe(expected)
  })

  test.each([
    ['btree', 10, 0],
    ['btree', 11, 3],
    ['gin', 17, 0],
    ['gin', 18, 3],
    ['brin', 16, 0],
    ['brin', 17, 3],
    ['gist', 18, 0],
  ])('%s on %i', (method, major, expected) => {
    const index = { bytes: 1, method, correlation: null }
    const { context } = contextOf(schedulerWith(4, workloadOf(100)), [], major)
    expect(parallelWorkers(context, { weight: 100, index })).toBe(expected)
  })

  test('what other databases have left keeps the slots busy as well', () => {
    expect(workersOf(schedulerWith(4, workloadOf(100), workloadOf(900)), 100)).toBe(0)
  })

  test('the last one of five has the slots of those that are nearly done', async () => {
    let seconds = 0
    const workload = workloadOf(500, () => seconds)
    const scheduler = schedulerWith(4, workload)
    expect(workersOf(scheduler, 100)).toBe(0)
    const first = workload.build(100, () => Promise.resolve())
    for (let other = 0; other < 3; other += 1) void workload.build(100, () => forever)
    seconds = 60
    await first
    expect(workersOf(scheduler, 100)).toBe(3)
  })

  test('beside another one, a build in the order of the rows goes without', () => {
    const scheduler = schedulerWith(2, workloadOf(150))
    expect(workersOf(scheduler, 100, { correlation: 0.5 })).toBe(1)
    expect(workersOf(scheduler, 100, { correlation: -1 })).toBe(0)
    expect(workersOf(schedulerWith(2, workloadOf(100)), 100, { correlation: 1 })).toBe(1)
  })

  test('none for an index of which the source knows nothing', () => {
    const { context } = contextOf(schedulerOf(4), [])
    expect(parallelWorkers(context, { weight: 100, index: undefined })).toBe(0)
  })
})

describe('the slots of a build with workers', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test('are kept from other work until the workers have come and gone', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(0)
    const scheduler = schedulerOf(1)
    const { context, query } = contextOf(scheduler, [0, 1, 1, 0])
    const kept = keepSlots(context, 'i', 1)
    kept.follow(4711)
    const task = addTask(scheduler)
    await turns()
    expect(task.hasBegun).toBe(false)
    await task.done
    expect(query.mock.calls.map(([, values]) => values)).toEqual(Array(4).fill([4711]))
    await kept.release()
  })

  test('are given back one by one, as the workers end', async () => {
    const scheduler = schedulerOf(2)
    const { context, spans } = contextOf(scheduler, [2, 2, 1])
    const kept = keepSlots(context, 'i', 2)
    const task = addTask(scheduler)
    await task.done
    await turns()
    expect(scheduler.busy()).toBe(1)
    await kept.release()
    await turns()
    expect(scheduler.busy()).toBe(0)
    const step = { kind: 'index worker', object: 'i' }
    expect(spans).toMatchObject([step, step])
    expect(spans.map(({ worker }) => worker).toSorted()).toEqual([0, 1])
  })

  test('are given back at once when the build is over', async () => {
    const scheduler = schedulerOf(1)
    const kept = keepSlots(contextOf(scheduler, [1]).context, 'i', 1)
    const task = addTask(scheduler)
    await turns()
    expect(task.hasBegun).toBe(false)
    await kept.release()
    await task.done
  })

  test('are given back when no workers come', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(0)
    const scheduler = schedulerOf(1)
    const kept = keepSlots(contextOf(scheduler, [0]).context, 'i', 1)
    kept.follow(4711)
    const task = addTask(scheduler)
    await turns()
    expect(task.hasBegun).toBe(false)
    clock.mockReturnValue(60_000)
    await task.done
    await kept.release()
  })

  test('ask nothing when they become free after the build', async () => {
    const scheduler = schedulerOf(1)
    const { context, query } = contextOf(scheduler, [1])
    const kept = keepSlots(context, 'i', 1)
    await kept.release()
    await addTask(scheduler).done
    expect(query).not.toHaveBeenCalled()
  })

  test('are given back when the server does not answer', async () => {
    const scheduler = schedulerOf(1)
    const kept = keepSlots(contextOf(scheduler, [new Error('gone')]).context, 'i', 1)
    const task = addTask(scheduler)
    await task.done
    expect(task.hasBegun).toBe(true)
    await kept.release()
  })

  test.each([
    ['there are no workers', 0, 18],
    ['the server does not tell whose worker a process is', 1, 12],
  ])('none is kept where %s', async (_why, workers, major) => {
    const scheduler = schedulerOf(1)
    const { context, query } = contextOf(scheduler, [1], major)
    keepSlots(context, 'i', workers)
    await addTask(scheduler).done
    expect(query).not.toHaveBeenCalled()
  })
})
