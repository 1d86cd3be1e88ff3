// Operators are users of the platform tenant. What they may do in other tenants is asked there, and nowhere else: a role
// in the tenant that is entered gives none of it.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, PLATFORM_TENANT_ID, type UserId } from '../kernel/ids.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { AccessCache } from './cache.ts'
import type { OwnPermission, Permissions } from './permissions.ts'
import { HeldAccess } from './principal-access.ts'

/** What is asked of operators alone. */
export type OperatorPermission = Extract<OwnPermission, 'user:impersonate' | 'tenant:break-glass'>

/** What is known of permissions, and of who holds them. */
export interface OperatorBook {
  readonly permissions: Permissions
  readonly accessCache: Pick<AccessCache, 'loadApart'>
}

/** The platform tenant's scope. */
export function platformScope({ storage }: Pick<Context, 'storage'>): TenantScope {
  return storage.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })
}

/**
 * The operator who acts: an active user of the platform tenant who holds the permission there at this moment, as the database
 * says it. Conditions see the address as `context.ip`.
 * @throws FORBIDDEN, STORAGE_UNAVAILABLE
 */
export async function demandOperator(
  { actor, storage, runtime }: Pick<Context, 'actor' | 'storage' | 'runtime'>,
  { permissions, accessCache }: OperatorBook,
  permission: OperatorPermission,
): Promise<UserId> {
  const { type, id, ip } = actor
  if (type !== 'operator' || !isId(id)) throw new FreeholdError('FORBIDDEN', { permission })
  const known = await accessCache
    .loadApart({
      tenantId: PLATFORM_TENANT_ID,
      scope: platformScope({ storage }),
      permissions,
      principal: { kind: 'user', id },
    })
    .catch((error: unknown) => {
      if (!FreeholdError.is(error, 'PRINCIPAL_UNKNOWN')) throw error
      throw new FreeholdError('FORBIDDEN', { permission })
    })
  new HeldAccess<string>(known, PLATFORM_TENANT_ID, runtime.now).demand(
    permission,
    ip === undefined ? {} : { context: { ip } },
  )
  return id as UserId
}

/** Whether whoever acts in a session may still act: an operator's ends with the operator. */
export async function isActiveOperator(context: Pick<Context, 'storage'>, id: string): Promise<boolean> {
  const operator = await platformScope(context).records.get('users', { id })
  return operator?.status === 'active'
}
