// Node's request as a fetch Request, and a fetch Response on Node's response: what Express, Fastify and bare
// node:http have in common.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { FreeholdError } from '../kernel/errors.ts'
import type { RequestInfo } from './options.ts'

/** Node's request, and what frameworks put on it. */
export interface NodeRequest extends IncomingMessage {
  /** The path before any mounting took parts of it away. */
  originalUrl?: string
  /** What a body parser in front of us made of the body. */
  body?: unknown
  /** The body byte for byte, where something in front of us read it and kept it. */
  rawBody?: unknown
}

/** What the Request does not say. */
export function infoOf(req: NodeRequest): RequestInfo {
  const { remoteAddress } = req.socket
  return {
    ...(remoteAddress === undefined ? {} : { peerAddress: remoteAddress }),
    ...(isParsed(req) ? { bodyParsed: true } : {}),
  }
}

/**
 * Without `body` the stream is left to whoever comes next.
 * @throws HOST_INVALID (no host, or one that would change the URL), ROUTE_UNKNOWN (a path with two readings), METHOD_NOT_ALLOWED
 * (CONNECT, TRACE)
 */
export function toRequest(req: NodeRequest, options: { readonly body: boolean }): Request {
  const { method = 'GET' } = req
  const url = urlOf(req)
  const headers = headersOf(req)
  if (method === 'CONNECT' || method === 'TRACE') {
    throw new FreeholdError('METHOD_NOT_ALLOWED', { allow: ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'] })
  }
  if (!options.body || method === 'GET' || method === 'HEAD') return new Request(url, { method, headers })
  return new Request(url, { method, headers, body: bodyOf(req), duplex: 'half' })
}

/** Writes status, headers and body; what is left of the request is read and thrown away, so that the connection can go on. */
export async function sendResponse(response: Response, req: NodeRequest, res: ServerResponse): Promise<void> {
  const body = response.body ? Buffer.from(await response.arrayBuffer()) : undefined
  res.statusCode = response.status
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') res.setHeader(name, value)
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) res.appendHeader('set-cookie', cookies)
  if (body) res.setHeader('content-length', body.byteLength)
  res.end(body)
  if (!req.complete) req.resume()
}

/** What `URL` tidies up: backslashes, white space, a fragment, and segments of one or two dots, escaped or not. */
const UNTIDY = /[\\\s#]|\/(?:\.|%2e){1,2}(?:\/|$)/i

function urlOf(req: NodeRequest): URL {
  const { host } = req.headers
  const path = req.originalUrl ?? req.url ?? '/'
  // a host with a slash, or a target that is a whole URL, would be read as another path than the one that was asked for
  if (!host || /[/\\?#@\s]/.test(host) || !path.startsWith('/')) throw new FreeholdError('HOST_INVALID')
  // the app has matched the path as it came: one that we read differently would walk around its own gates (U05)
  if (UNTIDY.test(path.replace(/\?.*$/s, ''))) throw new FreeholdError('ROUTE_UNKNOWN')
  const scheme = 'encrypted' in req.socket && req.socket.encrypted ? 'https' : 'http'
  const url = URL.parse(`${scheme}://${host}${path}`)
  if (!url) throw new FreeholdError('HOST_INVALID')
  return url
}

/** As they came: Node's own object keeps the first of two Authorization headers, and we want to see both. */
function headersOf(req: NodeRequest): Headers {
  const headers = new Headers()
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i]!
    if (!name.startsWith(':')) headers.append(name, req.rawHeaders[i + 1]!)
  }
  return headers
}

/** The stream, the bytes that somebody kept of it, or what a body parser made of it. */
function bodyOf(req: NodeRequest): ReadableStream<Uint8Array> | string | Uint8Array<ArrayBuffer> | null {
  if (!req.readableDidRead) return streamOf(req)
  const bytes = [req.rawBody, req.body].find((body) => body instanceof Uint8Array)
  if (bytes) return new Uint8Array(bytes)
  if (req.body === undefined) return null
  return typeof req.body === 'string' ? req.body : JSON.stringify(req.body)
}

/** The bytes are gone: what a body parser made of them can be written in many ways. */
function isParsed(req: NodeRequest): boolean {
  return req.readableDidRead && !(req.rawBody instanceof Uint8Array || req.body instanceof Uint8Array)
}

/** Node's own conversion would close the connection when a reader stops early, and no answer could be sent. */
function streamOf(req: NodeRequest): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      let over = false
      const end = (finish: () => void) => {
        if (over) return
        over = true
        finish()
      }
      req.on('data', (chunk: Uint8Array) => {
        if (over) return
        controller.enqueue(new Uint8Array(chunk))
        if ((controller.desiredSize ?? 0) <= 0) req.pause()
      })
      req.once('end', () => end(() => controller.close()))
      req.once('error', (error) => end(() => controller.error(error)))
      req.once('close', () => end(() => controller.error(new Error('the request was cut off'))))
      req.pause()
    },
    pull() {
      req.resume()
    },
  })
}
