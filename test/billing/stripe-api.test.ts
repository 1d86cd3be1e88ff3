// freehold/stripe on the package itself, which talks HTTP to a server here: what is asked, and what its answers become.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stripeBilling } from '../../src/adapters/stripe/index.ts'
import type { BillingProvider } from '../../src/core/ports/billing-provider.ts'
import { refused } from '../setup/refusal.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly headers: IncomingMessage['headers']
}
interface Answer {
  readonly status?: number
  readonly body?: object | string
  readonly headers?: Record<string, string>
  /** The connection is cut instead. */
  readonly cut?: boolean
}

const DATE = 'Sat, 28 Nov 2026 09:00:10 GMT'
let server: Server
let provider: BillingProvider
let asked: Asked[]
let answer: (asked: Asked) => Answer

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      form: new URLSearchParams(body),
      headers: request.headers,
    }
    asked.push(one)
    const { status = 200, body: said = {}, headers = {}, cut = false } = answer(one)
    if (cut) return void request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json', date: DATE, 'request-id': 'req_1', ...headers })
    response.end(typeof said === 'string' ? said : JSON.stringify(said))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const options = { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, telemetry: false } as const
  const stripe = new Stripe('sk_test_x', options)
  provider = stripeBilling({ stripe, webhookSecrets: ['whsec_0123456789'], livemode: false })
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  asked = []
  answer = () => ({ status: 404, body: { error: { type: 'invalid_request_error', code: 'resource_missing' } } })
})

const error = (status: number, type = 'api_error'): Answer => ({ status, body: { error: { type, message: 'no' } } })
const item = (n: number) => ({
  id: `si_${n}`,
  object: 'subscription_item',
  price: { id: `price_${n}`, object: 'price' },
  quantity: n,
  current_period_start: 1_790_000_000,
  current_period_end: 1_792_000_000,
})
const subscription = (items: object[], more: object = {}) => ({
  id: 'sub_1',
  object: 'subscription',
  customer: 'cus_1',
  status: 'active',
  created: 1_780_000_000,
  cancel_at_period_end: false,
  trial_end: null,
  canceled_at: null,
  items: { object: 'list', data: items, has_more: false, url: '/v1/subscription_items' },
  ...more,
})
const invoice = {
  id: 'in_1',
  object: 'invoice',
  customer: { id: 'cus_1', object: 'customer' },
  parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1' } },
  number: 'A-1',
  status: 'paid',
  currency: 'EUR',
  amount_due: 1000,
  amount_paid: 1000,
  hosted_invoice_url: 'https://pay.test/in_1',
  due_date: null,
  status_transitions: { paid_at: 1_790_000_001 },
  created: 1_780_000_000,
}

