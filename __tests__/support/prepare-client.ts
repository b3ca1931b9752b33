/** Prepares client tools in a process of its own, which a test may kill or run as another user. */
import { prepareClientTools, type PrepareOptions } from '../../src/client/index.js'
import { silentLog } from '../../src/log.js'

/** What the process is told, as JSON in its only argument. */
export type PrepareRequest = Omit<PrepareOptions, 'log' | 'signal'>

/** What the process writes to stdout, as JSON. */
export type PrepareAnswer =
  | {
      readonly version: string
      readonly directory: string
      readonly from: string
      readonly environment: Readonly<Record<string, string>>
      readonly durationSeconds: number
    }
  | { readonly error: string }

const cancel = new AbortController()
process.on('SIGTERM', () => {
  cancel.abort()
})
const request = JSON.parse(process.argv[2] ?? '') as PrepareRequest
const answer: PrepareAnswer = await prepareClientTools({
  ...request,
  log: silentLog,
  signal: cancel.signal,
}).catch((error: unknown) => ({ error: String(error) }))
process.stdout.write(JSON.stringify(answer))
