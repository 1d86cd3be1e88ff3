// A05, seen from the database: a request for an address that nobody has costs the same round trips, and writes the same
// kinds of rows, as one for an address that somebody has.

import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox, createPhone, testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { createFreehold, type Freehold, type TenantHandle, type User } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { PASSWORD } from './house.ts'

const NUMBER = '+4930901820'
let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let freehold: Freehold<unknown, string>
let acme: TenantHandle
let ana: User
const [mailbox, phone] = [createMailbox(), createPhone()]

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
  freehold = (await createFreehold({
    storage: postgres({ pool, listen: false }),
    keys: testKeys(),
    passwordHasher: testHasher(),
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://example.test' },
    onError: () => undefined,
    onWarning: () => undefined,
  })) as unknown as Freehold<unknown, string>
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  ana = await acme.users.create({ email: 'ana@example.test', password: PASSWORD })
  const { id } = await acme.accounts.requestPhoneChange(ana, { phone: NUMBER })
  const code = /\d{6}/.exec((await phone.last())!.text)![0]
  await acme.accounts.confirmPhoneChange(ana, { id, code })
})
afterAll(async () => {
  await freehold.close()
  await pool.end()
  await proxy.close()
  await database.close()
})

interface Seen {
  readonly trips: number
  readonly statements: number
  readonly written: unknown
}

async function seen(work: () => Promise<unknown>): Promise<Seen> {
  const counts = async () => {
    const [row] = await database.admin(`select
      (select count(*)::int from freehold.challenges) as challenges,
      (select count(*)::int from freehold.audit_events) as events,
      (select count(*)::int from freehold.sign_in_attempts) as attempts`)
    return row as Record<string, number>
  }
  const before = await counts()
  proxy.reset()
  await work()
  const trips = proxy.roundTrips
  const statements = proxy.sent.get('B') ?? 0
  const after = await counts()
  return { trips, statements, written: Object.keys(after).map((table) => after[table]! - before[table]!) }
}

const requests: readonly [string, (who: 'known' | 'unknown') => Promise<unknown>][] = [
  ['a link to sign in', (who) => acme.signIn.requestLink({ email: address(who) })],
  ['a code by e-mail', (who) => acme.signIn.requestCode({ email: address(who) })],
  ['a code by text message', (who) => acme.signIn.requestCode({ phone: who === 'known' ? NUMBER : '+4930111111' })],
  ['a new password', (who) => acme.accounts.requestPasswordReset({ email: address(who) })],
  ['a link to prove the address', (who) => acme.accounts.requestEmailVerification({ email: address(who) })],
  ['a sign-up', (who) => acme.accounts.requestSignUp({ email: address(who) })],
]
const address = (who: 'known' | 'unknown') => (who === 'known' ? ana.email : 'ghost@example.test')

it.each(requests)('A05: %s is asked for alike', async (_, ask) => {
  // statements are prepared at first
  for (const who of ['unknown', 'known'] as const) await ask(who)
  const [known, unknown] = [await seen(() => ask('known')), await seen(() => ask('unknown'))]
  expect(unknown).toEqual(known)
  expect(known.trips).toBeGreaterThan(2)
})

it('A05: a wrong code is looked at alike', async () => {
  const asked = async (email: string) => (await acme.signIn.requestCode({ email })).id
  const other = await acme.users.create({ email: 'bob@example.test' })
  const ids = { known: await asked(other.email), unknown: await asked('nobody@example.test') }
  const wrong = (who: keyof typeof ids) => acme.signIn.code({ id: ids[who], code: '00000000' })
  for (const who of ['unknown', 'known'] as const) await wrong(who)
  const [known, unknown] = [await seen(() => wrong('known')), await seen(() => wrong('unknown'))]
  expect(unknown).toEqual(known)
})
