// Moving sealed fields to the current key: on memory and on PostgreSQL, beside people who change the same rows.

import { randomBytes } from 'node:crypto'
import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testKeys } from '../../src/adapters/testing/index.ts'
import { createEnvelope, type Envelope, sealedWith } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { columnsOf, systemTables } from '../../src/core/storage/tables.ts'
import {
  createFreehold,
  type Freehold,
  type ReencryptionEvent,
  type ReencryptionSummary,
  type TenantHandle,
} from '../../src/index.ts'
import { quickHasher } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const PASSWORD = 'a kettle orbits quietly'
const runtime = systemRuntime()
const envelopes = [1, 2].map((count) => createEnvelope(createKeyring(testKeys(count)), runtime))
const [older, newer] = envelopes as [Envelope, Envelope]
const quiet = { passwordHasher: quickHasher, onWarning: () => undefined, onError: () => undefined }
const place = (tenantId: string, row: string) => ({ tenantId, table: 'mfa_methods', column: 'secret', row })

async function summaryOf(job: AsyncIterable<ReencryptionEvent>): Promise<ReencryptionSummary> {
  for await (const event of job) if (event.kind === 'finished') return event
  throw new Error('it did not finish')
}

it('no system table has a sealed column: the job walks tenants', () => {
  const sealed = Object.keys(systemTables).flatMap((name) =>
    columnsOf(name as keyof typeof systemTables).filter(([, column]) => column.sealed),
  )
  expect(sealed).toEqual([])
})

