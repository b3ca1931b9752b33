/** Work that is done again and again. */

/**
 * Does the work until it fails or the returned function is called, and waits so long before each time. A look that a stalled
 * network holds up is followed by none for as long: those that were due meanwhile would otherwise come at once.
 */
export function repeatWithPauses(
  pauseMs: number,
  work: () => Promise<void>,
  onFailure: (error: unknown) => void,
): () => void {
  let isOver = false
  let timer: NodeJS.Timeout
  const wait = () => {
    timer = setTimeout(() => {
      work().then(
        () => {
          if (!isOver) wait()
        },
        (error: unknown) => {
          if (!isOver) onFailure(error)
        },
      )
    }, pauseMs)
    // What is waited for keeps the process alive, and not the looking at it.
    timer.unref()
  }
  wait()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
