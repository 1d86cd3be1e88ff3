// A visitor for the tour: talks HTTP to 127.0.0.1, says the host it means, and keeps cookies as a browser does.

import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body where it is JSON, an empty object where it is not. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Sending {
  readonly json?: unknown
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #port: number
  readonly #host: string

  constructor(port: number, tenant: string) {
    this.#port = port
    this.#host = `${tenant}.localhost:${port}`
  }

  get accessToken(): string {
    return this.cookies.get('__Host-fh-access') ?? ''
  }

  get refreshToken(): string {
    return this.cookies.get('__Host-fh-refresh') ?? ''
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, { headers })
  }

  post(path: string, json?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('POST', path, { json, headers })
  }

  send(method: string, path: string, { json, body, headers = {} }: Sending = {}): Promise<Answer> {
    const content = json === undefined ? body : JSON.stringify(json)
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const all = {
      host: this.#host,
      'user-agent': 'Freehold tour',
      'sec-fetch-site': 'same-origin',
      ...(cookie ? { cookie } : {}),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      'content-length': String(Buffer.byteLength(content ?? '')),
      ...headers,
    }
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: this.#port, method, path, headers: all, agent: false as const }
      const outgoing = request(target, async (incoming) => {
        const chunks: Buffer[] = []
        for await (const chunk of incoming) chunks.push(chunk as Buffer)
        for (const line of incoming.headers['set-cookie'] ?? []) this.#keep(line)
        const text = Buffer.concat(chunks).toString()
        const isJson = incoming.headers['content-type']?.includes('json') && text !== ''
        const answered = isJson ? (JSON.parse(text) as Record<string, unknown>) : {}
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: answered })
      })
      outgoing.on('error', reject)
      outgoing.end(content)
    })
  }

  #keep(line: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (name === undefined || value === undefined) return
    if (/; *max-age=0\b/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
