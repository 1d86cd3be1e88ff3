// S08, M07: whoever reads the whole database learns no secret. A tour through all that people do leaves its secrets behind;
// then every value of every table is searched for them. A new feature adds its own step to the tour.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { createEnvelope } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold, type TenantHandle } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { createSecrets, dumpOf, leaksIn, type Secrets, unvisited } from './dump.ts'

const runtime = systemRuntime()
const PASSWORD = 'a kettle orbits quietly'

interface Tour {
  readonly freehold: Freehold
  readonly acme: TenantHandle
  readonly storage: Storage
  readonly secrets: Secrets
}

/** What people do, each with the secrets that it gives out or takes. */
const STEPS: Readonly<Record<string, (tour: Tour) => Promise<void>>> = {
  async 'signing up and in over HTTP'({ freehold, secrets }) {
    const post = (path: string, body: object) =>
      freehold.handler(
        new Request(`http://acme.localhost${freehold.basePath}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-tenant': 'acme', 'sec-fetch-site': 'same-origin' },
          body: JSON.stringify(body),
        }),
      )
    const password = 'the marmot paints at noon'
    secrets.keep('a password at the sign-up', password)
    for (const [path, transport] of [
      ['/sign-up', 'cookies'],
      ['/sign-in', 'cookies'],
      ['/sign-in', 'body'],
    ] as const) {
      const response = await post(path, { email: 'http@acme.test', password, transport })
      const body = await response.text()
      expect([path, response.status], body).toEqual([path, expect.toSatisfy((status: number) => status < 300)])
      for (const [name, value] of Object.entries(JSON.parse(body).tokens ?? {})) {
        if (typeof value === 'string') secrets.keep(`${name} of ${path}`, value)
      }
      for (const cookie of response.headers.getSetCookie()) {
        const [name, value = ''] = cookie.split(';')[0]!.split('=')
        if (value.length > 20) secrets.keep(`the cookie ${name} of ${path}`, decodeURIComponent(value))
      }
    }
  },
  async 'passwords, right, wrong and new'({ acme, secrets }) {
    const [first, second, wrong] = [PASSWORD, `${PASSWORD} again`, `${PASSWORD} mistyped`]
    for (const one of [first, second, wrong]) secrets.keep(`the password ${one.length}`, one)
    const user = await acme.users.create({ email: 'ana@acme.test', password: first, name: 'Ana' })
    await acme.signIn.password({ email: user.email, password: wrong })
    await acme.users.setPassword(user, second)
    await acme.signIn.password({ email: user.email, password: second, client: { ip: '192.0.2.1', userAgent: 'Test' } })
  },
  async 'sessions and their refreshes'({ freehold, acme, secrets }) {
    const user = await acme.users.create({ email: 'bea@acme.test', password: PASSWORD })
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (!answer.ok) throw new Error(answer.reason)
    let { tokens } = answer
    for (let i = 0; i < 3; i++) {
      secrets.keep(`access token ${i}`, tokens.accessToken)
      secrets.keep(`refresh token ${i}`, tokens.refreshToken)
      const next = await freehold.sessions.refresh(tokens.refreshToken)
      if (!next.ok) throw new Error(next.reason)
      tokens = next.tokens
    }
    await freehold.sessions.refresh(answer.tokens.refreshToken)
  },
  async 'a user of another system'({ acme, secrets }) {
    secrets.keep('a password behind an imported hash', 'a lantern under the pier')
    const passwordHash = await testHasher().hash('a lantern under the pier')
    await acme.users.create({ email: 'eve@acme.test', password: 'a lantern under the pier' })
    expect(passwordHash).not.toContain('lantern')
  },
  async 'a sealed field'({ acme, storage, secrets }) {
    const secret = randomBytes(20)
    secrets.keep('the secret of a TOTP', secret)
    const user = await acme.users.create({ email: 'una@acme.test' })
    const id = runtime.newId()
    const place = { tenantId: acme.id, table: 'mfa_methods', column: 'secret', row: id }
    const sealed = createEnvelope(createKeyring(testKeys()), runtime).seal(secret, place)
    const row = { id, user_id: user.id, type: 'totp', name: 'App', secret: sealed } as const
    await storage.tenant({ id: acme.id, location: storage.sharedLocation }).records.insert('mfa_methods', [row])
  },
}

/** Tables of features that have no step yet. */
const NOT_YET = ['recovery_codes', 'challenges', 'devices']

let database: TestDatabase
let storage: Storage
let freehold: Freehold
const secrets = createSecrets()
beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool, listen: false })
  freehold = await createFreehold<unknown>({
    storage,
    keys: testKeys(),
    passwordHasher: testHasher(),
    tenants: { resolve: ['header'] },
    http: { signUp: 'open' },
    onWarning: () => undefined,
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  for (const [id, key] of Object.entries(testKeys())) {
    if (id !== 'current') secrets.keep(`the root key ${id}`, key as Uint8Array)
  }
  for (const step of Object.values(STEPS)) await step({ freehold, acme, storage, secrets })
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

describe('a raw dump', () => {
  it('S08, M07: holds no secret of the tour, in no table and in no form', async () => {
    const dump = await dumpOf(database)
    expect(dump.size).toBeGreaterThan(20)
    expect(secrets.all.length).toBeGreaterThan(15)
    expect(leaksIn(dump, secrets)).toEqual([])
  })

  it('has rows in every table with a secret column that a feature writes', async () => {
    const empty = unvisited(await dumpOf(database))
    expect(empty.filter((name) => !NOT_YET.includes(name))).toEqual([])
  })

  it('a secret that is written down is found, whatever it was written as', async () => {
    const planted = createSecrets()
    const secret = 'a planted secret, ünïcode'
    planted.keep('planted', secret)
    const bytes = Buffer.from(secret)
    const forms = [
      secret,
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]
    await database.admin('create table public.planted (text text, bytes bytea, json jsonb)')
    const inserts: [string, unknown][] = [
      ...forms.map((form): [string, unknown] => ['insert into public.planted (text) values ($1)', `x${form}y`]),
      ...forms.map((form): [string, unknown] => [
        'insert into public.planted (json) values ($1)',
        JSON.stringify({ a: [form] }),
      ]),
      ['insert into public.planted (bytes) values ($1)', Buffer.concat([Buffer.of(1, 2), bytes, Buffer.of(3)])],
    ]
    for (const [sql, value] of inserts) {
      await database.admin('truncate public.planted')
      await database.admin(sql, [value])
      expect([sql, value, leaksIn(await dumpOf(database), planted)]).toEqual([sql, value, ['public.planted: planted']])
    }
    await database.admin('drop table public.planted')
  })

  it('what a secret encodes is looked for too: the bytes of a TOTP in base32, of a token in base64url', async () => {
    const found = createSecrets()
    found.keep('base32', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
    found.keep('token', `fh_rt_${Buffer.from('sixteen bytes of it').toString('base64url')}`)
    const dump = new Map([
      ['one', Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex').toString('latin1')],
      ['two', 'xx sixteen bytes of it xx'],
    ])
    expect(leaksIn(dump, found)).toEqual(['one: base32', 'two: token'])
  })
})
