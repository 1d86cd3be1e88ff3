// A house behind a proxy that counts what it waits for: with devices, places, risk, rules by role and limits of sessions, as
// much as a sign-in can ask for.

import { createHash } from 'node:crypto'
import { generate } from 'otplib'
import pg from 'pg'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox, type Mailbox, testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { createFreehold, type Freehold, type SignedIn, type TenantHandle, type User } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { next } from './factor-house.ts'

/** Somebody whose browser has a device, and who has signed in before, so that every statement is prepared. */
export interface Somebody {
  readonly user: User
  client: { readonly ip: string; readonly userAgent: string; readonly device: { readonly token?: string } }
  /** Of the authenticator app. */
  secret: string
}

export interface CountedHouse {
  readonly database: TestDatabase
  readonly proxy: TestProxy
  readonly freehold: Freehold<unknown, string>
  readonly acme: TenantHandle
  readonly mailbox: Mailbox
  /** Passwords on the list of leaked ones. */
  leaked: readonly string[]
  somebody(): Promise<Somebody>
  /** With an authenticator app, which was used before. */
  withApp(): Promise<Somebody>
  enter(one: Somebody, password?: string): Promise<SignedIn>
  /** Each code is of a later step than the one before. */
  codeOf(one: Somebody): Promise<string>
  close(): Promise<void>
}

export const PASSWORD = 'a lantern under the harbour'
export const page = { origin: 'https://app.example.test' }
const BERLIN = { country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 20 }

export async function openCountedHouse(): Promise<CountedHouse> {
  const mailbox = createMailbox()
  const database = await createTestDatabase()
  const proxy = await startProxy(database.appUrl)
  const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 4 })
  pool.on('error', () => undefined)
  let aheadMs = 0
  let made = 0
  const suffixOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase().slice(5)
  const freehold = await createFreehold<unknown, string>({
    storage: postgres({ pool, listen: false }),
    keys: testKeys(),
    passwordHasher: testHasher(),
    geo: { locate: () => BERLIN },
    leakedPasswords: { suffixes: async () => house.leaked.map(suffixOf) },
    mailer: mailbox,
    messages: { baseUrl: 'https://app.example.test' },
    passkeys: { origins: [page.origin] },
    attempts: { free: 100 },
    runtime: { now: () => Date.now() + aheadMs },
    onError: () => undefined,
    onWarning: () => undefined,
  })
  const settings = { authentication: { maximumSessions: 20, roles: { clerk: { maximumSessions: 10 } } } }
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme', settings })
  await acme.roles.create({ key: 'clerk', permissions: [] })

  const house: CountedHouse = {
    database,
    proxy,
    freehold,
    acme,
    mailbox,
    leaked: [],
    enter: ({ user, client }, password = PASSWORD) => acme.signIn.password({ email: user.email, password, client }),
    async somebody() {
      const user = await acme.users.create({ email: `p${++made}@example.test`, password: PASSWORD })
      await acme.assignments.grant({ principal: user, role: 'clerk' })
      const one = { user, client: { ip: '192.0.2.7', userAgent: 'Firefox', device: {} }, secret: '' }
      keepDevice(one, await house.enter(one))
      return one
    },
    async withApp() {
      const one = await house.somebody()
      const { factor, secret } = await acme.factors.enrolTotp(one.user, { name: 'App' })
      one.secret = secret
      await acme.factors.confirm(one.user, factor, { code: await house.codeOf(one) })
      const { token } = next(await house.enter(one))
      keepDevice(one, await acme.signIn.continue({ token, code: await house.codeOf(one), client: one.client }))
      return one
    },
    async codeOf({ user, secret }) {
      aheadMs += 30_000
      // what is known of the tenant has grown old meanwhile
      await acme.factors.recoveryCodesLeft(user)
      return generate({ secret, epoch: Math.floor((Date.now() + aheadMs) / 1000) })
    },
    async close() {
      await freehold.close()
      await pool.end()
      await proxy.close()
      await database.close()
    },
  }
  return house
}

function keepDevice(one: Somebody, signedIn: SignedIn): void {
  if (!signedIn.ok || !signedIn.device) throw new Error('there is no device')
  one.client = { ...one.client, device: { token: signedIn.device.token } }
}
