// A tenant with something of everything in it, for what carries access about.

import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import type { House, P } from '../house.ts'

export type Tenant = TenantHandle<unknown, P>
export const EVERYTHING = { places: true, assignments: true }
const OWN = { 'resource.owner_id': { $ref: 'principal.id' } }

/** People, and a tenant with something of everything in it. */
export async function furnished(house: House): Promise<Tenant> {
  const tenant = await house.globex()
  await people(tenant)
  const [main] = (await tenant.organizations.list()).items
  const sales = await tenant.teams.create({
    organization: main!,
    key: 'sales',
    name: 'Sales',
    description: 'They sell',
  })
  const north = await tenant.teams.create({ organization: main!, key: 'north', parent: sales })
  const launch = await tenant.projects.create({
    organization: main!,
    key: 'launch',
    team: north,
    metadata: { since: 2026 },
  })
  await tenant.resources.register({ type: 'note', externalId: 'n-1', in: { project: launch } })
  const entries = [{ resource: 'note', actions: ['read', 'write'], conditions: OWN }]
  await tenant.roles.create({
    key: 'author',
    name: 'Author',
    description: 'Writes',
    parent: 'viewer',
    permissions: entries,
  })
  await tenant.roles.create({
    key: 'editor',
    parent: 'author',
    permissions: [{ resource: 'invoice', actions: ['refund'], effect: 'deny' }],
  })
  await tenant.roles.update('member', { permissions: [{ resource: 'audit', actions: ['read'] }] })
  const ann = await tenant.users.findByEmail('ann@example.test')
  const [robot] = (await tenant.serviceAccounts.list()).items
  await tenant.teams.members.add(north, {
    principal: ann!,
    role: 'author',
    permissions: [{ resource: 'note', actions: ['read'] }],
  })
  await tenant.teams.members.add(sales, { principal: robot! })
  await tenant.assignments.grant({ principal: ann!, role: 'owner' })
  await tenant.assignments.grant({
    principal: { kind: 'team', id: sales.id },
    role: 'viewer',
    scope: { project: launch },
    reason: 'they look',
  })
  await tenant.assignments.grant({
    principal: { kind: 'everyone' },
    role: 'viewer',
    scope: { organization: main! },
    flow: 'self',
  })
  const until = new Date('2030-01-02T03:04:05Z')
  await tenant.assignments.grant({
    principal: robot!,
    role: 'editor',
    scope: { resource: { type: 'note', externalId: 'n-1' } },
    expiresAt: until,
  })
  await tenant.customPermissions.create({ resource: 'report', action: 'print', description: 'On paper' })
  await tenant.roles.create({ key: 'printer', permissions: [{ resource: 'report', actions: ['print'] }] })
  await tenant.policies.create({
    key: 'night',
    description: 'Nobody refunds at night',
    document: {
      effect: 'deny',
      principals: [{ role: 'author' }, { user: ann!.id }, { serviceAccount: robot!.id }, { team: sales.id }],
      actions: ['invoice:refund', 'report:*'],
      resources: [{ project: launch.id }, { team: north.id }, { type: 'note', id: 'n-1' }],
      conditions: { 'context.night': true },
    },
  })
  await tenant.policies.create({
    key: 'off',
    enabled: false,
    document: { effect: 'allow', principals: ['*'], actions: ['note:read'], resources: ['*'] },
  })
  return tenant
}

export async function people(tenant: Tenant): Promise<void> {
  await tenant.users.create({ email: 'Ann@example.test' })
  await tenant.serviceAccounts.create({ name: 'robot' })
}

export const events = async (tenant: Tenant) =>
  (await tenant.audit.list({ limit: 200 })).items.map(({ action }) => action)
