/** How much of the time a writer keeps whoever feeds it waiting. */
import type { FrameWriter } from '../../../server/index.js'

export interface WatchedWriter {
  readonly writer: FrameWriter
  /** Since this was asked last, the share of the time in which it took nothing more: from 0 to 1. */
  waited(): number
}

/** `now` tells milliseconds. */
export function watchWriter(writer: FrameWriter, now = () => performance.now()): WatchedWriter {
  let askedAt = now()
  /** Of the time since then, what is over. */
  let waited = 0
  let waitsSince: number | null = null

  const goOn = () => {
    if (waitsSince !== null) waited += now() - waitsSince
    waitsSince = null
  }
  return {
    writer: {
      write(frames) {
        const waiting = writer.write(frames)
        if (waiting === 0) goOn()
        else waitsSince ??= now()
        return waiting
      },
      onDrain(listener) {
        writer.onDrain(() => {
          goOn()
          listener()
        })
      },
    },
    waited() {
      const isWaiting = waitsSince !== null
      goOn()
      const time = now()
      const share = time > askedAt ? waited / (time - askedAt) : 0
      askedAt = time
      waited = 0
      if (isWaiting) waitsSince = time
      return share
    },
  }
}

const pollMs = 100
/** A writer that keeps its feeder waiting for less of the time than this is not what takes long. */
const mostWaited = 0.25

/** Calls for help again and again while the writer keeps its feeder waiting, until the function that is returned is called. */
export function whileWaiting(watched: WatchedWriter, help: () => void): () => void {
  const timer = setInterval(() => {
    if (watched.waited() > mostWaited) help()
  }, pollMs)
  return () => {
    clearInterval(timer)
  }
}