describe.each(['memory', 'postgres'] as const)('on %s', (name) => {
  let database: TestDatabase | undefined
  let storage: Storage
  let freehold: Freehold
  beforeAll(async () => {
    database = name === 'postgres' ? await createTestDatabase() : undefined
    storage = database ? postgres({ pool: database.appPool, listen: false }) : memory()
    freehold = await createFreehold<unknown>({ storage, keys: testKeys(2), ...quiet })
  })
  afterAll(async () => {
    await freehold.close()
    await database?.close()
  })

  const scopeOf = ({ id }: TenantHandle) => storage.tenant({ id, location: storage.sharedLocation })

  /** A factor whose secret is sealed with this envelope. */
  async function factor(
    tenant: TenantHandle,
    envelope: Envelope,
    secret: Uint8Array,
    userId?: string,
  ): Promise<string> {
    const user = userId ?? (await tenant.users.create({ email: `${runtime.newId()}@acme.test` })).id
    const id = runtime.newId()
    const sealed = envelope.seal(secret, place(tenant.id, id))
    await scopeOf(tenant).records.insert('mfa_methods', [
      { id, user_id: user, type: 'totp', name: 'App', secret: sealed },
    ])
    return id
  }
  const secretOf = async (tenant: TenantHandle, id: string): Promise<Uint8Array> =>
    (await scopeOf(tenant).records.get('mfa_methods', { id }))!.secret!
  const settle = (): Promise<TenantHandle> =>
    freehold.tenants.create({ slug: `t${randomBytes(6).toString('hex')}`, name: 'Acme' })

  it('moves every value of an older key, in all tenants that are there, and says when the old key is used by nothing', async () => {
    const tenants = await Promise.all([settle(), settle(), settle()])
    const made: { tenant: TenantHandle; id: string; secret: Uint8Array }[] = []
    for (const tenant of tenants) {
      const user = await tenant.users.create({ email: 'many@acme.test' })
      for (let i = 0; i < 120; i++) {
        const secret = randomBytes(20)
        made.push({ tenant, secret, id: await factor(tenant, i % 4 === 0 ? newer : older, secret, user.id) })
      }
      await scopeOf(tenant).records.insert('mfa_methods', [
        { id: runtime.newId(), user_id: user.id, type: 'sms', name: 'Phone', target: '+4912345' },
      ])
    }
    await freehold.tenants.suspend(tenants[1]!)
    await freehold.tenants.remove(tenants[2]!)

    const events: ReencryptionEvent[] = []
    for await (const event of freehold.maintenance.reencrypt()) events.push(event)
    const last = events.at(-1) as ReencryptionSummary
    expect(last).toMatchObject({ kind: 'finished', leftAlone: 0, looked: 360, moved: 270, unreadable: 0 })
    expect(last).toMatchObject({ inUse: [], unused: ['k1'] })
    const steps = events.filter((event) => event.kind === 'progress')
    expect(steps.length).toBeGreaterThanOrEqual(9)
    expect(steps.reduce((sum, { moved }) => sum + moved, 0)).toBe(270)
    const alone = createEnvelope(createKeyring({ current: 'k2', k2: testKeys(2).k2! }), runtime)
    for (const { tenant, id, secret } of made) {
      expect(Buffer.from(alone.open(await secretOf(tenant, id), place(tenant.id, id))).equals(secret)).toBe(true)
    }
    // again: nothing is left to do
    expect(await summaryOf(freehold.maintenance.reencrypt())).toMatchObject({ looked: 360, moved: 0, unused: ['k1'] })
  })

  it('an authenticator app that was set up under the old key signs in once that key is gone', async () => {
    const before = await createFreehold<unknown>({ storage, keys: testKeys(1), ...quiet })
    const tenant = await before.tenants.create({ slug: `t${randomBytes(6).toString('hex')}`, name: 'Acme' })
    const user = await tenant.users.create({ email: 'ana@acme.test', password: PASSWORD })
    const { factor, secret } = await tenant.factors.enrolTotp(user, { name: 'App' })
    await tenant.factors.confirm(user, factor, { code: await generate({ secret }) })

    expect((await summaryOf(freehold.maintenance.reencrypt())).moved).toBe(1)
    const { k2 } = testKeys(2)
    const after = await createFreehold<unknown>({ storage, keys: { current: 'k2', k2: k2! }, ...quiet })
    const handle = await after.tenant(tenant)
    const answer = await handle.signIn.password({ email: user.email, password: PASSWORD })
    if (answer.ok || answer.reason !== 'factor-required') throw new Error('no factor was asked for')
    // the step that proved it is used: the next one
    const code = await generate({ secret, epoch: Math.floor(Date.now() / 1000) + 30 })
    expect(await handle.signIn.continue({ token: answer.next.token, code })).toMatchObject({ ok: true })
    await handle.users.remove(user)
  })

  it('dry, it says what there is to move, and changes nothing', async () => {
    const tenant = await settle()
    const id = await factor(tenant, older, randomBytes(20))
    const before = await secretOf(tenant, id)
    expect(await summaryOf(freehold.maintenance.reencrypt({ dryRun: true }))).toMatchObject({
      moved: 0,
      inUse: [{ key: 'k1', fields: 1, sessions: 0 }],
      unused: [],
    })
    expect(Buffer.from(await secretOf(tenant, id)).equals(before)).toBe(true)
    expect(await summaryOf(freehold.maintenance.reencrypt())).toMatchObject({ moved: 1, unused: ['k1'] })
  })

  it.each([null, 5, { dryRun: 'yes' }, { dry: true }])('refuses the options %j', (options) => {
    expect(() => freehold.maintenance.reencrypt(options as never)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    )
  })

  it('stopped halfway it has done half; another call does the rest', async () => {
    const tenant = await settle()
    const user = await tenant.users.create({ email: 'many@acme.test' })
    for (let i = 0; i < 130; i++) await factor(tenant, older, randomBytes(20), user.id)
    let moved = 0
    for await (const event of freehold.maintenance.reencrypt()) {
      if (event.kind !== 'progress' || event.moved === 0) continue
      moved = event.moved
      break
    }
    expect(moved).toBe(50)
    expect((await summaryOf(freehold.maintenance.reencrypt())).moved).toBe(80)
  })

  it('a live session keeps its key in use until it is refreshed', async () => {
    const tenant = await settle()
    const before = await createFreehold<unknown>({ storage, keys: testKeys(1), ...quiet })
    const handle = await before.tenant(tenant)
    await handle.users.create({ email: 'ana@acme.test', password: PASSWORD })
    const answer = await handle.signIn.password({ email: 'ana@acme.test', password: PASSWORD })
    if (!answer.ok) throw new Error(answer.reason)
    expect(await summaryOf(freehold.maintenance.reencrypt())).toMatchObject({
      inUse: [{ key: 'k1', fields: 0, sessions: 1 }],
      unused: [],
    })
    await freehold.sessions.refresh(answer.tokens.refreshToken)
    expect(await summaryOf(freehold.maintenance.reencrypt())).toMatchObject({ inUse: [], unused: ['k1'] })
  })

  it('M10: what does not open is told and stays as it is; its key stays in use', async () => {
    const tenant = await settle()
    const [mine, others] = [await factor(tenant, older, randomBytes(20)), await factor(tenant, older, randomBytes(20))]
    const stolen = await secretOf(tenant, mine)
    const { records } = scopeOf(tenant)
    await records.update('mfa_methods', { id: others }, { secret: stolen })
    const rubbish = await factor(tenant, older, randomBytes(20))
    await records.update('mfa_methods', { id: rubbish }, { secret: Buffer.from('rubbish') })
    const unreadable: [string, string | null][] = []
    let last: ReencryptionEvent | undefined
    for await (const event of freehold.maintenance.reencrypt()) {
      if (event.kind === 'unreadable') unreadable.push([event.row, event.key])
      last = event
    }
    expect(new Map(unreadable)).toEqual(
      new Map([
        [others, 'k1'],
        [rubbish, null],
      ]),
    )
    expect(last).toMatchObject({ unreadable: 2, inUse: [{ key: 'k1', fields: 1, sessions: 0 }], unused: [] })
    expect(Buffer.from(await secretOf(tenant, others)).equals(stolen)).toBe(true)
    expect(sealedWith(await secretOf(tenant, mine))).toBe(2)
    await records.remove('mfa_methods', { id: { in: [others, rubbish] } })
  })

  it('a row that is changed while it is being moved keeps its new value, and is moved itself', async () => {
    const tenant = await settle()
    const ids: string[] = []
    for (let i = 0; i < 40; i++) ids.push(await factor(tenant, older, Buffer.from('first')))
    const { records } = scopeOf(tenant)
    const again = ids.map((id) => Buffer.from(`second ${id}`))
    // a late process writes with the old key, row by row, while two jobs run
    const writes = (async () => {
      for (const [i, id] of ids.entries()) {
        await records.update('mfa_methods', { id }, { secret: older.seal(again[i]!, place(tenant.id, id)) })
      }
    })()
    await Promise.all([
      writes,
      summaryOf(freehold.maintenance.reencrypt()),
      summaryOf(freehold.maintenance.reencrypt()),
    ])
    expect((await summaryOf(freehold.maintenance.reencrypt())).unused).toEqual(['k1'])
    for (const [i, id] of ids.entries()) {
      const sealed = await secretOf(tenant, id)
      expect(sealedWith(sealed)).toBe(2)
      expect(Buffer.from(newer.open(sealed, place(tenant.id, id))).equals(again[i]!)).toBe(true)
    }
  })

  it('a tenant that is being moved is left alone, and then no key counts as unused', async () => {
    const tenant = await settle()
    const id = await factor(tenant, older, randomBytes(20))
    await storage.system.records.update('tenants', { id: tenant.id }, { status: 'moving' })
    const last = await summaryOf(freehold.maintenance.reencrypt())
    expect(last).toMatchObject({ leftAlone: 1, unused: [] })
    expect(sealedWith(await secretOf(tenant, id))).toBe(1)
    await storage.system.records.update('tenants', { id: tenant.id }, { status: 'active' })
    expect(await summaryOf(freehold.maintenance.reencrypt())).toMatchObject({ moved: 1, unused: ['k1'] })
  })
})
