// A market for tests: an installation on any storage as far as billing goes, with a fake provider and tenants who buy.

import { type FakeProvider, type FakeProviderOptions, fakeProvider } from '../../src/adapters/testing/index.ts'
import { createPasswords } from '../../src/core/authentication/passwords.ts'
import type { Billing, Entitlements, Webhooks } from '../../src/core/billing/billing.ts'
import { createEntitlements } from '../../src/core/billing/entitlements.ts'
import { createMembers } from '../../src/core/billing/members.ts'
import { createPlans, type PlanBook } from '../../src/core/billing/plans.ts'
import type { Providers } from '../../src/core/billing/providers.ts'
import { createBilling } from '../../src/core/billing/tenant-billing.ts'
import { createWebhooks } from '../../src/core/billing/webhooks.ts'
import type { Context, TenantContext } from '../../src/core/context.ts'
import { createUsers, type Users } from '../../src/core/identity/users.ts'
import { withLocalNotices } from '../../src/core/storage/local-notices.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { createDirectory, type Directory } from '../../src/core/tenancy/directory.ts'
import { type Tenant, tenantFromRow } from '../../src/core/tenancy/tenant.ts'
import { type ContextOverrides, makeContext, makeTenantContext } from '../setup/context.ts'

export interface Market {
  readonly context: Context
  readonly directory: Directory
  readonly book: PlanBook
  readonly fake: FakeProvider
  readonly webhooks: Webhooks
  /** What was published by this process. */
  readonly notices: Notice[]
  /** Another worker on the same storage, as another process would be. */
  worker(): Webhooks
  /** A tenant with a slug nobody else has. */
  tenant(plan?: string): Promise<Buyer>
}

export interface Buyer {
  readonly tenant: Tenant
  readonly context: TenantContext
  readonly billing: Billing
  readonly entitlements: Entitlements
  readonly users: Users
  /** The fake's customer, made when it is first asked for. */
  customer(): Promise<string>
}

export interface MarketOptions extends ContextOverrides {
  readonly fake?: FakeProviderOptions
  readonly providers?: Providers
  readonly onError?: (error: unknown) => void
}

export function openMarket(plain: Storage, options: MarketOptions = {}): Market {
  const notices: Notice[] = []
  const storage = withLocalNotices(plain, (notice) => {
    notices.push(notice)
    book.forget(notice)
    if (notice.kind === 'tenant') directory.forget(notice.tenantId)
  })
  const context = makeContext(storage, options)
  const directory = createDirectory(context)
  const book = createPlans(context)
  const fake = fakeProvider(options.fake)
  const providers: Providers = { [fake.name]: fake, ...options.providers }
  return {
    context,
    directory,
    book,
    fake,
    notices,
    webhooks: createWebhooks(context, directory, providers, book, options.onError),
    worker: () => createWebhooks(context, createDirectory(context), providers, createPlans(context)),
    async tenant(plan) {
      const id = context.runtime.newId()
      const slug = `t${id.slice(-12)}`
      const [row] = await storage.system.records.insert('tenants', [{ id, slug, name: 'Acme', plan: plan ?? null }])
      const inside = makeTenantContext(context, tenantFromRow(row!))
      const billing = createBilling(inside, providers)
      return {
        tenant: inside.tenant,
        context: inside,
        billing,
        entitlements: createEntitlements(inside, book),
        users: createUsers(inside, createPasswords(inside), createMembers(book)),
        customer: async () => (await billing.customer(fake.name)).providerCustomerId,
      }
    },
  }
}

/** Two plans and their prices; `tag` so that two markets on one database do not meet. */
export async function openShop(
  { book }: Market,
  tag: string,
): Promise<{ readonly team: string; readonly pro: string }> {
  const { plans } = book
  const [team, pro] = [`price_team_${tag}`, `price_pro_${tag}`]
  await plans.put({ key: `team-${tag}`, name: 'Team', features: { sso: false }, limits: { members: 5 }, rank: 1 })
  await plans.put({ key: `pro-${tag}`, name: 'Pro', features: { sso: true }, limits: { members: null }, rank: 2 })
  const price = { provider: 'fake', currency: 'eur', unitAmount: 1000, interval: 'month' }
  await plans.putPrice({ ...price, planKey: `team-${tag}`, providerPriceId: team })
  await plans.putPrice({ ...price, planKey: `pro-${tag}`, providerPriceId: pro })
  return { team, pro }
}
