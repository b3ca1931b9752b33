/** The only file with effects on import, but for the driver's: runs the main or the post step of the action, or the command line. */
import { setMaxListeners } from 'node:events'
import './server/connection/driver-in-javascript.js'
import { failUnexpectedly, main } from './action/main.js'
import { post } from './action/post.js'
import { isPost } from './action/state.js'

interface Front {
  readonly start: () => Promise<void>
  /** The last resort for errors that nobody caught. */
  readonly fail: (error: unknown) => void
}

/**
 * GitHub's runner gives no arguments; the files in bin/ put a word in front. A post step that somebody lets begin in this file
 * is known by what main has kept, if main came that far.
 */
async function chooseFront([word, ...rest]: readonly string[]): Promise<Front> {
  if (word === 'post' || (word === undefined && isPost()))
    return { start: post, fail: failUnexpectedly }
  if (word !== 'command-line') return { start: main, fail: failUnexpectedly }
  const { commandLine, failOnTerminal } = await import('./command-line/main.js')
  return { start: () => commandLine(rest), fail: failOnTerminal }
}

// Every session listens to the signal that ends the run, and there are as many as were asked for. Node 20 calls eleven a leak.
setMaxListeners(0)

// Whoever reads the output may leave; what the run has begun is finished and cleared up all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const { start, fail } = await chooseFront(process.argv.slice(2))
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)

await start().catch(fail)

// A dangling handle must not keep the step alive; what was written to stdout must have left before, or be known to be lost.
process.stdout.write('', () => {
  setImmediate(() => {
    process.exit()
  })
})
