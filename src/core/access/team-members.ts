// Who is in which team. A member holds what the team and the teams above it hold; and, in the team and below it, a role and
// permissions of their own.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { RoleId, TeamId, TeamMemberId } from '../kernel/ids.ts'
import { checkKeys, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { PermissionEntry } from '../storage/access-tables.ts'
import type { Where } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { TeamMemberRow } from '../storage/tree-tables.ts'
import type { Principal } from './access.ts'
import { type AccessWriting, changeAccess, movePrincipal, roleOf } from './changes.ts'
import { demandMemberships, demandMemberTerms } from './held.ts'
import { checkEntries, entriesInShort } from './permission-entries.ts'
import type { Permissions } from './permissions.ts'
import { type PrincipalKey, parsePrincipal } from './principals.ts'
import { checkRoleName, type RoleName } from './roles.ts'
import { findTeam, type TeamKey, teamId } from './teams.ts'
import type { TenantBook } from './tenant-book.ts'

export interface TeamMember {
  readonly id: TeamMemberId
  readonly teamId: TeamId
  readonly principal: { readonly kind: 'user' | 'service_account'; readonly id: string }
  readonly roleId: RoleId | null
  readonly permissions: readonly PermissionEntry[]
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewTeamMember {
  /** A user or a service account. */
  readonly principal: Principal
  /** Held in the team and below it. */
  readonly role?: RoleName
  /** Held there too: as those of a role, at most 48 KiB of JSON. */
  readonly permissions?: readonly PermissionEntry[]
}

export interface TeamMemberChange {
  readonly role?: RoleName | null
  /** Replaces the whole list. */
  readonly permissions?: readonly PermissionEntry[]
}

export interface TeamMemberFilter extends PageRequest {
  readonly team?: TeamKey
  /** The memberships of this user or service account. */
  readonly principal?: Principal
}

export interface TeamMembers {
  /**
   * Bound to an actor, the actor must hold, in the team, what the member is given there, and what the team and those above it
   * hold, where they hold it and for as long.
   * @throws TEAM_UNKNOWN, PRINCIPAL_UNKNOWN, MEMBER_TAKEN, ROLE_UNKNOWN, PERMISSION_UNKNOWN, CONDITION_INVALID, GRANT_REFUSED, INPUT_INVALID, ID_INVALID
   */
  add(team: TeamKey, member: NewTeamMember): Promise<TeamMember>
  /** @throws MEMBER_UNKNOWN, ID_INVALID */
  get(team: TeamKey, principal: Principal): Promise<TeamMember>
  /** Oldest first. */
  list(filter?: TeamMemberFilter): Promise<Page<TeamMember>>
  /**
   * Bound to an actor, the actor must hold, in the team, what is given and what is taken.
   * @throws MEMBER_UNKNOWN, ROLE_UNKNOWN, PERMISSION_UNKNOWN, CONDITION_INVALID, GRANT_REFUSED, INPUT_INVALID, ID_INVALID
   */
  update(team: TeamKey, principal: Principal, change: TeamMemberChange): Promise<TeamMember>
  /** On the terms of `add`. Twice is not an error. @throws TEAM_UNKNOWN, GRANT_REFUSED, ID_INVALID */
  remove(team: TeamKey, principal: Principal): Promise<void>
}

const LISTING: Listing<TeamMemberRow> = { name: 'team-members', columns: { id: 'id' } }
/** Of the JSON text; the table holds 64 KiB in its own form. */
const MAXIMUM_BYTES = 49_152

export function createTeamMembers(context: TenantContext, permissions: Permissions): TeamMembers {
  const { scope, runtime, tenant, actor, auditWriter } = context

  /** Under the access lock, with the team that is meant. */
  const inTeam = <R>(team: TeamId, work: (writing: AccessWriting) => Promise<R>): Promise<R> =>
    changeAccess(context, permissions, async (writing) => {
      await findTeam(writing.unit, team)
      return work(writing)
    })

  async function audit(
    { unit }: AccessWriting,
    action: 'team.member_added' | 'team.member_updated' | 'team.member_removed',
    row: TeamMemberRow,
    changes: Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>> = {},
  ): Promise<void> {
    const { kind, id } = principalOf(row)
    await auditWriter.append(unit, actor, {
      action,
      targets: [
        { type: 'team', id: row.team_id },
        { type: kind, id },
      ],
      changes,
      details: { memberId: row.id },
    })
  }

  return {
    async add(team, member) {
      const id = teamId(team)
      checkKeys(member, 'member', ['principal', 'role', 'permissions'])
      const principal = parsePrincipal(member.principal)
      const role = member.role === undefined ? undefined : checkRoleName(member.role)
      return inTeam(id, async (writing) => {
        const { unit, book } = writing
        const entries = memberEntries(member.permissions ?? [], book)
        const terms = {
          id: runtime.newId(),
          team_id: id,
          role_id: role === undefined ? null : roleOf(book, role).id,
          permissions: entries,
        }
        if (!(await movePrincipal(unit, tenant.id, principal))) throw new FreeholdError('PRINCIPAL_UNKNOWN')
        demandMemberships(writing, [terms], 'given')
        const row = { ...terms, ...holder(principal) }
        const [added] = await unit.records.insert('team_members', [row], { onConflict: 'ignore' })
        if (!added) throw new FreeholdError('MEMBER_TAKEN')
        await audit(writing, 'team.member_added', added, {
          roleId: { to: added.role_id },
          permissions: { to: entriesInShort(added.permissions) },
        })
        return memberFromRow(added)
      })
    },

    async get(team, principal) {
      return memberFromRow(await findMember(scope, teamId(team), parsePrincipal(principal)))
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'team', 'principal'])
      const query = pageQuery(LISTING, filter)
      const where: Where<'team_members'> = {
        ...(filter.team === undefined ? {} : { team_id: teamId(filter.team) }),
        ...(filter.principal === undefined ? {} : holder(parsePrincipal(filter.principal))),
      }
      return pageOf(LISTING, query, await scope.records.find('team_members', { ...query, where }), memberFromRow)
    },

    async update(team, principal, change) {
      const id = teamId(team)
      const key = parsePrincipal(principal)
      checkKeys(change, 'change', ['role', 'permissions'])
      const role = change.role === undefined || change.role === null ? change.role : checkRoleName(change.role)
      return changeAccess(context, permissions, async (writing) => {
        const { unit, book } = writing
        const entries = change.permissions === undefined ? undefined : memberEntries(change.permissions, book)
        const before = await findMember(unit, id, key)
        const columns = differing(before, {
          ...(role === undefined ? {} : { role_id: role === null ? null : roleOf(book, role).id }),
          ...(entries === undefined ? {} : { permissions: entries }),
        })
        if (Object.keys(columns).length === 0) return memberFromRow(before)
        demandMemberTerms(writing, before, 'taken')
        demandMemberTerms(writing, { ...before, ...columns }, 'given')
        await movePrincipal(unit, tenant.id, key)
        const where = { id: before.id }
        const [after] = await unit.records.update('team_members', where, { ...columns, updated_at: fromNow() })
        await audit(writing, 'team.member_updated', after!, {
          ...('role_id' in columns ? { roleId: { from: before.role_id, to: after!.role_id } } : {}),
          ...('permissions' in columns
            ? { permissions: { from: entriesInShort(before.permissions), to: entriesInShort(after!.permissions) } }
            : {}),
        })
        return memberFromRow(after!)
      })
    },

    async remove(team, principal) {
      const id = teamId(team)
      const key = parsePrincipal(principal)
      await inTeam(id, async (writing) => {
        const { unit } = writing
        const before = await unit.records.get('team_members', { team_id: id, ...holder(key) })
        if (!before) return
        demandMemberships(writing, [before], 'taken')
        await unit.records.remove('team_members', { id: before.id })
        await movePrincipal(unit, tenant.id, key)
        await audit(writing, 'team.member_removed', before, {
          roleId: { from: before.role_id },
          permissions: { from: entriesInShort(before.permissions) },
        })
      })
    },
  }
}

