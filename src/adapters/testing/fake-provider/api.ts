// The fake provider's API, as the `stripe` package would have it: what is asked of it, what it remembers of a question,
// and how it fails when told to.

import type { StripeClient } from '../../stripe/index.ts'
import { type FakeObject, objectBody } from './bodies.ts'
import type { FakeItem, Truth } from './truth.ts'

export interface FakeApi {
  /** Questions asked so far. */
  readonly calls: number
  /** The next so many questions fail: with an HTTP status, or without one as when the network does. */
  failNext(times: number, status?: number): void
  /** How long an answer takes, in milliseconds. */
  delayMs: number
}

export interface Checkout {
  readonly customerId: string
  readonly items: readonly FakeItem[]
}

/** An error as the package throws it. */
export class FakeApiError extends Error {
  readonly statusCode: number | undefined

  constructor(message: string, statusCode?: number) {
    super(message)
    this.statusCode = statusCode
  }
}

export const CHECKOUT = 'https://checkout.fake.test/'

export function createApi(truth: Truth, livemode: boolean) {
  const checkouts = new Map<string, Checkout>()
  /** Key -> question and answer: an error is remembered like any other answer. */
  const remembered = new Map<string, { readonly question: string; readonly answer: unknown }>()
  const failures: (number | undefined)[] = []
  let calls = 0
  const api = {
    get calls() {
      return calls
    },
    failNext(times: number, status?: number) {
      for (let i = 0; i < times; i++) failures.push(status)
    },
    delayMs: 0,
  } satisfies FakeApi

  /** What is true when it is looked at, dated when the answer leaves. */
  async function answer<R>(look: () => R): Promise<R> {
    calls++
    if (failures.length > 0) throw new FakeApiError('the fake provider was told to fail', failures.shift())
    const result = look()
    if (api.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, api.delayMs))
    return result
  }

  async function once<R>(key: string, question: object, make: () => R): Promise<R> {
    const text = JSON.stringify(question)
    const known = remembered.get(key)
    if (known) {
      if (known.question !== text) throw new FakeApiError('this key came with another question before', 400)
      if (known.answer instanceof FakeApiError) throw known.answer
      return known.answer as R
    }
    const made = await answer(make).catch((error: unknown) => error)
    // what never arrived is not remembered
    const heard = !(made instanceof FakeApiError) || made.statusCode !== undefined
    if (heard) remembered.set(key, { question: text, answer: made })
    if (made instanceof Error) throw made
    return made as R
  }

  const retrieve = (objects: ReadonlyMap<string, FakeObject>, id: string): Promise<object> =>
    answer(() => {
      const object = objects.get(id)
      if (!object) throw new FakeApiError(`No such object: '${id}'`, 404)
      const date = truth.clock.now().toUTCString()
      return { ...objectBody(object, livemode, 'current'), lastResponse: { headers: { date }, statusCode: 200 } }
    })

  const client: StripeClient = {
    customers: {
      create: ({ email, name, metadata }, { idempotencyKey }) => {
        const tenantId = metadata?.freehold_tenant
        const details = {
          ...(email === undefined ? {} : { email }),
          ...(name === undefined ? {} : { name }),
          ...(tenantId === undefined ? {} : { tenantId }),
        }
        return once(idempotencyKey, details, () => ({ id: truth.addCustomer(details) }))
      },
    },
    subscriptions: { retrieve: (id) => retrieve(truth.subscriptions, id) },
    subscriptionItems: { list: async () => ({ data: [] }) },
    invoices: { retrieve: (id) => retrieve(truth.invoices, id) },
    checkout: {
      sessions: {
        create: ({ customer, line_items }, { idempotencyKey }) =>
          once(idempotencyKey, { customer, line_items }, () => {
            const url = `${CHECKOUT}${truth.newId('cs')}`
            const items = line_items.map(({ price, quantity }) => ({ priceId: price, quantity }))
            checkouts.set(url, { customerId: customer, items })
            return { url }
          }),
      },
    },
  }
  return { api, client, checkouts }
}
