// One assignment: who holds a role, where, and from when until when. As callers name it, as its row says it.

import { FreeholdError } from '../kernel/errors.ts'
import {
  type OrganizationId,
  type ProjectId,
  parseId,
  type ResourceId,
  type RoleAssignmentId,
  type RoleId,
  type TeamId,
} from '../kernel/ids.ts'
import { checkInteger, checkKeys, checkText, invalid } from '../kernel/input.ts'
import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import type { Where } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow, type Input } from '../storage/tables.ts'
import type { Principal } from './access.ts'
import type { PlaceName } from './asked.ts'
import { checkPlaceThere, type PlaceColumns, placeColumns } from './place-names.ts'
import { type PrincipalKey, parsePrincipal } from './principals.ts'
import { type ResourceKey, resourceWhere } from './resources.ts'
import { checkRoleName, type RoleName } from './roles.ts'

/** Who can be given a role: also a team, for its members and those of its sub-teams, and everyone in the tenant. */
export type Holder =
  | Principal
  | { readonly kind: 'team'; readonly id: TeamId }
  | { readonly kind: 'everyone'; readonly id?: null }

/** Where a role is held: in a place, or on one registered thing. */
export type ScopeName = PlaceName | { readonly resource: ResourceKey }

export interface Assignment {
  readonly id: RoleAssignmentId
  readonly principal:
    | { readonly kind: 'user' | 'service_account' | 'team'; readonly id: string }
    | { readonly kind: 'everyone'; readonly id: null }
  readonly roleId: RoleId
  readonly scope:
    | { readonly kind: 'tenant' }
    | { readonly kind: 'organization'; readonly id: OrganizationId }
    | { readonly kind: 'team'; readonly id: TeamId }
    | { readonly kind: 'project'; readonly id: ProjectId }
    | { readonly kind: 'resource'; readonly id: ResourceId }
  /** Whether it counts below its scope too. */
  readonly flow: 'descendants' | 'self'
  readonly startsAt: Date | null
  readonly expiresAt: Date | null
  readonly grantedBy: { readonly type: string; readonly id: string | null } | null
  readonly reason: string | null
  readonly createdAt: Date
}

export interface NewAssignment {
  readonly principal: Holder
  readonly role: RoleName
  /** Left out: the whole tenant. */
  readonly scope?: ScopeName
  /** `self`: at its scope, and not below it. Default `descendants`. */
  readonly flow?: 'descendants' | 'self'
  /** From then on. Left out: at once. */
  readonly startsAt?: Date
  /** No longer then. Left out: for good. Both are compared with the clock of the process that checks. */
  readonly expiresAt?: Date
  /** Instead of `expiresAt`: for so many milliseconds from its start, 1 second to 366 days. It ends by itself. */
  readonly for?: number
  /** Why, in at most 500 characters. */
  readonly reason?: string
}

export type ScopeColumns = Pick<RoleAssignmentRow, 'organization_id' | 'scope_team_id' | 'project_id' | 'resource_id'>
export type HolderColumns = Pick<RoleAssignmentRow, 'user_id' | 'service_account_id' | 'team_id' | 'everyone'>

export interface Times {
  readonly starts_at: Date | null
  /** With `for`, a moment on the database's clock. */
  readonly expires_at: Input<Date> | null
  /** When it ends by this process's clock, in milliseconds since 1970. */
  readonly until: number
}

const REASON = { maximum: 500 }
/** The years 1970 to 9999. */
const LATEST = 253_402_300_799_999
const LONGEST_MS = 366 * 86_400_000
const FIELDS = ['principal', 'role', 'scope', 'flow', 'startsAt', 'expiresAt', 'for', 'reason'] as const

/** @throws INPUT_INVALID, ID_INVALID, ROLE_UNKNOWN (no text) */
export function parseAssignment(assignment: NewAssignment, now: number) {
  checkKeys(assignment, 'assignment', FIELDS)
  const { scope, flow = 'descendants', reason } = assignment
  if (flow !== 'descendants' && flow !== 'self') throw invalid('flow', 'it is descendants or self')
  return {
    holder: parseHolder(assignment.principal),
    role: checkRoleName(assignment.role),
    scope: parseScope(scope),
    flow,
    times: parseTimes(assignment, now),
    reason: reason === undefined ? null : checkText(reason, 'reason', REASON),
  }
}

/** @throws INPUT_INVALID, ID_INVALID */
export function parseHolder(holder: Holder): PrincipalKey | { kind: 'team'; id: TeamId } | { kind: 'everyone' } {
  const kind = typeof holder === 'object' && holder !== null ? holder.kind : undefined
  if (kind === 'team') return { kind, id: parseId<TeamId>((holder as { readonly id: unknown }).id, 'principal') }
  if (kind === 'everyone') return { kind }
  if (kind !== undefined && kind !== 'user' && kind !== 'service_account') {
    throw invalid('principal', 'its kind is user, service_account, team or everyone')
  }
  return parsePrincipal(holder as Principal)
}