/** @throws PERMISSION_UNKNOWN, CONDITION_INVALID, INPUT_INVALID */
function memberEntries(value: unknown, { permissions }: TenantBook): PermissionEntry[] {
  const entries = checkEntries(value, permissions)
  if (Buffer.byteLength(JSON.stringify(entries)) > MAXIMUM_BYTES) throw invalid('permissions', 'it is too large')
  return entries
}

/** @throws MEMBER_UNKNOWN */
async function findMember(
  { records }: Pick<TenantScope, 'records'>,
  team: TeamId,
  principal: PrincipalKey,
): Promise<TeamMemberRow> {
  const row = await records.get('team_members', { team_id: team, ...holder(principal) })
  if (!row) throw new FreeholdError('MEMBER_UNKNOWN')
  return row
}

function holder({ kind, id }: PrincipalKey): { readonly user_id: string } | { readonly service_account_id: string } {
  return kind === 'user' ? { user_id: id } : { service_account_id: id }
}

function principalOf({ user_id, service_account_id }: TeamMemberRow): PrincipalKey {
  return user_id === null ? { kind: 'service_account', id: service_account_id! } : { kind: 'user', id: user_id }
}

function memberFromRow(row: TeamMemberRow): TeamMember {
  return {
    id: row.id as TeamMemberId,
    teamId: row.team_id as TeamId,
    principal: principalOf(row),
    roleId: row.role_id as RoleId | null,
    permissions: row.permissions,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
