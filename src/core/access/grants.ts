// What assignments and memberships give, as checks read it: the rows without what only people read.

import type { PermissionEntry, RoleAssignmentRow } from '../storage/access-tables.ts'
import type { MembershipLoad, ResourceLoad } from '../storage/access-verbs.ts'
import type { Place, PlaceTree } from './place-tree.ts'

/** Where something is held. A resource is named as the host names it. */
export type Scope =
  | { readonly kind: 'tenant' }
  | { readonly kind: 'organization' | 'team' | 'project'; readonly id: string }
  | { readonly kind: 'resource'; readonly type: string; readonly id: string }

/** Where and when a grant counts. */
export interface Reach {
  readonly scope: Scope
  /** It counts at its scope, and not below it. */
  readonly exactly: boolean
  /** Milliseconds since 1970, or infinite: from its start on, and no longer at its end. */
  readonly starts: number
  readonly ends: number
}

export interface Grant extends Reach {
  readonly id: string
  readonly roleId: string
}

export interface Membership {
  readonly id: string
  readonly team: string
  readonly roleId: string | null
  readonly entries: readonly PermissionEntry[]
}

export const WHOLE_TENANT: Scope = { kind: 'tenant' }
const NO_GRANTS: readonly Grant[] = []
const NO_MEMBERSHIPS: readonly Membership[] = []
const NO_ENTRIES: readonly PermissionEntry[] = []

type AssignmentScope = Pick<RoleAssignmentRow, 'organization_id' | 'scope_team_id' | 'project_id' | 'resource_id'>
export type GrantRow = AssignmentScope & Pick<RoleAssignmentRow, 'id' | 'role_id' | 'starts_at' | 'expires_at' | 'flow'>

/** Resources by their id; undefined: none. */
export type ResourcesById = ReadonlyMap<string, ResourceLoad> | undefined

export function resourcesById(resources: readonly ResourceLoad[]): ResourcesById {
  return resources.length === 0 ? undefined : new Map(resources.map((resource) => [resource.id, resource]))
}

/** Oldest first. */
export function grantsOf(rows: readonly GrantRow[], resources?: ResourcesById): readonly Grant[] {
  if (rows.length === 0) return NO_GRANTS
  return rows.map((row) => grantOf(row, resources)).sort(byId)
}

function grantOf(row: GrantRow, resources: ResourcesById): Grant {
  return {
    id: row.id,
    roleId: row.role_id,
    scope: scopeOf(row, resources),
    exactly: row.flow === 'self',
    starts: row.starts_at?.getTime() ?? Number.NEGATIVE_INFINITY,
    ends: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
  }
}

/** Oldest first. */
export function membershipsOf(rows: readonly MembershipLoad[]): readonly Membership[] {
  if (rows.length === 0) return NO_MEMBERSHIPS
  return rows
    .map(({ id, team_id, role_id, permissions }) => ({
      id,
      team: team_id,
      roleId: role_id,
      entries: permissions.length > 0 ? permissions : NO_ENTRIES,
    }))
    .sort(byId)
}

/** The place of a scope; a resource may be anywhere. Undefined: it is gone. */
export function placeOfScope(scope: Scope, tree: PlaceTree): Place | undefined {
  if (scope.kind === 'tenant' || scope.kind === 'resource') return tree.tenant
  return tree.find(scope.kind, scope.id)
}

function scopeOf(row: AssignmentScope, resources: ResourcesById): Scope {
  const { organization_id, scope_team_id, project_id, resource_id } = row
  if (organization_id !== null) return { kind: 'organization', id: organization_id }
  if (scope_team_id !== null) return { kind: 'team', id: scope_team_id }
  if (project_id !== null) return { kind: 'project', id: project_id }
  if (resource_id === null) return WHOLE_TENANT
  const resource = resources?.get(resource_id)
  // one that was not told is nowhere, and not everywhere
  return { kind: 'resource', type: resource?.type ?? '', id: resource?.external_id ?? '' }
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}
