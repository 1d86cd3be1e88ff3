// The payment providers that the host set up, by name; and what becomes of their failures.

import { FreeholdError } from '../kernel/errors.ts'
import type { BillingProvider } from '../ports/billing-provider.ts'

/** By the name under which requests and rows know each; a provider says the same name of itself. */
export type Providers = Readonly<Record<string, BillingProvider>>

const COLUMNS: ReadonlySet<unknown> = new Set(['stripe_customer_id', 'conekta_customer_id', 'fungies_customer_id'])

/** @throws CONFIG_INVALID */
export function checkProviders(providers: Providers = {}): Providers {
  for (const [name, provider] of Object.entries(providers)) {
    const refuse = (problem: string) => new FreeholdError('CONFIG_INVALID', { option: `billing.${name}`, problem })
    if (typeof provider !== 'object' || provider === null) throw refuse('it is no payment provider')
    if (provider.name !== name) throw refuse(`the provider calls itself ${JSON.stringify(provider.name)}`)
    if (name.length < 1 || name.length > 50) throw refuse('a name has 1 to 50 characters')
    if (!COLUMNS.has(provider.customerColumn)) throw refuse('there is no such customer column')
    if (typeof provider.account !== 'string' || provider.account.length > 255) throw refuse('account is no short text')
    if (typeof provider.livemode !== 'boolean') throw refuse('livemode is not true or false')
  }
  return providers
}

/** @throws PROVIDER_UNKNOWN */
export function providerNamed(providers: Providers, name: unknown): BillingProvider {
  const provider = typeof name === 'string' && Object.hasOwn(providers, name) ? providers[name] : undefined
  if (!provider) throw new FreeholdError('PROVIDER_UNKNOWN', { provider: String(name).slice(0, 50) })
  return provider
}

/** Asks the provider; whatever goes wrong there is PROVIDER_FAILED, with the cause for logs. */
export async function asked<R>({ name }: BillingProvider, question: () => Promise<R>): Promise<R> {
  try {
    return await question()
  } catch (cause) {
    if (FreeholdError.is(cause)) throw cause
    throw new FreeholdError('PROVIDER_FAILED', { provider: name }, { cause })
  }
}

/** The world in which a provider's ids are unique. */
export function realm({ name, account, livemode }: BillingProvider): {
  readonly provider: string
  readonly account: string
  readonly livemode: boolean
} {
  return { provider: name, account, livemode }
}

/** The columns of a tenant's row for this customer. */
export function customerAt({ customerColumn, livemode }: BillingProvider, customerId: string) {
  return { livemode, [customerColumn]: customerId }
}
