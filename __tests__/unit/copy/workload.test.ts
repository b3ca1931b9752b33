import { expect, test } from '@jest/globals'
import { buildWeight } from '../../../src/transfer/copy/weights.js'
import { createWorkload } from '../../../src/transfer/copy/workload.js'

/** A workload with a clock of seconds that is set by hand, and builds that end when they are told to. */
function workloadByHand() {
  const clock = { seconds: 0 }
  const workload = createWorkload(() => clock.seconds)
  const begin = (weight: number) => {
    workload.add(weight)
    let settle: (error?: Error) => void = () => undefined
    const building = new Promise<string>((resolve, reject) => {
      settle = (error) => {
        if (error === undefined) resolve('built')
        else reject(error)
      }
    })
    const built = workload.build(weight, () => building)
    return {
      end: async () => {
        settle()
        return built
      },
      fail: async () => {
        settle(new Error('refused'))
        await expect(built).rejects.toThrow('refused')
      },
    }
  }
  return { clock, workload, begin }
}

test('what has been added is left until it is over', async () => {
  const { workload, begin } = workloadByHand()
  workload.add(30)
  const build = begin(12)
  expect(workload.left()).toBe(42)
  workload.finish(10)
  expect(workload.left()).toBe(32)
  expect(await build.end()).toBe('built')
  expect(workload.left()).toBe(20)
})

test('a build that fails is over as well', async () => {
  const { workload, begin } = workloadByHand()
  await begin(12).fail()
  expect(workload.left()).toBe(0)
})

test('as long as no build is over, a running one is left as a whole', () => {
  const { clock, workload, begin } = workloadByHand()
  begin(12)
  clock.seconds = 1000
  expect(workload.left()).toBe(12)
})

test('of a running build, what it would have done at the pace of those before it is not left', async () => {
  const { clock, workload, begin } = workloadByHand()
  const first = begin(100)
  begin(60)
  clock.seconds = 50
  await first.end()
  begin(40)
  expect(workload.left()).toBe(40)
  clock.seconds = 60
  expect(workload.left()).toBe(20)
  clock.seconds = 100
  expect(workload.left()).toBe(0)
})

test('at the pace of several builds, each counts for as long as it took', async () => {
  const { clock, workload, begin } = workloadByHand()
  const fast = begin(60)
  const slow = begin(40)
  clock.seconds = 20
  await fast.end()
  clock.seconds = 80
  await slow.end()
  begin(50)
  clock.seconds = 90
  expect(workload.left()).toBe(40)
})

test('an index of a method whose name every object knows weighs a pass over its table', () => {
  const index = { method: 'constructor', bytes: 100, correlation: null }
  expect(buildWeight(index, 10)).toBe(buildWeight(undefined, 10))
})
