// What all principals of one tenant are read with, as of one version: roles, places, what teams and everyone hold,
// policies, and the permissions there are. Made in parts, each when it is first needed.

import type { TenantAccess } from '../storage/access-verbs.ts'
import type { Bits } from './bits.ts'
import { type Grant, grantsOf, type ResourcesById, resourcesById } from './grants.ts'
import { createPermissionIds } from './permission-ids.ts'
import type { Permissions } from './permissions.ts'
import { createPlaceTree, type PlaceTree } from './place-tree.ts'
import { createPolicyBook, type PolicyBook } from './policy-book.ts'
import { createRoleBook, type RoleBook, type RoleSource } from './role-book.ts'

export interface TenantBook extends RoleBook {
  /** What it was made of. */
  readonly source: BookSource
  /** The tenant's access version. */
  readonly version: number
  /** How many writes of access there had been when it was read. */
  readonly writes: number
  /** What the code declares; `permissions` has the tenant's own too. */
  readonly declared: Permissions
  /** How much there is to hold: roles, places, assignments and policies. */
  readonly weight: number
  readonly places: PlaceTree
  /** What everyone holds. */
  readonly ofEveryone: readonly Grant[]
  /** What the members of a team and of its sub-teams hold. */
  ofTeam(id: string): readonly Grant[]
  readonly policies: PolicyBook
  /** Bits that say nothing, and stay so. */
  readonly silence: Bits
}

export interface BookSource extends Omit<TenantAccess, 'roles'> {
  readonly version: number
  readonly writes: number
  readonly roles: readonly RoleSource[]
}

const NO_GRANTS: readonly Grant[] = []

export function createTenantBook(source: BookSource, declared: Permissions): TenantBook {
  const { organizations, teams, projects, assignments, resources, policies } = source
  const permissions = createPermissionIds(declared, source.customPermissions)
  const roles = createRoleBook(source.roles, permissions, declared.systemRoles)
  const registered = once(() => resourcesById(resources))
  const ofTeams = once(() => teamGrants(assignments, registered()))
  const ofEveryone = once(() => grantsOf(assignments.filter(isOfEveryone), registered()))
  const places = once(() => createPlaceTree(source))
  const policyBook = once(() => createPolicyBook(policies, roles, places))
  return {
    ...roles,
    source,
    version: source.version,
    writes: source.writes,
    declared,
    weight:
      roles.size + [organizations, teams, projects, assignments, policies].reduce((sum, { length }) => sum + length, 0),
    silence: roles.newBits(),
    ofTeam: (id) => ofTeams().get(id) ?? NO_GRANTS,
    get ofEveryone() {
      return ofEveryone()
    },
    get places() {
      return places()
    },
    get policies() {
      return policyBook()
    },
  }
}

function teamGrants(
  assignments: BookSource['assignments'],
  resources: ResourcesById,
): ReadonlyMap<string, readonly Grant[]> {
  const rows = new Map<string, BookSource['assignments'][number][]>()
  for (const row of assignments) {
    if (row.team_id === null) continue
    const others = rows.get(row.team_id)
    if (others) others.push(row)
    else rows.set(row.team_id, [row])
  }
  return new Map([...rows].map(([team, held]) => [team, grantsOf(held, resources)]))
}

function isOfEveryone({ everyone }: BookSource['assignments'][number]): boolean {
  return everyone
}

function once<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
