// Who holds which role, where, from when and until when.

import type { AuditScope } from '../audit/writer.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, parseId, type RoleAssignmentId } from '../kernel/ids.ts'
import { checkKeys, differing } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { RoleAssignmentRow } from '../storage/access-tables.ts'
import type { Change, Where } from '../storage/records.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { NewRow } from '../storage/tables.ts'
import {
  type Assignment,
  assignmentFromRow,
  demandTeamThere,
  findScope,
  type Holder,
  type HolderColumns,
  holderColumns,
  holderOf,
  type NewAssignment,
  ownerOf,
  parseAssignment,
  parseHolder,
  parseScope,
  type ScopeColumns,
  type ScopeName,
  scopeOfRow,
} from './assignment.ts'
import { type AccessWriting, changeAccess, moveBook, movePrincipal, roleOf } from './changes.ts'
import { grantAtOnce, remembered } from './grant-at-once.ts'
import { demandAssignments } from './held.ts'
import { keepAnOwner, OWNER } from './owners.ts'
import type { Permissions } from './permissions.ts'
import type { BookRole } from './role-book.ts'
import { findRole, type RoleName } from './roles.ts'

export type { Assignment, Holder, NewAssignment, ScopeName } from './assignment.ts'

export type AssignmentKey = RoleAssignmentId | { readonly id: RoleAssignmentId }

export interface AssignmentFilter extends PageRequest {
  /** What is given to just this one: what its teams hold is theirs. */
  readonly principal?: Holder
  readonly role?: RoleName
  /** Just there. */
  readonly scope?: ScopeName
}

export interface Assignments {
  /**
   * Gives a role. Bound to an actor (`acme.as(...)`), the actor must hold every permission of the role there, without
   * conditions and for as long; who hands out ownership must be an owner. Granting the same again renews its times.
   * @throws ROLE_UNKNOWN, PRINCIPAL_UNKNOWN, TEAM_UNKNOWN, ORGANIZATION_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_UNKNOWN, GRANT_REFUSED, LAST_OWNER (a renewal that would end the last owner), INPUT_INVALID, ID_INVALID
   */
  grant(assignment: NewAssignment): Promise<Assignment>
  /** Takes it back, on the same terms; twice is not an error. @throws LAST_OWNER, GRANT_REFUSED, ID_INVALID */
  revoke(assignment: AssignmentKey): Promise<void>
  /** One that is over or still to come, too. @throws ASSIGNMENT_UNKNOWN, ID_INVALID */
  get(assignment: AssignmentKey): Promise<Assignment>
  /**
   * Oldest first; those that are over or still to come are among them.
   * @throws ROLE_UNKNOWN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_UNKNOWN (`scope`)
   */
  list(filter?: AssignmentFilter): Promise<Page<Assignment>>
}

const LISTING: Listing<RoleAssignmentRow> = { name: 'assignments', columns: { id: 'id' } }

