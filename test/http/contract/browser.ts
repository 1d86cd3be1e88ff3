// A client on a real socket that says any Host, keeps cookies as a browser does, and can send what no browser would.

import { request } from 'node:http'
import { parseSetCookie, stringifyCookie } from 'cookie'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly setCookies: readonly string[]
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared with what is expected
  readonly json: any
}

export interface Sending {
  /** Sent as JSON. */
  readonly json?: unknown
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export class Browser {
  readonly cookies = new Map<string, string>()
  /** How many there are, but for the device's, which outlives every session. */
  get sessionCookies(): number {
    return [...this.cookies.keys()].filter((name) => !name.endsWith('-device')).length
  }
  readonly #port: number
  readonly host: string

  constructor(port: number, host: string) {
    this.#port = port
    this.host = host
  }

  get(path: string, sending?: Sending): Promise<Answer> {
    return this.send('GET', path, sending)
  }

  post(path: string, json?: unknown, sending: Sending = {}): Promise<Answer> {
    return this.send('POST', path, json === undefined ? sending : { json, ...sending })
  }

  signIn(email: string, password: string): Promise<Answer> {
    return this.post('/auth/sign-in', { email, password })
  }

  /** As a page of the same origin sends it, unless `headers` say otherwise; an empty value leaves a header out. */
  send(method: string, path: string, { json, body, headers = {} }: Sending = {}): Promise<Answer> {
    const content = json === undefined ? body : JSON.stringify(json)
    const all: Record<string, string> = {
      host: this.host,
      'sec-fetch-site': 'same-origin',
      'user-agent': 'contract test',
      ...(this.cookies.size > 0 ? { cookie: stringifyCookie(Object.fromEntries(this.cookies)) } : {}),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
      ...headers,
    }
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method, path, headers: sent, agent: false as const }
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const setCookies = incoming.headers['set-cookie'] ?? []
          this.#keep(setCookies)
          const single = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(single),
            setCookies,
            text,
            json: incoming.headers['content-type']?.includes('json') && text ? JSON.parse(text) : undefined,
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(content)
    })
  }

  #keep(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const { name, value = '', maxAge } = parseSetCookie(line)
      if (maxAge === 0) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}
