// Stripe's events, snapshot and thin: the envelope, and what each says. A thin event and the snapshot of the same
// happening carry one id here.

import type { ProviderChange, ProviderEvent } from '../../core/ports/billing-provider.ts'
import { type Fields, fields, list, parse, text, time } from './fields.ts'
import { customerOf, invoiceFrom, subscriptionFrom, Unreadable } from './objects.ts'

export interface Home {
  readonly account: string
  readonly livemode: boolean
}

type Kind = 'subscription' | 'invoice'

/** Undefined: these bytes are no event of Stripe's. */
export function eventFrom(rawBody: Uint8Array, home: Home): ProviderEvent | undefined {
  const body = parse(rawBody)
  const id = text(body?.id)
  const type = text(body?.type)
  if (!body || !id || !type) return undefined
  const livemode = typeof body.livemode === 'boolean' ? body.livemode : home.livemode
  if (isThin(body)) {
    const occurredAt = isoSecond(body.created)
    if (!occurredAt) return undefined
    const account = text(body.context) ?? home.account
    const objectId = text(fields(body.related_object)?.id) ?? null
    return { id: text(body.snapshot_event) ?? id, type, account, livemode, occurredAt, customerId: null, objectId }
  }
  const occurredAt = time(body.created)
  if (body.object !== 'event' || !occurredAt) return undefined
  const object = fields(fields(body.data)?.object)
  if (!object) return undefined
  const ours = kindOf(body) !== undefined
  return {
    id,
    type,
    account: text(body.account) ?? home.account,
    livemode,
    occurredAt,
    // an event that is not applied keeps no customer's line waiting
    customerId: (ours && customerOf(object)) || null,
    objectId: text(object.id) ?? null,
  }
}

/** What the event changes. Types that nobody knows yet change nothing. */
export function changeFrom(rawBody: Uint8Array): ProviderChange {
  const body = parse(rawBody)
  const kind = body && kindOf(body)
  if (!body || !kind) return { kind: 'none' }
  if (isThin(body)) {
    const id = text(fields(body.related_object)?.id)
    return id === undefined ? { kind: 'none' } : { kind: 'fetch', object: kind, id }
  }
  const object = fields(fields(body.data)?.object) as Fields
  const id = text(object.id)
  const asOf = time(body.created)
  // a preview is an invoice without an id
  if (id === undefined || !asOf) return { kind: 'none' }
  try {
    if (kind === 'invoice') return { kind, invoice: invoiceFrom(object, asOf, body.type === 'invoice.deleted') }
    // the rest of its items is on a further page
    if (!list(object.items).complete) return { kind: 'fetch', object: kind, id }
    return { kind, subscription: subscriptionFrom(object, asOf) }
  } catch (error) {
    // a shape of another version than any that is known here: what the API answers to our own instance is
    if (error instanceof Unreadable) return { kind: 'fetch', object: kind, id }
    throw error
  }
}

/** What a thin event's type says, a snapshot's object says too: the object is believed. */
function kindOf(body: Fields): Kind | undefined {
  const type = text(body.type) ?? ''
  if (isThin(body)) {
    if (type.startsWith('v1.customer.subscription.')) return 'subscription'
    return type.startsWith('v1.invoice.') ? 'invoice' : undefined
  }
  const object = fields(fields(body.data)?.object)?.object
  if (object === 'subscription') return 'subscription'
  return object === 'invoice' && type !== 'invoice.upcoming' ? 'invoice' : undefined
}

function isThin(body: Fields): boolean {
  return body.object === 'v2.core.event'
}

/** Snapshots count in seconds; a thin event must not seem to come after what happened in the same one. */
function isoSecond(value: unknown): Date | undefined {
  const parsed = Date.parse(text(value) ?? '')
  return Number.isNaN(parsed) ? undefined : new Date(Math.floor(parsed / 1000) * 1000)
}