export function createAssignments(context: TenantContext, permissions: Permissions): Assignments {
  const { scope, runtime, tenant, actor, auditWriter } = context

  async function audit(
    unit: AuditScope,
    action: 'assignment.granted' | 'assignment.revoked',
    row: AssignmentTerms,
    more: { readonly changes?: object; readonly details?: object } = {},
  ): Promise<void> {
    const holder = holderOf(row)
    await auditWriter.append(unit, actor, {
      action,
      targets: [
        { type: 'assignment', id: row.id },
        ...(holder.kind === 'everyone' ? [] : [{ type: holder.kind, id: holder.id }]),
        { type: 'role', id: row.role_id },
      ],
      changes: { ...more.changes },
      details: { scope: scopeOfRow(row), ...more.details },
    })
  }

  const grantedBy = { granted_by_type: actor.type, granted_by_id: isId(actor.id) ? actor.id : null }

  const auditGrant = (unit: AuditScope, row: AssignmentTerms): Promise<void> =>
    audit(unit, 'assignment.granted', row, {
      changes: { startsAt: { to: shownTime(row.starts_at) }, expiresAt: { to: shownTime(row.expires_at) } },
      details: { flow: row.flow, reason: row.reason },
    })

  /** In one round trip, where what is asked is plain and what decides about it is remembered. */
  async function grantQuickly({ holder, role, flow, times, reason, scope: wanted }: ParsedAssignment) {
    if ('resource' in wanted || holder.kind === 'team' || holder.kind === 'everyone') return undefined
    const { starts_at, expires_at } = times
    // a moment on the database's clock is not known before
    if (expires_at !== null && !(expires_at instanceof Date)) return undefined
    const known = remembered(context, permissions)
    const given = known && (isId(role) ? known.book.byId(role) : known.book.byKey(role))
    if (!given) return undefined
    const { organization_id, team_id: scope_team_id, project_id } = wanted
    const place = { organization_id, scope_team_id, project_id, resource_id: null }
    const held = { id: runtime.newId(), ...holderColumns(holder), role_id: given.id, ...place }
    const row = { ...held, starts_at, expires_at, reason, flow, ...grantedBy }
    const granted = await grantAtOnce(context, known, holder, row, (unit) => auditGrant(unit, row))
    return granted && assignmentFromRow(granted)
  }

  return {
    async grant(assignment) {
      const parsed = parseAssignment(assignment, runtime.now())
      const { holder, role, flow, times, reason, scope: wanted } = parsed
      const quick = await grantQuickly(parsed)
      if (quick) return quick
      return changeAccess(context, permissions, async (writing) => {
        const { unit, book } = writing
        const given = roleOf(book, role)
        const place = await findScope(unit, wanted)
        await meet(writing, holder)
        const { starts_at, expires_at, until } = times
        const held = { ...holderColumns(holder), role_id: given.id, ...place }
        const before = await find(unit, held)
        const ends = Number.isFinite(until) ? new Date(until) : null
        const wantedRow = { id: before?.id ?? '', ...held, flow, starts_at, expires_at: ends }
        await demandAssignments(context, writing, [wantedRow], 'given')
        // it counts in less than it did: that is taken back
        if (before && before.flow !== flow) await demandAssignments(context, writing, [before], 'taken')
        const granted = { starts_at, expires_at, reason, flow, ...grantedBy }
        const write = () => put(unit, before, { ...held, ...granted, id: runtime.newId() }, granted)
        // a renewal with an end could end the last owner
        const { row, changed } = isOwnership(given, place) ? await keepAnOwner(unit, write) : await write()
        if (changed) await auditGrant(unit, row)
        return assignmentFromRow(row)
      })
    },

    async revoke(assignment) {
      const id = assignmentId(assignment)
      await changeAccess(context, permissions, async (writing) => {
        const { unit, book } = writing
        const row = await unit.records.get('role_assignments', { id })
        if (!row) return
        await demandAssignments(context, writing, [row], 'taken')
        const write = () => unit.records.remove('role_assignments', { id })
        await (isOwnership(roleOf(book, row.role_id), row) ? keepAnOwner(unit, write) : write())
        await tell(unit, row)
        await audit(unit, 'assignment.revoked', row)
      })
    },

    async get(assignment) {
      const row = await scope.records.get('role_assignments', { id: assignmentId(assignment) })
      if (!row) throw new FreeholdError('ASSIGNMENT_UNKNOWN')
      return assignmentFromRow(row)
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'principal', 'role', 'scope'])
      const query = pageQuery(LISTING, filter)
      const where: Where<'role_assignments'> = {
        ...(filter.principal === undefined ? {} : holderColumns(parseHolder(filter.principal))),
        ...(filter.role === undefined ? {} : { role_id: (await findRole(scope, filter.role)).id }),
        ...(filter.scope === undefined ? {} : await findScope(scope, parseScope(filter.scope))),
      }
      const rows = await scope.records.find('role_assignments', { ...query, where, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, assignmentFromRow)
    },
  }

  /** Whoever is to hold it is there, and what is remembered of them is no longer believed. @throws PRINCIPAL_UNKNOWN, TEAM_UNKNOWN */
  async function meet({ unit }: AccessWriting, holder: ReturnType<typeof parseHolder>): Promise<void> {
    if (holder.kind === 'team') await demandTeamThere(unit, holder.id)
    if (holder.kind === 'user' || holder.kind === 'service_account') {
      if (!(await movePrincipal(unit, tenant.id, holder))) throw new FreeholdError('PRINCIPAL_UNKNOWN')
    } else await moveBook(unit, tenant.id)
  }

  async function tell(unit: TenantUnit, row: HolderColumns): Promise<void> {
    const owner = ownerOf(row)
    if (owner) await movePrincipal(unit, tenant.id, owner)
    else await moveBook(unit, tenant.id)
  }
}

/** @throws ID_INVALID */
function assignmentId(assignment: AssignmentKey): RoleAssignmentId {
  const id = typeof assignment === 'object' && assignment !== null ? assignment.id : assignment
  return parseId<RoleAssignmentId>(id, 'assignment')
}

function isOwnership({ system, key }: BookRole, scope: ScopeColumns): boolean {
  return system && key === OWNER && scopeOfRow(scope).kind === 'tenant'
}

type ParsedAssignment = ReturnType<typeof parseAssignment>
/** What is given, and to whom, before it is written. */
type AssignmentTerms = Omit<RoleAssignmentRow, 'tenant_id' | 'created_at'>

type Place = HolderColumns & ScopeColumns & Pick<RoleAssignmentRow, 'role_id'>

async function find({ records }: TenantUnit, place: Place): Promise<RoleAssignmentRow | undefined> {
  const [held] = await records.find('role_assignments', { where: place, limit: 1 })
  return held
}

/** The access lock is held: nobody else can put the same in between. */
async function put(
  { records }: TenantUnit,
  held: RoleAssignmentRow | undefined,
  created: NewRow<'role_assignments'>,
  granted: Change<'role_assignments'>,
): Promise<{ readonly row: RoleAssignmentRow; readonly changed: boolean }> {
  if (!held) {
    const [row] = await records.insert('role_assignments', [created])
    return { row: row!, changed: true }
  }
  const { starts_at, expires_at, reason, flow } = granted
  // the same again, by whomever, says nothing new
  if (Object.keys(differing(held, { starts_at, expires_at, reason, flow })).length === 0) {
    return { row: held, changed: false }
  }
  const [renewed] = await records.update('role_assignments', { id: held.id }, granted)
  return { row: renewed ?? held, changed: true }
}

function shownTime(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
