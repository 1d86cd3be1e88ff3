// Operators are users of the platform tenant. What they may do in other tenants is asked there, and nowhere else: a role
// in the tenant that is entered gives none of it.

import type { AccessCache } from '../access/cache.ts'
import type { OwnPermission, Permissions } from '../access/permissions.ts'
import { HeldAccess } from '../access/principal-access.ts'
import type { KnownPrincipal } from '../access/principals.ts'
import { requireFresh } from '../accounts/freshness.ts'
import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, PLATFORM_TENANT_ID, parseId, type SessionId, type UserId } from '../kernel/ids.ts'
import type { StayKind } from '../storage/operator-tables.ts'
import type { TenantRef, TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'

/** What is asked of operators alone. */
export type OperatorPermission = Extract<OwnPermission, 'user:impersonate' | 'tenant:break-glass'>

export const PERMISSIONS: { readonly [K in StayKind]: OperatorPermission } = {
  impersonation: 'user:impersonate',
  'break-glass': 'tenant:break-glass',
}

/** What is known of permissions, and of who holds them. */
export interface OperatorBook {
  readonly permissions: Permissions
  readonly accessCache: Pick<AccessCache, 'loadApart'>
}

export interface Operator {
  readonly id: UserId
  /** Of their sessions, as read before anything else: once it has moved on, what they began is over. */
  readonly epoch: number
  /** When the permission ends, in milliseconds since 1970; infinity: not by itself. */
  readonly until: number
}

/** Where operators are. */
export function platformRef({ storage }: Pick<Context, 'storage'>): TenantRef {
  return { id: PLATFORM_TENANT_ID, location: storage.sharedLocation }
}

/** The platform tenant's scope. */
export function platformScope({ storage }: Pick<Context, 'storage'>): TenantScope {
  return storage.tenant(platformRef({ storage }))
}

/**
 * The operator who acts: an active user of the platform tenant who holds the permission there at this moment, as the database
 * says it. Conditions see the address as `context.ip`. Bound to a session of theirs, they have signed in a short while ago,
 * with the second factor where they have one.
 * @throws FORBIDDEN, STEP_UP_REQUIRED, ID_INVALID, STORAGE_UNAVAILABLE
 */
export async function demandOperator(
  context: Pick<Context, 'actor' | 'storage' | 'runtime' | 'settings'>,
  book: OperatorBook,
  permission: OperatorPermission,
): Promise<Operator> {
  const { type, id, sessionId, ip } = context.actor
  if (type !== 'operator' || !isId(id)) throw new FreeholdError('FORBIDDEN', { permission })
  const scope = platformScope(context)
  const user = await scope.records.get('users', { id })
  const known = await loadOperator(scope, book, id)
  if (!user || !known) throw new FreeholdError('FORBIDDEN', { permission })
  const { now } = context.runtime
  accessAt(known, now).demand(permission, facts(ip))
  if (sessionId !== undefined) {
    await requireFresh(context, scope, id as UserId, parseId<SessionId>(sessionId, 'actor.sessionId'))
  }
  return { id: id as UserId, epoch: user.session_epoch, until: heldUntil(known, permission, ip, now()) }
}

/** What an operator may begin; empty for who is none. */
export async function kindsOf(
  { actor, storage, runtime }: Pick<Context, 'actor' | 'storage' | 'runtime'>,
  book: OperatorBook,
): Promise<StayKind[]> {
  const { type, id, ip } = actor
  const known = type === 'operator' && isId(id) ? await loadOperator(platformScope({ storage }), book, id) : undefined
  if (!known) return []
  const access = accessAt(known, runtime.now)
  return (Object.keys(PERMISSIONS) as StayKind[]).filter((kind) => access.can(PERMISSIONS[kind], facts(ip)))
}

/** What was begun in another tenant: of an impersonation `id` is its session's. */
export interface StayName {
  readonly id: string
  readonly kind: StayKind
  readonly operatorId: string
}

/**
 * Whether what an operator began may go on, as the database says it now: it was not ended, its time is not over, and the
 * operator is active, has not signed out everywhere since, and holds the permission still, at the address where they began.
 */
export async function mayGoOn(
  context: Pick<Context, 'storage' | 'runtime'>,
  book: OperatorBook,
  { id, kind, operatorId }: StayName,
): Promise<boolean> {
  const scope = platformScope(context)
  const [[stay], user, known] = await Promise.all([
    scope.records.find('operator_stays', {
      where: { id, kind, operator_id: operatorId, ended_at: null, expires_at: { from: fromNow() } },
      limit: 1,
    }),
    scope.records.get('users', { id: operatorId }),
    loadOperator(scope, book, operatorId),
  ])
  if (!stay || !known || user?.session_epoch !== stay.operator_epoch) return false
  return accessAt(known, context.runtime.now).can(PERMISSIONS[kind], facts(stay.ip ?? undefined))
}

/** Undefined: there is no such user. Who is not active holds nothing. */
async function loadOperator(
  scope: TenantScope,
  { permissions, accessCache }: OperatorBook,
  id: string,
): Promise<KnownPrincipal | undefined> {
  const principal = { kind: 'user', id } as const
  try {
    return await accessCache.loadApart({ tenantId: PLATFORM_TENANT_ID, scope, permissions, principal })
  } catch (error) {
    if (FreeholdError.is(error, 'PRINCIPAL_UNKNOWN')) return undefined
    throw error
  }
}

function accessAt(known: KnownPrincipal, now: () => number): HeldAccess<string> {
  return new HeldAccess(known, PLATFORM_TENANT_ID, now)
}

function facts(ip: string | undefined) {
  return ip === undefined ? {} : { context: { ip } }
}

/** Holdings change by themselves only where an assignment begins or ends. */
function heldUntil(known: KnownPrincipal, permission: OperatorPermission, ip: string | undefined, now: number): number {
  const lost = known.boundaries(now).find((at) => !accessAt(known, () => at).can(permission, facts(ip)))
  return lost ?? Number.POSITIVE_INFINITY
}
