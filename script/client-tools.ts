/** Gets the client tools of one major on this machine, twice, and says how: `client-tools.ts MAJOR [SOURCE]`. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareClientTools, type PrepareOptions } from '../src/client/index.js'
import { clientSources } from '../src/client/tools.js'
import { silentLog } from '../src/log.js'

const [major = '', wanted = 'auto'] = process.argv.slice(2)
const source: PrepareOptions['source'] = clientSources.find((name) => name === wanted) ?? 'auto'

for (const run of ['first', 'second']) {
  const tools = await prepareClientTools({
    major: Number(major),
    source,
    toolCache: process.env['RUNNER_TOOL_CACHE'] ?? join(tmpdir(), 'tool-cache'),
    log: { ...silentLog, debug: console.log, warning: console.log },
    signal: AbortSignal.timeout(600_000),
  })
  const seconds = tools.durationSeconds.toFixed(1)
  console.log(
    `${run}: ${tools.version} from ${tools.from} in ${seconds} s, ${tools.directory}: ${tools.why}`,
  )
}
