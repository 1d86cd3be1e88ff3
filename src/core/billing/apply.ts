// Applies one event: what it says, whose it is, whether that is the last word. The provider is only asked while no
// transaction is open.

import type { Context } from '../context.ts'
import type { InvoiceSnapshot, SubscriptionSnapshot } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { TenantRef } from '../storage/storage.ts'
import type { Desk } from './desk.ts'
import { close, rememberedCustomer } from './inbox.ts'
import { invoiceLedger } from './invoices.ts'
import type { Facts, Ledger, MirrorRow, Snapshot } from './ledger.ts'
import type { PlanBook } from './plans.ts'
import { realm } from './providers.ts'
import { type Claim, createSettle, type Outcome } from './settle.ts'
import { subscriptionLedger } from './subscriptions.ts'

/** How an event ends that was worked on. */
export type Ended = Extract<Outcome, string>

/** Applies a claimed event, to its end. @throws whatever keeps it from being applied; it is tried again then */
export type Apply = (event: WebhookInboxRow) => Promise<Ended>

export function createApply(context: Context, { read, ownerOf, ask }: Desk, book: PlanBook): Apply {
  const { storage } = context
  const { system } = storage
  const settle = createSettle(context)

  /** `open` opens the ledger in which the object is kept. */
  async function applyTo<S extends Snapshot, R extends MirrorRow>(
    claim: Claim,
    object: { readonly id: string; readonly snapshot?: S },
    open: (owner: TenantRef, snapshot: S | undefined) => Promise<Ledger<S, R>>,
    fetch: () => Promise<S | undefined>,
  ): Promise<Ended> {
    const { event, provider } = claim
    const { id } = object
    const look = async (before: { readonly seen?: number } = {}): Promise<Facts<S>> => ({
      snapshot: await ask(provider, fetch),
      fetched: true,
      ...before,
    })
    let facts: Facts<S> = object.snapshot ? { snapshot: object.snapshot, fetched: false } : await look()
    for (;;) {
      const { snapshot } = facts
      const customerId = snapshot?.customerId ?? event.customer_id ?? (await rememberedCustomer(system, event))
      // gone, and never heard of before
      if (customerId === undefined) return (await close(system, event, { state: 'done' })) ? 'done' : 'lost'
      const owner = await ownerOf(provider, customerId)
      const ledger = await open(owner, snapshot)
      const outcome = await settle(claim, { owner, ledger, id, facts, end: { state: 'done', customerId } })
      if (typeof outcome === 'string') return outcome
      facts = await look(outcome)
    }
  }

  const applySubscription = async (claim: Claim, id: string, snapshot?: SubscriptionSnapshot) => {
    const ledger = subscriptionLedger(await book.prices())
    return applyTo(
      claim,
      { id, ...(snapshot && { snapshot }) },
      async () => ledger,
      () => claim.provider.fetchSubscription(id),
    )
  }

  const applyInvoice = (claim: Claim, id: string, snapshot?: InvoiceSnapshot) =>
    applyTo(
      claim,
      { id, ...(snapshot && { snapshot }) },
      async (owner, known) => invoiceLedger(await subscriptionRow(claim, owner, known?.subscriptionId ?? null)),
      () => claim.provider.fetchInvoice(id),
    )

  /** The id of our row of a subscription; one that was not heard of yet is fetched and written first. */
  async function subscriptionRow(claim: Claim, owner: TenantRef, id: string | null): Promise<string | null> {
    if (id === null) return null
    const { provider } = claim
    const { records } = storage.tenant(owner)
    const row = async () => records.get('subscriptions', { ...realm(provider), provider_subscription_id: id })
    const known = await row()
    if (known) return known.id
    const snapshot = await ask(provider, () => provider.fetchSubscription(id))
    if (!snapshot) return null
    const ledger = subscriptionLedger(await book.prices())
    await settle(claim, { owner, ledger, id, facts: { snapshot, fetched: true } })
    return (await row())?.id ?? null
  }

  return async (event) => {
    const { claim, change } = await read(event)
    if (change.kind === 'none') return (await close(system, event, { state: 'ignored' })) ? 'done' : 'lost'
    if (change.kind === 'subscription') return applySubscription(claim, change.subscription.id, change.subscription)
    if (change.kind === 'invoice') return applyInvoice(claim, change.invoice.id, change.invoice)
    return change.object === 'subscription' ? applySubscription(claim, change.id) : applyInvoice(claim, change.id)
  }
}
