// What a route asks of who comes to it: a permission, in the whole tenant or just where that is which the request is about.
// Asked as of the look-up of the session or key; what is given and taken is asked once more, by who gives and takes.

import type { PlaceOptions } from '../access/asked.ts'
import type { OwnPermission } from '../access/permissions.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type TeamId } from '../kernel/ids.ts'
import { asClient } from './access-body.ts'
import type { PermissionFacts, PrincipalVisit, Route, RouteFacts } from './routes.ts'

/** @throws FORBIDDEN */
export function demandPermission<Db, P extends string>(
  { context, access }: PrincipalVisit<Db, P>,
  permission: OwnPermission,
  somewhere = false,
): void {
  // one of our own is in every catalog
  if (!somewhere) context.require(permission as P)
  else if (!access.ever(permission as P)) throw new FreeholdError('FORBIDDEN', { permission })
}

/**
 * Goes on when it may be done where this is. That there is no such place is told to who may do it everywhere; to anybody else
 * it is one of those in which they may not.
 * @throws FORBIDDEN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN
 */
export function demandAt<Db, P extends string>(
  { context }: Pick<PrincipalVisit<Db, P>, 'context'>,
  permission: OwnPermission,
  where: PlaceOptions,
): void {
  try {
    context.require(permission as P, where)
  } catch (error) {
    if (isUnknown(error)) context.require(permission as P)
    throw error
  }
}

/** The team of the path, for who may do this in it. @throws FORBIDDEN, TEAM_UNKNOWN, ID_INVALID */
export function teamOf<Db, P extends string>(
  visit: Pick<PrincipalVisit<Db, P>, 'context' | 'params'>,
  permission: 'team:read' | 'team:write',
): TeamId {
  const team = parseId<TeamId>(visit.params.team, 'team')
  demandAt(visit, permission, { team })
  return team
}

/** For what goes along with something. @throws as demandAt */
export function demandAllAt<Db, P extends string>(
  visit: Pick<PrincipalVisit<Db, P>, 'context'>,
  permissions: readonly OwnPermission[],
  where: PlaceOptions,
): void {
  for (const permission of permissions) demandAt(visit, permission, where)
}

/** Whether `demandAt` would go on. What is younger than the look-up of who asks is for who may do it everywhere. */
export function mayAt<Db, P extends string>(
  visit: Pick<PrincipalVisit<Db, P>, 'context'>,
  permission: OwnPermission,
  where: PlaceOptions,
): boolean {
  try {
    demandAt(visit, permission, where)
    return true
  } catch (error) {
    if (isUnknown(error)) return true
    if (FreeholdError.is(error, 'FORBIDDEN')) return false
    throw error
  }
}

/** Looks something up to see where it is, on the terms of `demandAt`. */
export async function foundAt<Db, P extends string, Found>(
  visit: Pick<PrincipalVisit<Db, P>, 'context'>,
  permission: OwnPermission,
  look: () => Promise<Found>,
  whereIs: (found: Found) => PlaceOptions | Promise<PlaceOptions>,
): Promise<Found> {
  try {
    const found = await look()
    demandAt(visit, permission, await whereIs(found))
    return found
  } catch (error) {
    if (isUnknown(error)) visit.context.require(permission as P)
    throw error
  }
}

type ManagedFacts = RouteFacts & Pick<PermissionFacts, 'somewhere'>

/** A route for who holds the permission. An API key reads there, and changes nothing. */
export function managed<Db, P extends string>(
  route: ManagedFacts,
  permission: OwnPermission,
  answer: (visit: PrincipalVisit<Db, P>) => Promise<Response>,
): Route<Db, P> {
  const asks = route.method === 'GET' ? 'principal' : 'access'
  return { ...route, asks, permission, answer: (visit: PrincipalVisit<Db, P>) => asClient(() => answer(visit)) }
}

function isUnknown(error: unknown): boolean {
  return FreeholdError.is(error) && error.status === 404
}
