/**
 * A TCP or unix socket that reads into one buffer of its own. Node allocates 64 kB for every read otherwise, and
 * collecting that garbage costs more than everything else that a COPY relay does.
 */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'

const bufferBytes = 256 * 1024

/** Told of what was read; the chunk is overwritten by the next read, unless the socket is paused before that. */
export type DirectReader = (chunk: Buffer) => void

export class DirectSocket extends Socket {
  /** Takes the chunks in the place of the `data` listeners, which get copies that they may keep. */
  reader: DirectReader | undefined

  constructor() {
    // net.connect() documents `onread` and hands it to this constructor.
    const options: SocketConstructorOpts & ConnectOpts = {
      onread: {
        buffer: Buffer.allocUnsafeSlow(bufferBytes),
        callback: (length, buffer) => {
          const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, length)
          if (this.reader === undefined) this.emit('data', Buffer.from(chunk))
          else this.reader(chunk)
          return true
        },
      },
    }
    super(options)
  }
}
