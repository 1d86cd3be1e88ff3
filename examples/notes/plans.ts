// What is sold, and by whom it is paid: a provider that lives in this process and sends signed webhooks over HTTP, as a
// real one does.

import { type Freehold, FreeholdError } from 'freehold'
import { type FakeProvider, fakeProvider } from 'freehold/testing'
import type { Context, Db } from './notes.ts'
import type { Demo } from './open.ts'
import type { Permission } from './permissions.ts'

export const TEAM_PRICE = 'price_team_month'

/** Gives mail and money to nobody; only for demonstrations. */
export function createProvider(): FakeProvider {
  return fakeProvider({ name: 'fake' })
}

/** Five members are free. Putting the same plan again changes nothing. */
export async function putPlans({ plans }: Pick<Freehold<Db, Permission>, 'plans'>): Promise<void> {
  await plans.put({ key: 'free', name: 'Free', rank: 0, features: {}, limits: { members: 5 } })
  await plans.put({ key: 'team', name: 'Team', rank: 1, features: { export: true }, limits: { members: 10 } })
  await plans.putPrice({
    planKey: 'team',
    provider: 'fake',
    providerPriceId: TEAM_PRICE,
    currency: 'eur',
    unitAmount: 1000,
    interval: 'month',
  })
}

/** The provider's page, where somebody pays. @throws PRICE_UNKNOWN, PROVIDER_FAILED */
export async function startCheckout(context: Context, origin: string): Promise<{ url: string }> {
  const { url } = await context.tenant.billing.checkout({
    provider: 'fake',
    providerPriceId: TEAM_PRICE,
    successUrl: `${origin}/plan`,
    cancelUrl: `${origin}/plan`,
  })
  // a real provider's page is on its own site
  return { url: `/pay?checkout=${encodeURIComponent(url)}` }
}

/** What the provider's page does when somebody pays there. */
export function pay(provider: FakeProvider, input: unknown): void {
  const checkout = typeof input === 'object' && input !== null && 'checkout' in input ? input.checkout : undefined
  try {
    provider.completeCheckout(String(checkout))
  } catch {
    throw new FreeholdError('INPUT_INVALID', { field: 'checkout', problem: 'it is over, or never was' })
  }
}

/** What the provider's customer portal does. */
export async function cancel(provider: FakeProvider, context: Context): Promise<void> {
  for (const { providerSubscriptionId } of await context.tenant.billing.subscriptions()) {
    if (provider.subscriptions.has(providerSubscriptionId)) provider.cancel(providerSubscriptionId)
  }
}

/** Posts everything that the provider has to tell, each letter signed, to where Freehold takes it; applied when this resolves. */
export async function deliver({ provider, freehold, port }: Demo): Promise<void> {
  const url = `http://127.0.0.1:${port}${freehold.basePath}/webhooks/${provider.name}`
  await provider.deliverAll({
    async receive(_name, { rawBody, headers }) {
      const signature = headers.get('stripe-signature') ?? ''
      const body = new Uint8Array(rawBody)
      const { ok } = await fetch(url, { method: 'POST', headers: { 'stripe-signature': signature }, body })
      return ok ? { ok, duplicate: false, eventId: '' } : { ok, reason: 'payload' }
    },
  })
  // a server that runs on and on has `freehold.webhooks.start()` do this
  await freehold.webhooks.drain()
}
