/** Turns the signals that end a process into one abort signal for the whole run. */

export interface CancelOptions {
  readonly signals: readonly ('SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGHUP')[]
  readonly onCancel: (name: string) => void
  /** A later signal changes nothing: the clearing-up is already under way. */
  readonly onRepeat?: (name: string) => void
}

/** The abort signal is raised once, by the first of the signals. */
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
  return controller.signal
}
