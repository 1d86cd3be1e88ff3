// What is let in: signed by one of the secrets, by a clock like ours, byte for byte, and stored before it is acknowledged.

import Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { fakeProvider } from '../../src/adapters/testing/index.ts'
import type { WebhookRequest } from '../../src/core/billing/billing.ts'
import { MAXIMUM_WEBHOOK_BYTES } from '../../src/core/billing/webhooks.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { refused } from '../setup/refusal.ts'
import { type Market, openMarket } from './market.ts'

const OLD = 'whsec_old_0123456789'
const NEW = 'whsec_new_0123456789'
const stripe = new Stripe('sk_test_none')
const body = {
  id: 'evt_1',
  object: 'event',
  created: 1_700_000_000,
  livemode: false,
  type: 'of.the_future',
  data: { object: {} },
}
const text = JSON.stringify(body)
const raw = Buffer.from(text)
const seconds = () => Math.floor(Date.now() / 1000)

let market: Market
beforeEach(() => {
  market = openMarket(memory(), { fake: { secrets: [OLD, NEW] } })
})

const sign = (options: { payload?: string; secret?: string; timestamp?: number; scheme?: string } = {}): string =>
  stripe.webhooks.generateTestHeaderString({ payload: text, secret: OLD, ...options })
const receive = (header: string | null, rawBody: Uint8Array = raw) =>
  market.webhooks.receive('fake', {
    rawBody,
    headers: { get: (name) => (name === 'stripe-signature' ? header : null) },
  })
const stored = () => market.context.storage.system.records.find('webhook_inbox', { limit: 10 })

describe('signatures', () => {
  const signature = (header: string): string => header.split('v1=')[1]!

  it.each<[string, () => string | null, 'signature' | 'timestamp']>([
    ['none', () => null, 'signature'],
    ['an empty one', () => '', 'signature'],
    ['of another secret', () => sign({ secret: 'whsec_somebody_elses' }), 'signature'],
    ['of another body', () => sign({ payload: `${text} ` }), 'signature'],
    ['of another scheme', () => sign({ scheme: 'v0' }), 'signature'],
    ['without a timestamp', () => `v1=${signature(sign())}`, 'signature'],
    ['with a timestamp that is no number', () => sign().replace(/t=\d+/, 't=now'), 'signature'],
    ['with another timestamp', () => sign().replace(/t=\d+/, `t=${seconds() + 1}`), 'signature'],
    ['cut short', () => sign().slice(0, -1), 'signature'],
    ['the header twice', () => `${sign()}, ${sign()}`, 'signature'],
    ['two timestamps', () => `t=${seconds()},${sign()}`, 'signature'],
    ['hundreds of signatures', () => `${sign()}${`,v1=${'0'.repeat(64)}`.repeat(300)}`, 'signature'],
    ['too old', () => sign({ timestamp: seconds() - 302 }), 'timestamp'],
    ['from the future', () => sign({ timestamp: seconds() + 303 }), 'timestamp'],
    ['a day ahead, which the package itself accepts', () => sign({ timestamp: seconds() + 86_400 }), 'timestamp'],
  ])('%s: refused, and nothing is stored', async (_, header, reason) => {
    expect(await receive(header())).toEqual({ ok: false, reason })
    expect(await stored()).toEqual([])
  })

  it('a day ahead is accepted by the package: the check is ours', () => {
    const header = sign({ timestamp: seconds() + 86_400 })
    expect(stripe.webhooks.constructEvent(text, header, OLD).id).toBe('evt_1')
  })

  it.each<[string, () => string]>([
    ['of the old secret', () => sign()],
    ['of the new one', () => sign({ secret: NEW })],
    ['of both, as while they are rotated', () => `${sign()},v1=${signature(sign({ secret: NEW }))}`],
    ['beside one of nobody', () => sign().replace(',v1=', `,v1=${'0'.repeat(64)},v1=`)],
    ['beside another scheme', () => `${sign()},v0=${'0'.repeat(64)}`],
    ['nearly too old', () => sign({ timestamp: seconds() - 298 })],
    ['nearly too far ahead', () => sign({ timestamp: seconds() + 298 })],
  ])('%s: accepted', async (_, header) => {
    expect(await receive(header())).toEqual({ ok: true, duplicate: false, eventId: 'evt_1' })
  })

  it('are on the bytes, not on the text that they may be read as', async () => {
    // the package decodes first: a byte order mark, and whatever is no UTF-8, would pass for what was signed
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), raw])
    expect(stripe.webhooks.constructEvent(marked, sign(), OLD).id).toBe('evt_1')
    expect(await receive(sign(), marked)).toEqual({ ok: false, reason: 'signature' })
  })
})

