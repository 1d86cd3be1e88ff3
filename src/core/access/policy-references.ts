// Whether what a policy names is there, and whether whoever writes it may say what it says.

import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import type { TenantScope } from '../storage/storage.ts'
import { unknownPlace, unknownType } from './asked.ts'
import { type Authority, type Extent, forGood } from './authority.ts'
import { roleOf } from './changes.ts'
import type { Scope } from './grants.ts'
import { unknownPermission } from './permission-ids.ts'
import { permissionsOfAction } from './policy-book.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from './policy-document.ts'
import type { TenantBook } from './tenant-book.ts'

/**
 * The document with its roles by id.
 * @throws PERMISSION_UNKNOWN, PRINCIPAL_UNKNOWN, ROLE_UNKNOWN, ROLE_SYSTEM (a denial of a system role), TEAM_UNKNOWN, ORGANIZATION_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_TYPE_UNKNOWN
 */
export async function resolveDocument(
  { records, book }: Pick<TenantScope, 'records'> & { readonly book: TenantBook },
  document: PolicyDocument,
): Promise<PolicyDocument> {
  for (const action of document.actions) {
    if (action !== '*' && permissionsOfAction(action, book.permissions).length === 0) throw unknownPermission(action)
  }
  for (const resource of document.resources) checkThere(book, resource)
  const principals: PolicyPrincipal[] = []
  for (const principal of document.principals) {
    principals.push(await resolvePrincipal(records, book, principal, document.effect))
  }
  return { ...document, principals }
}

/** Everything that the document gives or takes must be held, where it does. @throws GRANT_REFUSED */
export function demandDocument(
  authority: Authority,
  { permissions }: TenantBook,
  { actions, resources }: PolicyDocument,
  now: number,
): void {
  const names = new Set(actions.flatMap((action) => permissionsOfAction(action, permissions)))
  const needed = [...names].map((name) => permissions.idOf(name)!)
  for (const resource of resources) authority.demandPermissions(needed, extentOf(resource, now))
}

async function resolvePrincipal(
  records: TenantScope['records'],
  book: TenantBook,
  principal: PolicyPrincipal,
  effect: PolicyDocument['effect'],
): Promise<PolicyPrincipal> {
  if (principal === '*') return principal
  if ('role' in principal) {
    const { id, key, system } = roleOf(book, principal.role)
    // what a system role gives by code is not taken from it
    if (system && effect === 'deny') throw new FreeholdError('ROLE_SYSTEM', { key })
    return { role: id }
  }
  if ('team' in principal) {
    if (!book.places.find('team', principal.team)) throw unknownPlace('team')
    return principal
  }
  const [table, id] =
    'user' in principal
      ? (['users', principal.user] as const)
      : (['service_accounts', principal.serviceAccount] as const)
  const row = isId(id) ? await records.get(table, { id }) : undefined
  if (!row || ('status' in row && row.status === 'deleted')) throw new FreeholdError('PRINCIPAL_UNKNOWN')
  return principal
}

function checkThere({ places, permissions }: TenantBook, resource: PolicyResource): void {
  if (resource === '*') return
  if ('type' in resource) {
    if (!permissions.hasResource(resource.type)) throw unknownType(resource.type)
    return
  }
  const [kind, id] = Object.entries(resource)[0] as ['organization' | 'team' | 'project', string]
  if (!places.find(kind, id)) throw unknownPlace(kind)
}

function extentOf(resource: PolicyResource, now: number): Extent {
  return forGood(now, scopeOf(resource))
}

/** Where a part of a policy speaks. */
export function scopeOf(resource: PolicyResource): Scope {
  if (resource === '*') return { kind: 'tenant' }
  if ('type' in resource) return { kind: 'resource', type: resource.type, id: resource.id }
  const [kind, id] = Object.entries(resource)[0] as ['organization' | 'team' | 'project', string]
  return { kind, id }
}