function parseTimes({ startsAt, expiresAt, for: length }: NewAssignment, now: number): Times {
  const starts_at = checkTime(startsAt, 'startsAt')
  const ends = checkTime(expiresAt, 'expiresAt')
  if (starts_at && ends && ends <= starts_at) throw invalid('expiresAt', 'it is not after startsAt')
  if (length === undefined) return { starts_at, expires_at: ends, until: ends?.getTime() ?? Number.POSITIVE_INFINITY }
  if (ends) throw invalid('for', 'expiresAt is given too')
  const ms = checkInteger(length, 'for', 1000, LONGEST_MS)
  if (!starts_at) return { starts_at, expires_at: fromNow(ms), until: now + ms }
  const until = starts_at.getTime() + ms
  return { starts_at, expires_at: checkTime(new Date(until), 'for'), until }
}

function checkTime(value: unknown, field: string): Date | null {
  if (value === undefined || value === null) return null
  if (!(value instanceof Date)) throw invalid(field, 'it is not a Date')
  const time = value.getTime()
  if (!(time >= 0 && time <= LATEST)) throw invalid(field, 'it is not a time of the years 1970 to 9999')
  return new Date(time)
}

export type ParsedScope = PlaceColumns | { readonly resource: Where<'resources'> }

/** Undefined: the whole tenant. @throws INPUT_INVALID, ID_INVALID */
export function parseScope(scope: ScopeName | undefined): ParsedScope {
  if (typeof scope !== 'object' || scope === null || !('resource' in scope)) return placeColumns(scope, 'scope')
  checkKeys(scope, 'scope', ['resource'])
  return { resource: resourceWhere(scope.resource) }
}

/** The columns of a scope that is there. @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_UNKNOWN */
export async function findScope(unit: Pick<TenantScope, 'records'>, scope: ParsedScope): Promise<ScopeColumns> {
  if ('resource' in scope) {
    const resource = await unit.records.get('resources', scope.resource)
    if (!resource) throw new FreeholdError('RESOURCE_UNKNOWN')
    return { organization_id: null, scope_team_id: null, project_id: null, resource_id: resource.id }
  }
  await checkPlaceThere(unit, scope)
  const { organization_id, team_id, project_id } = scope
  return { organization_id, scope_team_id: team_id, project_id, resource_id: null }
}

export function holderColumns(holder: ReturnType<typeof parseHolder>): HolderColumns {
  const { kind } = holder
  return {
    user_id: kind === 'user' ? holder.id : null,
    service_account_id: kind === 'service_account' ? holder.id : null,
    team_id: kind === 'team' ? holder.id : null,
    everyone: kind === 'everyone',
  }
}

export function holderOf({ user_id, service_account_id, team_id }: HolderColumns): Assignment['principal'] {
  if (user_id !== null) return { kind: 'user', id: user_id }
  if (service_account_id !== null) return { kind: 'service_account', id: service_account_id }
  return team_id === null ? { kind: 'everyone', id: null } : { kind: 'team', id: team_id }
}

/** Whose version moves with what it holds; undefined: the tenant's. */
export function ownerOf({ user_id, service_account_id }: HolderColumns): PrincipalKey | undefined {
  if (user_id !== null) return { kind: 'user', id: user_id }
  return service_account_id === null ? undefined : { kind: 'service_account', id: service_account_id }
}

export function scopeOfRow({ organization_id, scope_team_id, project_id, resource_id }: ScopeColumns) {
  if (organization_id !== null) return { kind: 'organization', id: organization_id as OrganizationId } as const
  if (scope_team_id !== null) return { kind: 'team', id: scope_team_id as TeamId } as const
  if (project_id !== null) return { kind: 'project', id: project_id as ProjectId } as const
  return resource_id === null
    ? ({ kind: 'tenant' } as const)
    : ({ kind: 'resource', id: resource_id as ResourceId } as const)
}

export function assignmentFromRow(row: RoleAssignmentRow): Assignment {
  return {
    id: row.id as RoleAssignmentId,
    principal: holderOf(row),
    roleId: row.role_id as RoleId,
    scope: scopeOfRow(row),
    flow: row.flow,
    startsAt: row.starts_at,
    expiresAt: row.expires_at,
    grantedBy: row.granted_by_type === null ? null : { type: row.granted_by_type, id: row.granted_by_id },
    reason: row.reason,
    createdAt: row.created_at,
  }
}

/** @throws TEAM_UNKNOWN */
export async function demandTeamThere(unit: Pick<TenantScope, 'records'>, id: TeamId): Promise<void> {
  if (!(await unit.records.get('teams', { id }))) throw new FreeholdError('TEAM_UNKNOWN')
}
