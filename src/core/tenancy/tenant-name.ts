// How a caller names a tenant.

import { FreeholdError } from '../kernel/errors.ts'
import { isId, parseId, type TenantId } from '../kernel/ids.ts'
import { isSlug } from './slug.ts'

/** An id, a slug, or anything that carries the id, as a tenant or a handle. */
export type TenantName = string | { readonly id: TenantId }

/** The unique key that a name stands for. @throws TENANT_UNKNOWN (no tenant can have this name), ID_INVALID */
export function keyOf(name: TenantName): { readonly id: string } | { readonly slug: string } {
  if (typeof name !== 'string') return { id: parseId<TenantId>(name?.id, 'tenant') }
  if (isId(name)) return { id: name }
  if (!isSlug(name)) throw new FreeholdError('TENANT_UNKNOWN')
  return { slug: name }
}
