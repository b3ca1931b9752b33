/** The front door of the room that moves one database, by one of several methods. */
import type { MethodName } from '../report/report.js'
import { transferCustom, transferParallel, transferPlain } from './archive.js'
import { copyDatabase } from './copy/index.js'
import { transferStream } from './stream.js'
import type { Transfer } from './transfer.js'

export * from './choose-method.js'
export {
  copyDatabaseWith,
  createScheduler,
  reasonAgainstCopy,
  type Scheduler,
} from './copy/index.js'
export { withEventTriggersOff } from './event-triggers-off.js'
export { fitInitialObjects } from './beyond-the-dump/initial-objects.js'
export * from './method-facts.js'
export * from './progress.js'
export { findRefusedArguments, type GivenArguments } from './tools/refused-arguments.js'
export { carriesTablespaces } from './tablespaces.js'
export * from './transfer.js'
export { decidingSettings, readFillSettings } from './views/fill-settings.js'

/** Every method by its name. */
export const transfers: Readonly<Record<MethodName, Transfer>> = {
  plain: transferPlain,
  custom: transferCustom,
  stream: transferStream,
  parallel: transferParallel,
  copy: copyDatabase,
}
