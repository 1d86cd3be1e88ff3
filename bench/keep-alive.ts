// A client that costs next to nothing beside the server it asks: one connection that stays open, a request whose bytes
// are written once, and of an answer no more than its status and its length.

import { connect, type Socket } from 'node:net'

export interface KeepAlive {
  /** Asks, and waits for the whole answer. @throws when it is no 200 */
  get(): Promise<void>
  /** The body of an answer. */
  read(): Promise<string>
  close(): void
}

/** @param headers of every request, beside the host */
export async function keepAlive(port: number, path: string, headers: Headers): Promise<KeepAlive> {
  const socket = await open(port)
  const lines = [`GET ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, ...[...headers].map(([k, v]) => `${k}: ${v}`)]
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  let waiting: { resolve(body: Buffer): void; reject(error: Error): void } | undefined
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    try {
      const body = bodyOf(received)
      if (!body) return
      received = Buffer.alloc(0)
      waiting?.resolve(body)
    } catch (error) {
      waiting?.reject(error as Error)
    }
  })
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')))
  const ask = (): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      socket.write(request)
    })
  return {
    get: async () => void (await ask()),
    read: async () => (await ask()).toString(),
    close: () => void socket.destroy(),
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Undefined: there is more to come. */
function bodyOf(answer: Buffer): Buffer | undefined {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = answer.toString('latin1', 0, end)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
  if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(length)) throw new Error(answer.toString())
  const start = end + 4
  return answer.length < start + length ? undefined : answer.subarray(start, start + length)
}
