import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import { type FakeProvider, fakeProvider } from '../../../src/adapters/testing/index.ts'
import type { Storage } from '../../../src/core/storage/storage.ts'
import { FreeholdError } from '../../../src/index.ts'
import type { Answer } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

describe.each(FRAMEWORKS)('plans and webhooks on %s', (framework) => {
  let world: World
  let storage: Storage<unknown>
  let provider: FakeProvider
  /** What keeps the next webhook from being stored. */
  let broken: Error | undefined
  beforeAll(async () => {
    provider = fakeProvider()
    storage = breakable(memory(), () => broken)
    world = await openWorld(framework, {
      storage,
      billing: { fake: provider },
      entitlements: { defaultPlan: 'free' },
    })
    const { plans } = world.freehold
    await plans.put({ key: 'free', name: 'Free', features: {}, limits: { seats: 2 } })
    await plans.put({ key: 'team', name: 'Team', rank: 1, features: { export: true }, limits: { seats: 4 } })
    await plans.putPrice({
      planKey: 'team',
      provider: 'fake',
      providerPriceId: 'p1',
      currency: 'eur',
      unitAmount: 1000,
    })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** As a provider's server sends it: no cookie, no origin, to a host that is no tenant's. */
  function post(body: Uint8Array, headers: Record<string, string> = {}, path = '/auth/webhooks/fake'): Promise<Answer> {
    const bare = { host: 'hooks.elsewhere.test', 'sec-fetch-site': '', 'user-agent': '' }
    return world.browser('acme').send('POST', path, { body, headers: { ...bare, ...headers } })
  }
  function signed(body: Uint8Array, atMs?: number) {
    const { headers } = provider.sign(body, atMs === undefined ? {} : { atMs })
    return { 'stripe-signature': headers.get('stripe-signature') ?? '' }
  }
  function letter() {
    const customer = provider.addCustomer()
    provider.subscribe(customer, [{ priceId: 'p1' }])
    const body = provider.write(provider.outbox[0]!).rawBody
    provider.outbox.splice(0)
    return body
  }
  /** The bodies in the inbox, oldest first. */
  const inbox = async () => {
    const rows = await storage.system.records.find('webhook_inbox', { order: [{ by: 'id' }], limit: 100 })
    return rows.map(({ payload }) => Buffer.from(payload).toString())
  }

  it('stores an event byte for byte, and once however often it comes', async () => {
    // another spelling than any parser would write again
    const body = Buffer.from(`${letter().toString().replace('{', '{ \t"note":"\\u00e9 é",')}\n`)
    const first = await post(body, { ...signed(body), 'content-type': 'application/json; charset=utf-8' })
    expect([first.status, first.json]).toEqual([200, { received: true }])
    const again = await Promise.all([post(body, signed(body)), post(body, signed(body))])
    expect(again.map(({ status }) => status)).toEqual([200, 200])
    expect(await inbox()).toEqual([body.toString()])
  })

  it('refuses what is not signed, signed for other bytes, or signed long ago or ahead, and stores nothing', async () => {
    const before = await inbox()
    const body = letter()
    const other = Buffer.from(`${body} `)
    const [late, early] = [signed(body, Date.now() - 3_600_000), signed(body, Date.now() + 3_600_000)]
    const garbage = Buffer.from('{')
    const refusals = [
      await post(body),
      await post(other, signed(body)),
      await post(body, { 'stripe-signature': 't=1,v1=00' }),
      await post(body, late),
      await post(body, early),
      await post(garbage, signed(garbage)),
    ]
    expect(refusals.map(({ status, json }) => [status, json.code, json.reason])).toEqual([
      [400, 'WEBHOOK_REFUSED', 'signature'],
      [400, 'WEBHOOK_REFUSED', 'signature'],
      [400, 'WEBHOOK_REFUSED', 'signature'],
      [400, 'WEBHOOK_REFUSED', 'timestamp'],
      [400, 'WEBHOOK_REFUSED', 'timestamp'],
      [400, 'WEBHOOK_REFUSED', 'payload'],
    ])
    expect(await inbox()).toEqual(before)
  })

  it('takes bodies up to a mebibyte and none beyond, announced or not', async () => {
    const most = Buffer.alloc(1_048_576, 0x20)
    expect((await post(most, signed(most))).json.code).toBe('WEBHOOK_REFUSED')
    const more = Buffer.alloc(1_048_577, 0x20)
    expect((await post(more, signed(more))).json).toMatchObject({ code: 'BODY_TOO_LARGE', maximumBytes: 1_048_576 })
    const chunked = { 'content-length': '', 'transfer-encoding': 'chunked' }
    expect((await post(more, { ...signed(more), ...chunked })).status).toBe(413)
  })

  it('knows no other provider, no other method and no other spelling', async () => {
    const body = letter()
    expect((await post(body, signed(body), '/auth/webhooks/stripe')).json).toMatchObject({ code: 'PROVIDER_UNKNOWN' })
    expect((await post(body, signed(body), '/auth/webhooks/__proto__')).json.code).toBe('PROVIDER_UNKNOWN')
    expect((await post(body, signed(body), '/auth/webhooks/fake/')).json.code).toBe('ROUTE_UNKNOWN')
    expect((await world.browser('acme').get('/auth/webhooks/fake')).headers.allow).toBe('OPTIONS, POST')
  })

  it('answers 503 and not 200 while it cannot be stored, whatever the reason, and takes it when it comes again', async () => {
    const body = letter()
    const before = world.told.length
    for (const reason of [
      new FreeholdError('POOL_EXHAUSTED'),
      new FreeholdError('STORAGE_FAILED', { sqlstate: '53100' }),
      new Error('secret'),
    ]) {
      broken = reason
      const answer = await post(body, signed(body))
      broken = undefined
      expect(answer.status).toBe(503)
      expect(answer.text).not.toMatch(/secret|53100/)
    }
    expect(world.told.length).toBe(before + 3)
    expect(await inbox()).not.toContain(body.toString())
    expect((await post(body, signed(body))).status).toBe(200)
    expect((await inbox()).at(-1)).toBe(body.toString())
  })

  it('lifts what the plan forbids: an entitlement that is missing, and a limit that is reached', async () => {
    const user = await world.user(world.acme)
    await world.acme.assignments.grant({ principal: user, role: 'owner' })
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    const seat = async () => {
      const { status, json } = await browser.post('/seats')
      return json.code ? [status, json.code, json.limit, json.maximum] : [status, json.used]
    }
    const missing = await browser.get('/export')
    expect([missing.status, missing.json.code, missing.json.feature]).toEqual([402, 'ENTITLEMENT_MISSING', 'export'])
    expect([await seat(), await seat(), await seat()]).toEqual([
      [200, 1],
      [200, 2],
      [402, 'LIMIT_REACHED', 'seats', 2],
    ])

    const { providerCustomerId } = await world.acme.billing.customer('fake')
    provider.subscribe(providerCustomerId, [{ priceId: 'p1' }])
    for (const delivery of provider.outbox.splice(0)) {
      const { rawBody } = provider.write(delivery)
      expect((await post(rawBody, signed(rawBody))).status).toBe(200)
    }
    await world.freehold.webhooks.drain()
    expect([(await browser.get('/export')).status, await seat()]).toEqual([200, [200, 3]])
    const { json } = await browser.get('/auth/plan')
    expect(json).toMatchObject({
      plan: { key: 'team', name: 'Team', features: { export: true } },
      limits: { seats: { maximum: 4, used: 3 } },
      subscriptions: [{ provider: 'fake', status: 'active', planKey: 'team', cancelAtPeriodEnd: false }],
    })
  })

  it('shows the plan to who may read it', async () => {
    const user = await world.user(world.acme)
    await world.acme.assignments.grant({ principal: user, role: 'member' })
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    expect((await browser.get('/auth/plan')).json).toMatchObject({ code: 'FORBIDDEN', permission: 'billing:read' })
    expect((await world.browser('acme').get('/auth/plan')).json.code).toBe('UNAUTHENTICATED')
  })
})

/** The same storage, whose inbox fails for as long as there is a reason to. */
function breakable(storage: Storage<unknown>, reason: () => Error | undefined): Storage<unknown> {
  const { records } = storage.system
  const insert: typeof records.insert = (table, rows, options) => {
    const error = table === 'webhook_inbox' ? reason() : undefined
    return error ? Promise.reject(error) : records.insert(table, rows, options)
  }
  return { ...storage, system: { ...storage.system, records: { ...records, insert } } }
}
