/** Turns what ends a run before its time, signals and errors that nobody caught, into one abort signal for the whole run. */
import { limitHint, messageOf, UpgradeError } from './errors.js'

export interface CancelOptions {
  readonly signals: readonly ('SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGHUP')[]
  readonly onCancel: (name: string) => void
  /** A later signal changes nothing: the clearing-up is already under way. */
  readonly onRepeat?: (name: string) => void
}

/**
 * The abort signal is raised once, by the first of the signals. An error that nobody caught raises it as well, and is its
 * reason: whoever waits for what broke may wait for ever, so that the run ends as a cancelled one does, and clears up.
 */
export function cancelOnSignals({ signals, onCancel, onRepeat }: CancelOptions): AbortSignal {
  const controller = new AbortController()
  for (const name of signals) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        onRepeat?.(name)
        return
      }
      onCancel(name)
      controller.abort()
    })
  }
  process.on('uncaughtException', (error) => {
    controller.abort(
      new UpgradeError(
        `Something unexpected happened, and the run was cancelled: ${messageOf(error)}`,
        { code: 'unexpected', hint: limitHint(messageOf(error)), cause: error },
      ),
    )
  })
  return controller.signal
}