describe('payloads', () => {
  const signed = (rawBody: Buffer) => market.webhooks.receive('fake', market.fake.sign(rawBody))

  it('one byte more than 1 MiB is not even looked at; 1 MiB is', async () => {
    const long = JSON.stringify({ ...body, filler: '' })
    const filler = 'x'.repeat(MAXIMUM_WEBHOOK_BYTES - Buffer.byteLength(long))
    const largest = Buffer.from(JSON.stringify({ ...body, filler }))
    expect(largest.byteLength).toBe(MAXIMUM_WEBHOOK_BYTES)
    expect(await signed(largest)).toMatchObject({ ok: true })
    expect((await stored())[0]?.payload.byteLength).toBe(MAXIMUM_WEBHOOK_BYTES)
    expect(await signed(Buffer.concat([largest, Buffer.from(' ')]))).toEqual({ ok: false, reason: 'payload' })
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no JSON', Buffer.from('hello')],
    ['no object', Buffer.from('[]')],
    ['no UTF-8', Buffer.concat([raw.subarray(0, -1), Buffer.from([0xff, 0x7d])])],
    ['no event', Buffer.from(JSON.stringify({ ...body, object: 'customer' }))],
    ['no id', Buffer.from(JSON.stringify({ ...body, id: '' }))],
    ['no time', Buffer.from(JSON.stringify({ ...body, created: 'yesterday' }))],
    ['a time beyond all times', Buffer.from(JSON.stringify({ ...body, created: 999_999_999_999_999 }))],
    ['an id that no column holds', Buffer.from(JSON.stringify({ ...body, id: 'e'.repeat(256) }))],
    ['an id with NUL', Buffer.from(JSON.stringify({ ...body, id: 'a\0b' }))],
  ])('%s, though signed: refused', async (_, rawBody) => {
    expect(await signed(rawBody)).toEqual({ ok: false, reason: 'payload' })
    expect(await stored()).toEqual([])
  })

  it.each([
    ['null', null, 'request'],
    ['nothing', undefined, 'request'],
    ['a text', text, 'request'],
    ['no headers', { rawBody: raw }, 'headers'],
    ['headers as an object', { rawBody: raw, headers: { 'stripe-signature': 't=1' } }, 'headers'],
    ['headers that are null', { rawBody: raw, headers: null }, 'headers'],
  ])('%s is no request', async (_, request, field) => {
    const error = await refused(() => market.webhooks.receive('fake', request as never), 'INPUT_INVALID')
    expect(error.details.field).toBe(field)
    await refused(() => market.webhooks.receive('paypal', request as never), 'PROVIDER_UNKNOWN')
  })

  it('a body that was parsed has no signature any more', async () => {
    const parsed = { rawBody: body, headers: new Headers() } as unknown as WebhookRequest
    expect((await refused(() => market.webhooks.receive('fake', parsed), 'INPUT_INVALID')).details.field).toBe(
      'rawBody',
    )
    await refused(() => market.webhooks.receive('paypal', market.fake.sign(raw)), 'PROVIDER_UNKNOWN')
    await refused(() => market.webhooks.receive('constructor', market.fake.sign(raw)), 'PROVIDER_UNKNOWN')
  })
})

