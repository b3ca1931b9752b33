/** Turns the runner's SIGINT and SIGTERM into one abort signal for the whole run. */

/** The signal is raised once; later ones change nothing, the cleaning-up is already under way. */
export function cancelOnSignals(onCancel: (name: string) => void): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) return
      onCancel(name)
      controller.abort()
    })
  }
  return controller.signal
}