describe('a subscription', () => {
  it('is asked for by its id, and dated by when the answer was sent, less what reading may take', async () => {
    answer = () => ({ body: subscription([item(1), item(2)]) })
    expect(await provider.fetchSubscription('sub_1')).toEqual({
      id: 'sub_1',
      customerId: 'cus_1',
      status: 'active',
      items: [1, 2].map((n) => ({
        id: `si_${n}`,
        priceId: `price_${n}`,
        quantity: n,
        periodStart: new Date(1_790_000_000_000),
        periodEnd: new Date(1_792_000_000_000),
      })),
      cancelAtPeriodEnd: false,
      trialEnd: null,
      canceledAt: null,
      deleted: false,
      asOf: new Date(Date.parse(DATE) - 2000),
    })
    expect(asked).toMatchObject([{ method: 'GET', path: '/v1/subscriptions/sub_1' }])
    expect(asked[0]!.headers.authorization).toBe('Bearer sk_test_x')
  })

  it('with further pages of items is asked for each of them, and has them all', async () => {
    const all = Array.from({ length: 250 }, (_, i) => item(i + 1))
    const list = { object: 'list', has_more: false, url: '/v1/subscription_items' }
    const page = (after: string | null) => {
      const from = all.findIndex(({ id }) => id === after) + 1
      return { ...list, data: all.slice(from, from + 100), has_more: from + 100 < all.length }
    }
    answer = ({ path, query }) =>
      path === '/v1/subscription_items'
        ? { body: page(query.get('starting_after')) }
        : { body: subscription(all.slice(0, 10), { items: { ...list, data: all.slice(0, 10), has_more: true } }) }
    const found = await provider.fetchSubscription('sub_1')
    expect(found?.items.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
    expect(asked[0]!.path).toBe('/v1/subscriptions/sub_1')
    const question = { subscription: 'sub_1', limit: '100' }
    expect(asked.slice(1).map(({ query }) => Object.fromEntries(query))).toEqual([
      question,
      { ...question, starting_after: 'si_100' },
      { ...question, starting_after: 'si_200' },
    ])
  })

  it('whose further page fails is not had in part', async () => {
    const first = { object: 'list', data: [item(1)], has_more: true, url: '/v1/subscription_items' }
    answer = ({ path }) =>
      path === '/v1/subscription_items' ? error(503) : { body: subscription([], { items: first }) }
    expect((await refused(() => provider.fetchSubscription('sub_1'), 'PROVIDER_FAILED')).details.status).toBe(503)
  })

  it('that is canceled is gone for good; one that is not there is undefined', async () => {
    answer = () => ({ body: subscription([item(1)], { status: 'canceled', canceled_at: 1_791_000_000 }) })
    expect(await provider.fetchSubscription('sub_1')).toMatchObject({ status: 'canceled', deleted: true })
    answer = () => error(404, 'invalid_request_error')
    expect(await provider.fetchSubscription('sub_2')).toBeUndefined()
  })
})

describe('an invoice', () => {
  it('is asked for by its id; one that is deleted, or not there, is undefined', async () => {
    answer = () => ({ body: invoice })
    expect(await provider.fetchInvoice('in_1')).toEqual({
      id: 'in_1',
      customerId: 'cus_1',
      subscriptionId: 'sub_1',
      number: 'A-1',
      status: 'paid',
      currency: 'eur',
      amountDue: 1000,
      amountPaid: 1000,
      hostedUrl: 'https://pay.test/in_1',
      dueAt: null,
      paidAt: new Date(1_790_000_001_000),
      deleted: false,
      asOf: new Date(Date.parse(DATE) - 2000),
    })
    expect(asked).toMatchObject([{ method: 'GET', path: '/v1/invoices/in_1' }])
    answer = () => ({ body: { id: 'in_1', object: 'invoice', deleted: true } })
    expect(await provider.fetchInvoice('in_1')).toBeUndefined()
    answer = () => error(404, 'invalid_request_error')
    expect(await provider.fetchInvoice('in_1')).toBeUndefined()
  })
})

describe('a customer', () => {
  const details = { tenantId: 'tenant-1', idempotencyKey: 'key-1' }

  it('is made with the tenant’s name on it, and under the key', async () => {
    answer = () => ({ body: { id: 'cus_9', object: 'customer' } })
    const made = await provider.createCustomer({ ...details, email: 'pay@example.test', name: 'Acme & Co' })
    expect(made).toEqual({ id: 'cus_9' })
    expect(asked).toMatchObject([{ method: 'POST', path: '/v1/customers' }])
    expect(Object.fromEntries(asked[0]!.form)).toEqual({
      email: 'pay@example.test',
      name: 'Acme & Co',
      'metadata[freehold_tenant]': 'tenant-1',
    })
    expect(asked[0]!.headers['idempotency-key']).toBe('key-1')
    await provider.createCustomer(details)
    expect(Object.fromEntries(asked[1]!.form)).toEqual({ 'metadata[freehold_tenant]': 'tenant-1' })
  })
})

describe('a checkout', () => {
  it('is for one price, by this customer, and leads to where it is paid', async () => {
    answer = () => ({ body: { id: 'cs_1', object: 'checkout.session', url: 'https://pay.test/cs_1' } })
    const question = {
      customerId: 'cus_1',
      priceId: 'price_1',
      quantity: 3,
      successUrl: 'https://acme.test/yes?s={CHECKOUT_SESSION_ID}',
      cancelUrl: 'https://acme.test/no',
      idempotencyKey: 'key-2',
    }
    expect(await provider.checkout(question)).toEqual({ url: 'https://pay.test/cs_1' })
    expect(asked).toMatchObject([{ method: 'POST', path: '/v1/checkout/sessions' }])
    expect(Object.fromEntries(asked[0]!.form)).toEqual({
      mode: 'subscription',
      customer: 'cus_1',
      'line_items[0][price]': 'price_1',
      'line_items[0][quantity]': '3',
      success_url: question.successUrl,
      cancel_url: question.cancelUrl,
    })
    expect(asked[0]!.headers['idempotency-key']).toBe('key-2')
    answer = () => ({ body: { id: 'cs_2', object: 'checkout.session', url: null } })
    await refused(() => provider.checkout(question), 'PROVIDER_FAILED')
  })
})

describe('what goes wrong at Stripe is PROVIDER_FAILED', () => {
  const questions: readonly [what: string, ask: () => Promise<unknown>][] = [
    ['a subscription', () => provider.fetchSubscription('sub_1')],
    ['an invoice', () => provider.fetchInvoice('in_1')],
    ['a customer', () => provider.createCustomer({ tenantId: 't', idempotencyKey: 'k' })],
  ]
  for (const [what, ask] of questions) {
    it.each([400, 401, 402, 403, 409, 429, 500, 503])(`${what}: %i, asked once, with the status`, async (status) => {
      answer = () => error(status)
      expect((await refused(ask, 'PROVIDER_FAILED')).details).toEqual({ provider: 'stripe', status })
      expect(asked).toHaveLength(1)
    })

    it(`${what}: no answer at all has no status, so that it is asked again with the same key`, async () => {
      answer = () => ({ cut: true })
      expect((await refused(ask, 'PROVIDER_FAILED')).details).toEqual({ provider: 'stripe' })
    })
  }

  it('and names no key, in the error as in its JSON', async () => {
    answer = () => error(401, 'invalid_request_error')
    const failure = await refused(() => provider.fetchInvoice('in_1'), 'PROVIDER_FAILED')
    expect(JSON.stringify(failure)).not.toContain('sk_test')
  })
})
