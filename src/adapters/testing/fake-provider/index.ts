// A payment provider in memory, for tests and demonstrations: a small Stripe with its own truth, clock and post. It is
// the adapter of freehold/stripe on an API that answers from here, so what is tried with it is what runs.

import { randomBytes } from 'node:crypto'
import type { BillingProvider } from '../../../core/ports/billing-provider.ts'
import { stripeBilling } from '../../stripe/index.ts'
import { createApi, type FakeApi } from './api.ts'
import type { FakeObject } from './bodies.ts'
import { createPost, type Delivery, type Post } from './post.ts'
import { createTruth, type Truth } from './truth.ts'

export interface FakeProviderOptions {
  /** The name under which it is set up. Default `fake`. */
  readonly name?: string
  readonly account?: string
  /** Default false. */
  readonly livemode?: boolean
  /** What its webhooks are signed with; the first one signs, all are accepted. */
  readonly secrets?: readonly string[]
  /** Where its clock starts. It counts in seconds and moves by `clock.advance` alone. Default now. */
  readonly startAt?: Date
  /** The clock by which its letters are signed, in milliseconds. Default `Date.now`. */
  readonly now?: () => number
  /** Part of all its ids. Default: another for each provider. */
  readonly tag?: string
}

/** Give it to `createFreehold({ billing: { fake } })`; act on it as the world does; deliver what it has to tell. */
export interface FakeProvider extends BillingProvider, Truth, Post {
  readonly api: FakeApi
  /** Somebody pays at the page that `checkout` led to. Answers the subscription. */
  completeCheckout(url: string): string
  /** Tells of something as of now, also of a type that nobody knows. */
  tell(type: string, objectId: string): Delivery
}

export type { Delivered, Delivery, Faults } from './post.ts'
export type { FakeApi }

export function fakeProvider(options: FakeProviderOptions = {}): FakeProvider {
  const { name = 'fake', account = '', livemode = false, now = Date.now } = options
  const { tag = randomBytes(4).toString('hex'), startAt = new Date(now()) } = options
  const secrets = options.secrets ?? [`whsec_fake_${tag}_${randomBytes(16).toString('hex')}`]
  const outbox: Delivery[] = []

  const tell = (type: string, object: FakeObject): Delivery => {
    const names = { id: truth.newId('evt'), thinId: truth.newId('evt_thin') }
    const happening = { ...names, type, at: truth.clock.now(), object: structuredClone(object) }
    const delivery: Delivery = { eventId: names.id, type, happening, style: 'snapshot', shape: 'current' }
    outbox.push(delivery)
    return delivery
  }
  const truth = createTruth(tag, startAt, tell)
  const { api, client, checkouts } = createApi(truth, livemode)
  const provider = stripeBilling({ stripe: client, webhookSecrets: secrets, livemode, account, name })
  const post = createPost({ name, account, livemode, secrets, now }, outbox)

  return {
    ...provider,
    ...truth,
    ...post,
    api,
    completeCheckout(url) {
      const checkout = checkouts.get(url)
      if (!checkout) throw new Error(`the fake provider has no checkout at ${url}`)
      checkouts.delete(url)
      return truth.subscribe(checkout.customerId, checkout.items)
    },
    tell(type, objectId) {
      const object = truth.subscriptions.get(objectId) ?? truth.invoices.get(objectId)
      if (!object) throw new Error(`the fake provider knows no ${objectId}`)
      return tell(type, object)
    },
  }
}
