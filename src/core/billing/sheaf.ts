// Events that need nobody asked, many in one transaction: newer words, or older ones, of subscriptions that are known.
// Judged under their rows' locks and ended with them, as one alone would be; what is not so simple is left to be applied
// alone, and so is what has failed before.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { SubscriptionSnapshot } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { HeldSubscription, SubscriptionName } from '../storage/mirror.ts'
import type { SystemUnit, TenantRef } from '../storage/storage.ts'
import type { Desk } from './desk.ts'
import { type Facts, judge, stampOf } from './ledger.ts'
import type { PriceToPlan } from './plan-in-force.ts'
import type { PlanBook } from './plans.ts'
import { realm } from './providers.ts'
import { type Claim, tell } from './settle.ts'
import { revise } from './subscriptions.ts'

export interface Gathered {
  readonly applied: number
  /** Still this claim's, and to be applied alone. */
  readonly left: readonly WebhookInboxRow[]
}

/** Applies events of one claim as far as they can be applied together. */
export type ApplyTogether = (events: readonly WebhookInboxRow[]) => Promise<Gathered>

/** An event that says all there is to say. */
interface Word {
  readonly claim: Claim
  readonly owner: TenantRef
  readonly facts: Facts<SubscriptionSnapshot> & { readonly snapshot: SubscriptionSnapshot }
}

/** What one of many may be the cause of: the others are tried again without it. */
const OF_ONE: ReadonlySet<string> = new Set([
  'ROW_REFUSED',
  'REFERENCE_MISSING',
  'DUPLICATE',
  'CONFLICT',
  'STORAGE_FAILED',
  'INPUT_INVALID',
])

export function createApplyTogether(context: Context, { read, ownerOf }: Desk, book: PlanBook): ApplyTogether {
  const { storage, runtime, auditWriter } = context
  const { system } = storage

  /** Undefined: not to be applied with others. Whatever goes wrong here is found, and told, where it is applied alone. */
  async function understand(event: WebhookInboxRow): Promise<Word | 'ignored' | undefined> {
    if (event.attempts > 1) return undefined
    try {
      const { claim, change } = await read(event)
      if (change.kind === 'none') return 'ignored'
      if (change.kind !== 'subscription') return undefined
      const { subscription: snapshot } = change
      // a customer that the event does not name is written down with its end
      if (snapshot.customerId !== event.customer_id) return undefined
      const owner = await ownerOf(claim.provider, snapshot.customerId)
      return { claim, owner, facts: { snapshot, fetched: false } }
    } catch {
      return undefined
    }
  }

  /** All of them or none; answers those that somebody has to be asked about. */
  function settle(words: readonly Word[], planOf: PriceToPlan): Promise<Word[]> {
    return system.transaction(async (unit) => {
      await unit.verbs.commitAsynchronously()
      const held = byName(await unit.verbs.holdSubscriptions(words.map(nameOf)))
      const ended: WebhookInboxRow[] = []
      const left: Word[] = []
      for (const word of words) {
        const { claim, owner, facts } = word
        const key = keyOf(owner.id, nameOf(word))
        const subject = held.get(key)
        // a second word on one subscription is judged when the first is written
        held.delete(key)
        const verdict = subject ? judge(subject.row, facts, claim.claimedAt) : 'fetch'
        if (verdict === 'fetch') left.push(word)
        else ended.push(claim.event)
        if (verdict === 'apply' && subject) await write(unit, word, subject, planOf)
      }
      await finish(unit, ended)
      return left
    })
  }

  async function write(
    unit: SystemUnit,
    { claim: { provider, event }, owner, facts }: Word,
    { row, items }: HeldSubscription,
    planOf: PriceToPlan,
  ): Promise<void> {
    const { snapshot } = facts
    const inside = unit.tenant(owner)
    const stamp = stampOf(row, facts, event.occurred_at)
    const revision = revise({ provider, newId: runtime.newId }, planOf, row, items, snapshot, stamp)
    await inside.verbs.writeSubscriptions([revision.write])
    const verb = snapshot.deleted ? 'removed' : 'updated'
    const written = { id: row.id, verb, changes: revision.changes } as const
    const place = { provider, unit: inside }
    await tell(auditWriter, place, { owner, event, kind: 'subscription', providerId: snapshot.id, written })
  }

  /** @throws CONFLICT when a lease is over: nothing of the transaction may remain then */
  async function finish({ verbs }: SystemUnit, events: readonly WebhookInboxRow[]): Promise<void> {
    const [token, ids] = [events[0]?.lease_token, events.map(({ id }) => id)]
    if (typeof token !== 'string') return
    const finished = await verbs.finishInbox({ ids, token, state: 'done' })
    if (finished !== events.length) throw new FreeholdError('CONFLICT')
  }

  /** One that cannot be applied does not keep the others: halved until it is alone. */
  async function settleAll(words: readonly Word[], planOf: PriceToPlan): Promise<Word[]> {
    if (words.length === 0) return []
    try {
      return await settle(words, planOf)
    } catch (error) {
      const divisible = words.length > 1 && FreeholdError.is(error) && OF_ONE.has(error.code)
      if (!divisible) return [...words]
      const middle = words.length >> 1
      const first = await settleAll(words.slice(0, middle), planOf)
      return [...first, ...(await settleAll(words.slice(middle), planOf))]
    }
  }

  async function ignore(events: readonly WebhookInboxRow[]): Promise<number> {
    const [token, ids] = [events[0]?.lease_token, events.map(({ id }) => id)]
    if (typeof token !== 'string') return 0
    return system.verbs.finishInbox({ ids, token, state: 'ignored' })
  }

  return async (events) => {
    const understood = await Promise.all(events.map(async (event) => ({ event, word: await understand(event) })))
    const words = understood.flatMap(({ word }) => (typeof word === 'object' ? [word] : []))
    const ignored = await ignore(understood.flatMap(({ event, word }) => (word === 'ignored' ? [event] : [])))
    const alone = words.length === 0 ? [] : await settleAll(words, await book.prices())
    const unread = understood.flatMap(({ event, word }) => (word === undefined ? [event] : []))
    const left = [...unread, ...alone.map(({ claim }) => claim.event)]
    return { applied: ignored + words.length - alone.length, left }
  }
}

function nameOf({ claim: { provider }, owner, facts }: Word): SubscriptionName {
  return { owner, ...realm(provider), providerSubscriptionId: facts.snapshot.id }
}

function keyOf(
  tenantId: string,
  { provider, account, livemode, providerSubscriptionId }: Omit<SubscriptionName, 'owner'>,
) {
  return JSON.stringify([tenantId, provider, account, livemode, providerSubscriptionId])
}

function byName(held: readonly HeldSubscription[]): Map<string, HeldSubscription> {
  return new Map(
    held.map((each) => {
      const { provider, account, livemode, provider_subscription_id: providerSubscriptionId } = each.row
      return [keyOf(each.tenantId, { provider, account, livemode, providerSubscriptionId }), each]
    }),
  )
}
