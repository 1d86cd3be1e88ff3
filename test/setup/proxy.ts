// A TCP proxy between a pool and its server that understands message borders: it counts what the client sends,
// delays, and cuts the connection at a chosen moment.

import { connect, createServer, type Socket } from 'node:net'
import { withUrl } from './url.ts'

export interface TestProxy {
  readonly port: number
  /** The same database through the proxy. */
  url(original: string): string
  /** Added to each direction, in milliseconds. */
  delayMs: number
  /** New connections are refused while true. */
  refusing: boolean
  /** Messages that clients sent since `reset`, by type byte as text: `S` Sync, `P` Parse, `B` Bind, `Q` simple query. */
  readonly sent: ReadonlyMap<string, number>
  /** Syncs and simple queries since `reset`: what a client waited for. */
  readonly roundTrips: number
  readonly connections: number
  reset(): void
  /** Cuts one connection, once, when the condition comes true; counting starts now. */
  cut(moment: Cut): void
  /** Cuts every connection now. */
  cutAll(): void
  close(): Promise<void>
}

export type Cut =
  /** The n-th round trip (1 is the next one) never reaches the server. */
  | { readonly beforeSend: number }
  /** The server runs the n-th round trip to its end, and the client never hears of it. */
  | { readonly beforeAnswer: number }
  /** The client hears so many bytes more, over all connections. */
  | { readonly afterBytes: number }

export async function startProxy(targetUrl: string): Promise<TestProxy> {
  const target = new URL(targetUrl)
  const pairs = new Set<Pair>()
  const counts = new Map<string, number>()
  let trips = 0
  let plan: Cut | undefined

  const state: State = {
    delayMs: 0,
    /** Answers what becomes of a message from the client. */
    sending(type) {
      counts.set(type, (counts.get(type) ?? 0) + 1)
      if (type !== 'S' && type !== 'Q') return 'forward'
      trips++
      if (!plan) return 'forward'
      const left = 'beforeSend' in plan ? plan.beforeSend : 'beforeAnswer' in plan ? plan.beforeAnswer : undefined
      if (left === undefined) return 'forward'
      const before = 'beforeSend' in plan
      plan = left > 1 ? (before ? { beforeSend: left - 1 } : { beforeAnswer: left - 1 }) : undefined
      if (left > 1) return 'forward'
      return before ? 'cut' : 'swallow'
    },
    /** Answers how many bytes of an answer the client may still hear. */
    hearing(bytes) {
      if (!plan || !('afterBytes' in plan)) return bytes
      const heard = Math.min(bytes, plan.afterBytes)
      plan = heard < bytes ? undefined : { afterBytes: plan.afterBytes - heard }
      return heard
    },
  }
  const proxy = {
    delayMs: 0,
    refusing: false,
    sent: counts,
    port: 0,
    get roundTrips() {
      return trips
    },
    get connections() {
      return pairs.size
    },
    url: (original: string) => withUrl(original, { port: proxy.port }),
    reset() {
      counts.clear()
      trips = 0
    },
    cut(moment: Cut) {
      plan = moment
    },
    cutAll() {
      for (const pair of pairs) pair.destroy()
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const pair of pairs) pair.destroy()
        server.close(() => resolve())
      }),
  }
  Object.defineProperty(state, 'delayMs', { get: () => proxy.delayMs })
  const server = createServer((client) => {
    if (proxy.refusing) {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port || 5432), target.hostname)
    const pair = join(client, upstream, state)
    pairs.add(pair)
    client.on('close', () => pairs.delete(pair))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address && typeof address === 'object') proxy.port = address.port
  return proxy
}

interface State {
  readonly delayMs: number
  sending(type: string): 'forward' | 'cut' | 'swallow'
  hearing(bytes: number): number
}

interface Pair {
  destroy(): void
}

function join(client: Socket, upstream: Socket, state: State): Pair {
  let started = false
  let swallowing = false
  let fromClient = Buffer.alloc(0)
  let fromServer = Buffer.alloc(0)
  const destroy = (): void => {
    client.destroy()
    upstream.destroy()
  }
  const later = (socket: Socket, bytes: Buffer): void => {
    if (bytes.length === 0) return
    if (state.delayMs > 0) setTimeout(() => socket.writable && socket.write(bytes), state.delayMs)
    else if (socket.writable) socket.write(bytes)
  }
  client.setNoDelay(true)
  upstream.setNoDelay(true)
  for (const socket of [client, upstream]) {
    socket.on('error', destroy)
    socket.on('close', destroy)
  }
  client.on('data', (chunk) => {
    fromClient = Buffer.concat([fromClient, chunk])
    let end = 0
    for (;;) {
      // the first message of a connection has no type byte
      const header = started ? 1 : 0
      if (fromClient.length < end + header + 4) break
      const next = end + header + fromClient.readUInt32BE(end + header)
      if (fromClient.length < next) break
      if (started) {
        const fate = state.sending(String.fromCharCode(fromClient[end]!))
        if (fate === 'cut') return destroy()
        if (fate === 'swallow') swallowing = true
      }
      started = true
      end = next
    }
    later(upstream, fromClient.subarray(0, end))
    fromClient = fromClient.subarray(end)
  })
  upstream.on('data', (chunk) => {
    if (swallowing) {
      fromServer = Buffer.concat([fromServer, chunk])
      // ReadyForQuery: the server is done with it
      if (fromServer.length >= 6 && fromServer[fromServer.length - 6] === 0x5a) destroy()
      return
    }
    const heard = state.hearing(chunk.length)
    later(client, chunk.subarray(0, heard))
    if (heard < chunk.length) setTimeout(destroy, state.delayMs + 5)
  })
  return { destroy }
}
