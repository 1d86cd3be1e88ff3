// Where an event is read: what it says, by its provider's own word, and whose it is.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { BillingProvider, ProviderChange } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { TenantRef } from '../storage/storage.ts'
import type { Directory } from '../tenancy/directory.ts'
import { createShelf } from '../tenancy/shelf.ts'
import { asked, type Providers, providerNamed, realm } from './providers.ts'
import type { Claim } from './settle.ts'

export interface Desk {
  /** @throws PROVIDER_UNKNOWN, PROVIDER_FAILED */
  read(event: WebhookInboxRow): Promise<{ readonly claim: Claim; readonly change: ProviderChange }>
  /** @throws CUSTOMER_UNKNOWN, TENANT_MOVING, TENANT_DELETED (it is being purged) */
  ownerOf(provider: BillingProvider, customerId: string): Promise<TenantRef>
  /** One that does not answer must not hold a worker for longer than its lease. @throws PROVIDER_FAILED */
  ask<R>(provider: BillingProvider, question: () => Promise<R>): Promise<R>
}

/** Whose customer somebody is never changes while there is that tenant; kept for so long, in milliseconds, so many. */
const ROUTE_LIFETIME_MS = 10_000
const ROUTES = 10_000

export function createDesk({ storage, runtime, settings }: Context, directory: Directory, providers: Providers): Desk {
  const { leaseMs } = settings.webhooks
  const routes = createShelf<string>({ capacity: ROUTES, lifetimeMs: ROUTE_LIFETIME_MS, now: runtime.now })

  const ask = <R>(provider: BillingProvider, question: () => Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const late = (): void => reject(new FreeholdError('PROVIDER_FAILED', { provider: provider.name }))
      const timer = setTimeout(late, leaseMs / 2)
      asked(provider, question)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })

  return {
    ask,

    async read(event) {
      const provider = providerNamed(providers, event.provider)
      const elsewhere = event.account !== provider.account || event.livemode !== provider.livemode
      const change = elsewhere ? NOTHING : await ask(provider, () => provider.readChange(event.payload))
      const claimedAt = new Date((event.leased_until as Date).getTime() - leaseMs)
      return { claim: { event, provider, claimedAt }, change }
    },

    async ownerOf(provider, customerId) {
      const key = { ...realm(provider), customer_id: customerId }
      const name = JSON.stringify(Object.values(key))
      const at = runtime.now()
      let id = routes.get(name)
      if (id === undefined) {
        id = (await storage.system.records.get('billing_routes', key))?.tenant_id
        if (id === undefined) throw new FreeholdError('CUSTOMER_UNKNOWN')
        routes.put(name, id, at)
      }
      return directory.ref(await directory.require({ id }, ['suspended', 'deleted']))
    },
  }
}

/** An event of another account, or of the other mode, is kept; nobody here knows its objects. */
const NOTHING = { kind: 'none' } as const
