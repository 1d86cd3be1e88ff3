// The world that the walk through the API is done in: an instance with all that can be plugged into one.

import { createMailbox, createPhone, fakeProvider } from '../../../src/adapters/testing/index.ts'
import { definePermissions, type Permissions } from '../../../src/index.ts'
import { openHouse, PASSWORD } from '../house.ts'
import { PAGE, type World } from './parts.ts'

export async function openWorld(): Promise<World> {
  const fake = fakeProvider()
  const dns = new Map<string, string[][]>()
  const [mailbox, phone] = [createMailbox(), createPhone()]
  const house = await openHouse('postgres', {
    billing: { fake },
    passkeys: { origins: [PAGE.origin] },
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://example.test' },
    permissions: definePermissions({ note: ['read', 'write'] }) as Permissions<string>,
    resolveTxt: async (record) => dns.get(record) ?? [],
  })
  const price = { id: 'price_team', plan: 'team' }
  const limits = { seats: 1000, members: null }
  await house.freehold.plans.put({ key: 'team', name: 'Team', features: { sso: true }, limits })
  await house.freehold.plans.putPrice({
    planKey: 'team',
    provider: 'fake',
    providerPriceId: price.id,
    currency: 'eur',
    unitAmount: 1000,
  })
  return {
    ...house,
    tenant: async () => {
      const handle = await house.tenant()
      await house.freehold.tenants.update(handle, { plan: 'team' })
      return handle
    },
    fake,
    price,
    dns,
    mailbox,
    phone,
    secrets: new Set([PASSWORD, 'hush-hush']),
  }
}
