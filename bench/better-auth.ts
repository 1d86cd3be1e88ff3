// better-auth as its own documentation sets it up: a pg pool, e-mail and password, sessions in the database.

import { randomBytes } from 'node:crypto'
import type pg from 'pg'

export interface BetterAuthSessions {
  /** The cookies of each caller. */
  readonly headers: readonly Headers[]
  /** What a request with these cookies waits for. @throws when no session comes back */
  getSession(headers: Headers): Promise<void>
}

interface Auth {
  readonly options: object
  readonly api: {
    signUpEmail(call: { body: object; asResponse: true }): Promise<Response>
    getSession(call: { headers: Headers }): Promise<{ session: { id: string } } | null>
  }
}

interface Peer {
  betterAuth(options: object): Auth
  getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>
}

/** Makes its tables, and signs so many callers in. */
export async function signInToBetterAuth(pool: pg.Pool, callers: number): Promise<BetterAuthSessions> {
  const peer: Peer = await import(new URL('peers/better-auth.js', import.meta.url).href)
  const auth = peer.betterAuth({
    database: pool,
    secret: randomBytes(32).toString('hex'),
    baseURL: 'http://localhost:3000',
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
  })
  await (await peer.getMigrations(auth.options)).runMigrations()
  const headers: Headers[] = []
  for (let caller = 0; caller < callers; caller++) {
    const body = { email: `caller${caller}@example.test`, password: randomBytes(12).toString('hex'), name: 'Caller' }
    const response = await auth.api.signUpEmail({ body, asResponse: true })
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.slice(0, line.indexOf(';')))
      .join('; ')
    headers.push(new Headers({ cookie }))
  }
  return {
    headers,
    async getSession(cookies) {
      const found = await auth.api.getSession({ headers: cookies })
      if (!found) throw new Error('better-auth does not know its own session')
    },
  }
}
