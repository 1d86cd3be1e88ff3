// S08, M07: whoever reads the whole database learns no secret. A tour through all that people do leaves its secrets behind;
// then every value of every table is searched for them. A new feature adds its own step to the tour.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox, createPhone, testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { createSecrets, dumpOf, leaksIn, secretTables, unvisited, written } from './dump.ts'
import { STEPS } from './tour.ts'
import { FACTOR_STEPS, PAGE } from './tour-of-factors.ts'
import { OPERATOR_STEPS } from './tour-of-operators.ts'

let database: TestDatabase
let storage: Storage
let freehold: Freehold
const secrets = createSecrets()
const [mailbox, phone] = [createMailbox(), createPhone()]
beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool, listen: false })
  freehold = await createFreehold<unknown>({
    storage,
    keys: testKeys(),
    passwordHasher: testHasher(),
    tenants: { resolve: ['header'] },
    http: { signUp: 'open' },
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://{slug}.example.test' },
    passkeys: { origins: [PAGE] },
    onWarning: () => undefined,
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  for (const [id, key] of Object.entries(testKeys())) {
    if (id !== 'current') secrets.keep(`the root key ${id}`, key as Uint8Array)
  }
  for (const step of Object.values({ ...STEPS, ...FACTOR_STEPS, ...OPERATOR_STEPS }))
    await step({ freehold, storage, acme, mailbox, phone, secrets })
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

describe('a raw dump', () => {
  it('S08, M07: holds no secret of the tour, in no table and in no form', async () => {
    const dump = await dumpOf(database)
    expect(dump.size).toBeGreaterThan(20)
    expect(secrets.all.length).toBeGreaterThan(60)
    expect(leaksIn(dump, secrets)).toEqual([])
  })

  it('has rows in every table with a secret column that a feature writes', async () => {
    const known = written(secretTables())
    expect(known).toEqual(
      expect.arrayContaining(['users', 'sessions', 'devices', 'api_keys', 'mfa_methods', 'challenges']),
    )
    expect(written(unvisited(await dumpOf(database)))).toEqual([])
    expect(written(['no_such_table'])).toEqual([])
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

  it('a code is found as a word and as its plain hash, and not in a time or an id', async () => {
    const codes = createSecrets()
    codes.keepCode('code', '123456')
    const seen = (text: string) => leaksIn(new Map([['t', text]]), codes).length > 0
    const hash = createHash('sha256').update('123456').digest('hex')
    expect(['code 123456', '{"code":"123456"}', '123456', hash].map(seen)).toEqual([true, true, true, true])
    const others = ['2026-01-01T10:00:00.123456+00:00', '0a-123456', '71234561', 'a123456', '1234567']
    expect(others.map(seen)).toEqual([false, false, false, false, false])
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
