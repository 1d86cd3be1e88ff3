// Who holds which role, where, from when and until when.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type OrganizationId, parseId, type RoleAssignmentId, type RoleId } from '../kernel/ids.ts'
import { checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import type { Where } from '../storage/records.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { Principal } from './access.ts'
import type { Extent } from './authority.ts'
import { changeAccess, movePrincipal, roleOf } from './changes.ts'
import { type Scope, WHOLE_TENANT } from './grants.ts'
import { keepAnOwner, OWNER } from './owners.ts'
import type { Permissions } from './permissions.ts'
import { type PrincipalKey, parsePrincipal } from './principals.ts'
import type { BookRole } from './role-book.ts'
import { checkRoleName, findRole, type RoleName } from './roles.ts'

export interface Assignment {
  readonly id: RoleAssignmentId
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
  readonly roleId: RoleId
  readonly scope: { readonly kind: 'tenant' } | { readonly kind: 'organization'; readonly id: OrganizationId }
  readonly startsAt: Date | null
  readonly expiresAt: Date | null
  readonly grantedBy: { readonly type: string; readonly id: string | null } | null
  readonly reason: string | null
  readonly createdAt: Date
}

export interface NewAssignment {
  readonly principal: Principal
  readonly role: RoleName
  /** Left out: the whole tenant. */
  readonly scope?: { readonly organization: OrganizationId | { readonly id: OrganizationId } }
  /** From then on. Left out: at once. */
  readonly startsAt?: Date
  /** No longer then. Left out: for good. Both are compared with the clock of the process that checks. */
  readonly expiresAt?: Date
  /** Why, in at most 500 characters. */
  readonly reason?: string
}

export interface Assignments {
  /**
   * Gives a role. Bound to an actor (`acme.as(...)`), the actor must hold every permission of the role there, without
   * conditions and for as long; who hands out ownership must be an owner. Granting the same again renews its times.
   * @throws ROLE_UNKNOWN, PRINCIPAL_UNKNOWN, ORGANIZATION_UNKNOWN, GRANT_REFUSED, LAST_OWNER (a renewal that would end the last owner), INPUT_INVALID, ID_INVALID
   */
  grant(assignment: NewAssignment): Promise<Assignment>
  /** Takes it back, on the same terms; twice is not an error. @throws LAST_OWNER, GRANT_REFUSED, ID_INVALID */
  revoke(assignment: RoleAssignmentId | { readonly id: RoleAssignmentId }): Promise<void>
  /** Oldest first; those that are over or still to come are among them. @throws ROLE_UNKNOWN */
  list(filter?: PageRequest & { readonly principal?: Principal; readonly role?: RoleName }): Promise<Page<Assignment>>
}

const LISTING: Listing<RoleAssignmentRow> = { name: 'assignments', columns: { id: 'id' } }
const REASON = { maximum: 500 }
/** The years 1970 to 9999. */
const LATEST = 253_402_300_799_999

export function createAssignments(context: TenantContext, permissions: Permissions): Assignments {
  const { scope, runtime, tenant, actor, auditWriter } = context

  return {
    async grant(assignment) {
      const { principal, role, organization, times, reason } = parse(assignment)
      return changeAccess(context, permissions, async ({ unit, book, authority, now }) => {
        const given = roleOf(book, role)
        if (organization !== null && !book.places.find('organization', organization)) {
          throw new FreeholdError('ORGANIZATION_UNKNOWN')
        }
        if (!(await movePrincipal(unit, tenant.id, principal))) throw new FreeholdError('PRINCIPAL_UNKNOWN')
        const extent: Extent = {
          scope: scopeIn(organization),
          from: times.starts_at?.getTime() ?? now,
          until: times.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
        }
        authority.demandRole(book.closure(given), extent)
        const place = { ...holder(principal), role_id: given.id, organization_id: organization }
        const granted = {
          ...times,
          reason,
          granted_by_type: actor.type,
          granted_by_id: isId(actor.id) ? actor.id : null,
        }
        const write = () => put(unit, place, granted, runtime.newId())
        // a renewal with an end could end the last owner
        const { row, changed } = isOwnership(given, organization) ? await keepAnOwner(unit, write) : await write()
        if (!changed) return assignmentFromRow(row)
        await auditWriter.append(unit, actor, {
          action: 'assignment.granted',
          targets: [
            { type: 'assignment', id: row.id },
            { type: principal.kind, id: principal.id },
            { type: 'role', id: given.id },
          ],
          changes: { startsAt: { to: shownTime(row.starts_at) }, expiresAt: { to: shownTime(row.expires_at) } },
          details: { organizationId: organization, reason },
        })
        return assignmentFromRow(row)
      })
    },

    async revoke(assignment) {
      const id = parseId<RoleAssignmentId>(
        typeof assignment === 'object' && assignment !== null ? assignment.id : assignment,
        'assignment',
      )
      await changeAccess(context, permissions, async ({ unit, book, authority, now }) => {
        const row = await unit.records.get('role_assignments', { id })
        if (!row) return
        const role = roleOf(book, row.role_id)
        authority.demandRole(book.closure(role), { scope: scopeIn(row.organization_id), from: now, until: now })
        const write = () => unit.records.remove('role_assignments', { id })
        await (isOwnership(role, row.organization_id) ? keepAnOwner(unit, write) : write())
        const principal = principalOf(row)
        await movePrincipal(unit, tenant.id, principal)
        await auditWriter.append(unit, actor, {
          action: 'assignment.revoked',
          targets: [
            { type: 'assignment', id },
            { type: principal.kind, id: principal.id },
            { type: 'role', id: row.role_id },
          ],
          details: { organizationId: row.organization_id },
        })
      })
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'principal', 'role'])
      const query = pageQuery(LISTING, filter)
      const where: Where<'role_assignments'> = {
        ...(filter.principal === undefined ? {} : held(parsePrincipal(filter.principal))),
        ...(filter.role === undefined ? {} : { role_id: (await findRole(scope, filter.role)).id }),
      }
      const rows = await scope.records.find('role_assignments', { ...query, where, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, assignmentFromRow)
    },
  }
}