describe('the inbox', () => {
  it('keeps the bytes as they came, once; what is of no interest is ignored and acknowledged', async () => {
    const spaced = Buffer.from(`  ${JSON.stringify(body, null, 1)}\n`)
    expect(await market.webhooks.receive('fake', market.fake.sign(spaced))).toMatchObject({ duplicate: false })
    expect(await market.webhooks.receive('fake', market.fake.sign(raw))).toMatchObject({ ok: true, duplicate: true })
    const [row, ...others] = await stored()
    expect(others).toEqual([])
    expect(Buffer.from(row!.payload)).toEqual(spaced)
    expect(row).toMatchObject({ event_type: 'of.the_future', state: 'pending', attempts: 0 })
    expect(row!.occurred_at).toEqual(new Date(1_700_000_000_000))
    expect(await market.webhooks.drain()).toEqual({ applied: 1, failed: 0 })
    expect((await stored())[0]).toMatchObject({ state: 'ignored', lease_token: null })
  })

  it('a thin event and the snapshot of the same are one, whichever comes first', async () => {
    const { fake, webhooks } = market
    fake.draft(fake.addCustomer(), 100)
    fake.draft(fake.addCustomer(), 100)
    const [one, two] = [...fake.outbox]
    for (const [delivery, styles] of [
      [one!, ['snapshot', 'thin']],
      [two!, ['thin', 'snapshot']],
    ] as const) {
      for (const [i, style] of styles.entries()) {
        Object.assign(delivery, { style })
        const answer = { ok: true, duplicate: i === 1, eventId: delivery.eventId }
        expect(await webhooks.receive('fake', fake.write(delivery))).toEqual(answer)
      }
    }
    expect((await stored()).length).toBe(2)
  })

  it('of another account, and of the other mode, an event is kept and not applied', async () => {
    const { fake, webhooks } = market
    const foreign = {
      ...body,
      type: 'invoice.paid',
      data: { object: { object: 'invoice', id: 'in_1', customer: 'cus_1' } },
    }
    for (const more of [{ account: 'acct_other' }, { livemode: true }]) {
      expect(
        await webhooks.receive('fake', fake.sign(Buffer.from(JSON.stringify({ ...foreign, ...more })))),
      ).toMatchObject({
        ok: true,
        duplicate: false,
      })
    }
    expect(await webhooks.drain()).toEqual({ applied: 2, failed: 0 })
    expect((await stored()).map(({ state }) => state)).toEqual(['ignored', 'ignored'])
  })

  it('letters of the fake provider are what the package accepts', () => {
    const fake = fakeProvider({ secrets: [OLD] })
    fake.subscribe(fake.addCustomer(), [{ priceId: 'price_1' }])
    for (const delivery of fake.outbox) {
      const { rawBody, headers } = fake.write(delivery)
      const event = stripe.webhooks.constructEvent(Buffer.from(rawBody), headers.get('stripe-signature')!, OLD)
      expect(event).toMatchObject({ id: delivery.eventId, type: delivery.type })
      const thin = fake.write(Object.assign(delivery, { style: 'thin' }))
      const notification = stripe.parseEventNotification(
        Buffer.from(thin.rawBody),
        thin.headers.get('stripe-signature')!,
        OLD,
      )
      expect(notification).toMatchObject({ type: `v1.${delivery.type}` })
    }
  })
})

describe('a database that goes away', () => {
  let database: TestDatabase
  let proxy: TestProxy
  beforeAll(async () => {
    database = await createTestDatabase()
    proxy = await startProxy(database.appUrl)
  })
  afterAll(async () => {
    await proxy.close()
    await database.close()
  })

  it('before it has committed: not acknowledged; the provider comes again, and then it is stored once', async () => {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
    pool.on('error', () => undefined)
    const storage = postgres({ pool, listen: false })
    try {
      const { webhooks, fake } = openMarket(storage, { fake: { secrets: [OLD] } })
      proxy.cut({ beforeSend: 1 })
      await refused(() => webhooks.receive('fake', fake.sign(raw)), 'STORAGE_UNAVAILABLE')
      expect(await database.admin('select from freehold.webhook_inbox')).toEqual([])
      // committed, and nobody heard of it: to the provider it is as if it were not
      proxy.cut({ beforeAnswer: 1 })
      await refused(() => webhooks.receive('fake', fake.sign(raw)), 'STORAGE_UNAVAILABLE')
      expect(await webhooks.receive('fake', fake.sign(raw))).toEqual({ ok: true, duplicate: true, eventId: 'evt_1' })
      expect(await database.admin('select from freehold.webhook_inbox')).toHaveLength(1)
    } finally {
      await storage.close()
      await pool.end()
    }
  })
})
