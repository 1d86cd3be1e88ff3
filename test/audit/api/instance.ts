// Every method of the instance: those that read, those that change something and what they write of it, and those that
// write nothing and why. A method that is not here fails the walk.

import type { Freehold, FreeholdRooms, Stay, TenantHandle } from '../../../src/index.ts'
import { hired, name, OPERATOR, removed, type SignedIn, signedIn, type Table, told } from './parts.ts'

export const instance: Table<FreeholdRooms> = {
  'tenants.create': {
    writes: 'tenant.created',
    act: ({ tenants }) => tenants.create({ slug: name('tenant'), name: 'T' }),
  },
  'tenants.get': 'reads',
  'tenants.list': 'reads',
  'tenants.update': {
    writes: 'tenant.updated',
    given: async (_, handle) => handle,
    act: ({ tenants }, handle: TenantHandle) =>
      tenants.update(handle, { name: 'Acme & Co', settings: { apiToken: 'hush-hush' }, featureFlags: { beta: true } }),
    again: 'nothing',
  },
  'tenants.suspend': {
    writes: 'tenant.suspended',
    given: async (_, handle) => handle,
    act: ({ tenants }, handle: TenantHandle) => tenants.suspend(handle, { reason: 'unpaid' }),
  },
  'tenants.resume': {
    writes: 'tenant.resumed',
    given: async ({ freehold }, handle) => freehold.tenants.suspend(handle),
    act: ({ tenants }, tenant: TenantHandle) => tenants.resume(tenant),
  },
  'tenants.remove': {
    writes: 'tenant.removed',
    given: async (_, handle) => handle,
    act: ({ tenants }, handle: TenantHandle) => tenants.remove(handle),
  },
  'tenants.restore': {
    writes: 'tenant.restored',
    given: removed,
    act: ({ tenants }, handle: TenantHandle) => tenants.restore(handle),
  },
  'tenants.purge': {
    writes: 'tenant.purged',
    into: 'platform',
    given: removed,
    act: ({ tenants }, handle: TenantHandle) => tenants.purge(handle),
    remains: 'it is marked, and taken up again',
  },
  'plans.put': {
    writes: 'plan.created',
    into: 'platform',
    given: async () => name('plan'),
    act: ({ plans }, key: string) => plans.put({ key, name: 'Plan', features: {}, limits: { seats: 5 } }),
    again: 'nothing',
  },
  'plans.putPrice': {
    writes: 'price.created',
    into: 'platform',
    given: async () => name('price'),
    act: ({ plans }, providerPriceId: string, { price }) =>
      plans.putPrice({ planKey: price.plan, provider: 'fake', providerPriceId, currency: 'eur', unitAmount: 1 }),
    again: 'nothing',
  },
  'plans.archive': {
    writes: 'plan.archived',
    into: 'platform',
    given: async ({ freehold }) => {
      const { key } = await freehold.plans.put({ key: name('plan'), name: 'Plan', features: {}, limits: {} })
      return key
    },
    act: ({ plans }, key: string) => plans.archive(key),
    again: 'nothing',
  },
  'plans.archivePrice': {
    writes: 'price.archived',
    into: 'platform',
    given: async ({ freehold, price }) => {
      const providerPriceId = name('price')
      await freehold.plans.putPrice({
        planKey: price.plan,
        provider: 'fake',
        providerPriceId,
        currency: 'eur',
        unitAmount: 1,
      })
      return providerPriceId
    },
    act: ({ plans }, providerPriceId: string) => plans.archivePrice('fake', providerPriceId),
    again: 'nothing',
  },
  'plans.get': 'reads',
  'plans.list': 'reads',
  'plans.prices': 'reads',
  'webhooks.receive': {
    exempt: 'it stores what a provider says, whole, in an inbox of its own; what follows is audited when it is applied',
  },
  'webhooks.drain': {
    writes: ['subscription.created', 'invoice.created'],
    by: 'provider',
    given: told,
    act: ({ webhooks }) => webhooks.drain(),
    remains: 'what could not be applied stays in the line, with its error',
    again: 'nothing',
  },
  'webhooks.start': { exempt: 'it drains' },
  'webhooks.dead': 'reads',
  'webhooks.replay': {
    writes: 'webhook.replayed',
    into: 'platform',
    given: async (world, handle) => {
      await told(world, handle)
      await world.freehold.webhooks.drain()
      const [row] = await world.database!.admin('select id from freehold.webhook_inbox order by id desc limit 1')
      return row!.id
    },
    act: ({ webhooks }, id: string) => webhooks.replay(id),
  },
  breakGlass: {
    // the tenant's own log, and the platform's
    writes: ['break_glass.opened', 'break_glass.opened'],
    given: async (world, handle) => {
      await hired(world)
      return handle
    },
    act: (rooms, handle: TenantHandle) => rooms.breakGlass(handle, { reason: 'a ticket' }),
  },
  'stays.open': {
    writes: ['break_glass.opened', 'break_glass.opened'],
    given: async (world, handle) => {
      await hired(world)
      return handle
    },
    act: ({ stays }, handle: TenantHandle) => stays.open(handle, { reason: 'a ticket' }),
  },
  'stays.end': {
    writes: ['break_glass.ended', 'break_glass.ended'],
    given: async (world, handle) => {
      await hired(world)
      return world.freehold.as(OPERATOR).stays.open(handle, { reason: 'a ticket' })
    },
    act: ({ stays }, stay: Stay) => stays.end(stay),
    again: 'nothing',
  },
  'stays.enter': 'reads',
  'stays.list': 'reads',
  'stays.get': 'reads',
  'stays.goesOn': 'reads',
  tenant: 'reads',
  as: 'reads',
  'sessions.verify': 'reads',
  verifyApiKey: 'reads',
  'sessions.refresh': {
    exempt:
      'a rotation is one guarded UPDATE that leaves its trace on the row; that a token came back is audited, and tried apart',
  },
  'sessions.jwks': 'reads',
  'risk.replay': 'reads',
  'keys.status': 'reads',
  'keys.reload': { exempt: 'it changes what this process knows, and nothing that is stored' },
  'migrations.plan': 'reads',
  'migrations.status': 'reads',
  'migrations.apply': { exempt: 'it makes the log, and has a ledger of its own' },
  'maintenance.run': { exempt: 'it removes what has run out, and nothing that still counts' },
  'maintenance.reencrypt': { exempt: 'it changes under which key something is sealed, and nothing of what it says' },
  handler: { exempt: 'its routes call these methods' },
  handles: 'reads',
  resolve: 'reads',
  authenticate: 'reads',
  problem: 'reads',
  doctor: 'reads',
  close: { exempt: 'it ends the process’s own connections' },
  'Symbol(Symbol.asyncDispose)': { exempt: 'as close' },
}

/** Of the instance too, but bound to nobody: whoever holds the token acts. */
export const sessions: Table<Freehold> = {
  'sessions.end': {
    writes: 'session.ended',
    by: 'user',
    given: signedIn,
    act: (freehold, { tokens }: SignedIn) => freehold.sessions.end(tokens.refreshToken),
    again: 'nothing',
  },
}
