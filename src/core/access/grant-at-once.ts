// A role given in one round trip. Whether the giver may is judged by what this process remembers of them and of the tenant,
// and the transaction that gives it demands that all of that is still at its version. Where it is not, nothing was done, and
// the caller goes the long way: under the access lock, with everything read anew.

import type { AuditScope } from '../audit/writer.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import { add, changeOne, publish, type Step, there, told } from '../storage/steps.ts'
import { fromNow, type NewRow } from '../storage/tables.ts'
import { boundActor, createAuthority } from './authority.ts'
import type { GrantRow } from './grants.ts'
import { demandGrants } from './held.ts'
import type { Permissions } from './permissions.ts'
import type { KnownPrincipal, PrincipalKey } from './principals.ts'
import type { TenantBook } from './tenant-book.ts'

/** What is remembered of the tenant and, where the actor is bound by what they hold, of them. */
export interface Remembered {
  readonly book: TenantBook
  readonly actor: KnownPrincipal | undefined
}

/** Undefined: not all of it is remembered, or it would not do: in a transaction, or by a credential for a part of what one holds. */
export function remembered({ scope, books, actor }: TenantContext, permissions: Permissions): Remembered | undefined {
  if ('db' in scope || actor.apiKeyId !== undefined) return undefined
  const key = boundActor(actor)
  const known = key && books?.principal(key)
  const book = key ? known?.book : books?.book()
  return book?.declared === permissions ? { book, actor: known } : undefined
}

/** To one principal, who did not hold it there. Undefined: it was not given, for whatever reason. */
export async function grantAtOnce(
  context: TenantContext,
  { book, actor }: Remembered,
  holder: PrincipalKey,
  row: GrantRow & NewRow<'role_assignments'>,
  tell: (scope: AuditScope) => Promise<void>,
): Promise<RoleAssignmentRow | undefined> {
  const { scope, tenant, runtime } = context
  const table = holder.kind === 'user' ? 'users' : 'service_accounts'
  const steps: Step[] = [
    // from here on nobody else changes what the next ones look at
    changeOne('tenant_counters', { name: 'access-writes' }, { value: { add: 1 }, updated_at: fromNow() }),
    there('tenant_counters', { name: 'access', value: book.version }),
    ...(actor ? [standing(actor)] : []),
  ]
  const given = add('role_assignments', row)
  try {
    const authority = createAuthority(context.actor, actor?.active ? actor : undefined, book, null, runtime.now())
    demandGrants(authority, [row], 'given')
    steps.push(
      changeOne(table, { id: holder.id, status: { not: 'deleted' } }, { access_version: { add: 1 } }),
      given,
      publish({ kind: 'access', tenantId: tenant.id, principalId: holder.id }),
    )
    await tell(told(steps))
    const outcome = await scope.atOnce(steps)
    return outcome.done ? outcome.row(given) : undefined
  } catch (error) {
    if (FreeholdError.is(error) && LOST.has(error.code)) return undefined
    throw error
  }
}

/** Refused by what may be old, held already, or in a place that is gone: what is so is found the long way. */
const LOST: ReadonlySet<string> = new Set(['GRANT_REFUSED', 'DUPLICATE', 'REFERENCE_MISSING'])

function standing({ kind, id, version }: KnownPrincipal): Step {
  const where = { id, access_version: version, status: 'active' } as const
  return kind === 'user' ? there('users', where) : there('service_accounts', where)
}