function scopeIn(organization: string | null): Scope {
  return organization === null ? WHOLE_TENANT : { kind: 'organization', id: organization }
}

function isOwnership({ system, key }: BookRole, organization: string | null): boolean {
  return system && key === OWNER && organization === null
}

type Place = Pick<RoleAssignmentRow, 'user_id' | 'service_account_id' | 'role_id' | 'organization_id'>
type Granted = Pick<RoleAssignmentRow, 'starts_at' | 'expires_at' | 'reason' | 'granted_by_type' | 'granted_by_id'>

/** The access lock is held: nobody else can put the same in between. */
async function put(unit: TenantUnit, place: Place, granted: Granted, id: string): Promise<Put> {
  const [held] = await unit.records.find('role_assignments', { where: place, limit: 1 })
  if (!held) {
    const [created] = await unit.records.insert('role_assignments', [{ id, ...place, ...granted }])
    return { row: created!, changed: true }
  }
  const { starts_at, expires_at, reason } = granted
  // the same again, by whomever, says nothing new
  if (Object.keys(differing(held, { starts_at, expires_at, reason })).length === 0) return { row: held, changed: false }
  const [renewed] = await unit.records.update('role_assignments', { id: held.id }, granted)
  return { row: renewed ?? held, changed: true }
}

interface Put {
  readonly row: RoleAssignmentRow
  readonly changed: boolean
}

function parse(assignment: NewAssignment) {
  checkKeys(assignment, 'assignment', ['principal', 'role', 'scope', 'startsAt', 'expiresAt', 'reason'])
  const { scope, reason } = assignment
  if (scope !== undefined) checkKeys(scope, 'scope', ['organization'])
  const starts_at = checkTime(assignment.startsAt, 'startsAt')
  const expires_at = checkTime(assignment.expiresAt, 'expiresAt')
  if (starts_at && expires_at && expires_at <= starts_at) throw invalid('expiresAt', 'it is not after startsAt')
  return {
    principal: parsePrincipal(assignment.principal),
    role: checkRoleName(assignment.role),
    organization: scope === undefined ? null : organizationId(scope.organization),
    times: { starts_at, expires_at },
    reason: reason === undefined ? null : checkText(reason, 'reason', REASON),
  }
}

export function organizationId(organization: OrganizationId | { readonly id: OrganizationId }): OrganizationId {
  const id = typeof organization === 'object' && organization !== null ? organization.id : organization
  return parseId<OrganizationId>(id, 'organization')
}

function checkTime(value: unknown, field: string): Date | null {
  if (value === undefined || value === null) return null
  if (!(value instanceof Date)) throw invalid(field, 'it is not a Date')
  const time = value.getTime()
  if (!(time >= 0 && time <= LATEST)) throw invalid(field, 'it is not a time of the years 1970 to 9999')
  return new Date(time)
}

function holder({ kind, id }: PrincipalKey): Pick<Place, 'user_id' | 'service_account_id'> {
  return kind === 'user' ? { user_id: id, service_account_id: null } : { user_id: null, service_account_id: id }
}

function held({ kind, id }: PrincipalKey): Where<'role_assignments'> {
  return kind === 'user' ? { user_id: id } : { service_account_id: id }
}

function principalOf(row: RoleAssignmentRow): PrincipalKey {
  return row.user_id === null
    ? { kind: 'service_account', id: row.service_account_id! }
    : { kind: 'user', id: row.user_id }
}

function shownTime(time: Date | null): string | null {
  return time?.toISOString() ?? null
}

function assignmentFromRow(row: RoleAssignmentRow): Assignment {
  return {
    id: row.id as RoleAssignmentId,
    principal: principalOf(row),
    roleId: row.role_id as RoleId,
    scope:
      row.organization_id === null
        ? { kind: 'tenant' }
        : { kind: 'organization', id: row.organization_id as OrganizationId },
    startsAt: row.starts_at,
    expiresAt: row.expires_at,
    grantedBy: row.granted_by_type === null ? null : { type: row.granted_by_type, id: row.granted_by_id },
    reason: row.reason,
    createdAt: row.created_at,
  }
}
