// Policies, and the permissions that a tenant adds; see instance.ts.

import type { AddedPermission, Policy, PolicyDocument, TenantHandle, TenantServices } from '../../../src/index.ts'
import { name, type Table, type World } from './parts.ts'

const allowed: PolicyDocument = { effect: 'allow', principals: ['*'], actions: ['note:read'], resources: ['*'] }
const policy = (_: World, { policies }: TenantHandle) => policies.create({ key: name('p'), document: allowed })

export const policies: Table<TenantServices> = {
  'policies.create': {
    writes: 'policy.created',
    act: ({ policies }) => policies.create({ key: name('p'), document: allowed }),
  },
  'policies.update': {
    writes: 'policy.updated',
    given: policy,
    act: ({ policies }, one: Policy) => policies.update(one.id, { document: { ...allowed, effect: 'deny' } }),
    again: 'nothing',
  },
  'policies.disable': {
    writes: 'policy.disabled',
    given: policy,
    act: ({ policies }, one: Policy) => policies.disable(one.id),
    again: 'nothing',
  },
  'policies.enable': {
    writes: 'policy.enabled',
    given: (_: World, handle: TenantHandle) =>
      handle.policies.create({ key: name('p'), document: allowed, enabled: false }),
    act: ({ policies }, one: Policy) => policies.enable(one.id),
    again: 'nothing',
  },
  'policies.restore': {
    writes: 'policy.restored',
    given: async (world: World, handle: TenantHandle) =>
      handle.policies.update((await policy(world, handle)).id, { document: { ...allowed, effect: 'deny' } }),
    act: ({ policies }, one: Policy) => policies.restore(one.id, 1),
    again: 'nothing',
  },
  'policies.remove': {
    writes: 'policy.removed',
    given: policy,
    act: ({ policies }, one: Policy) => policies.remove(one.id),
  },
  'policies.get': 'reads',
  'policies.preview': 'reads',
  'policies.list': 'reads',
  'policies.history': 'reads',
  'customPermissions.create': {
    writes: 'permission.created',
    act: ({ customPermissions }) => customPermissions.create({ resource: 'note', action: name('p') }),
  },
  'customPermissions.remove': {
    writes: 'permission.removed',
    given: (_: World, { customPermissions }: TenantHandle) =>
      customPermissions.create({ resource: 'note', action: name('p') }),
    act: ({ customPermissions }, { name }: AddedPermission) => customPermissions.remove(name),
    again: 'nothing',
  },
  'customPermissions.list': 'reads',
}
