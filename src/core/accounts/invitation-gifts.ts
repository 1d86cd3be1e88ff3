// What an invitation gives: whoever sends it must hold that, and must hold it still when it is accepted. One of somebody who
// lost it, or who is no longer there, gives nothing and lets nobody in.

import type { Principal } from '../access/access.ts'
import type { NewAssignment } from '../access/assignment.ts'
import { createAssignments } from '../access/assignments.ts'
import { forGood } from '../access/authority.ts'
import { type AccessWriting, changeAccess } from '../access/changes.ts'
import { demandAssignments, demandMemberships } from '../access/held.ts'
import type { Permissions } from '../access/permissions.ts'
import { createTeamMembers } from '../access/team-members.ts'
import type { Actor } from '../audit/audit.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { OrganizationId, TeamId } from '../kernel/ids.ts'
import type { InvitationRow } from '../storage/invitation-tables.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { Gift } from './invitation.ts'

/** @throws GRANT_REFUSED */
export async function demandGift(context: TenantContext, writing: AccessWriting, gift: Gift): Promise<void> {
  const { organization_id, team_id, role_ids } = gift
  if (team_id !== null) {
    demandMemberships(writing, [{ id: '', team_id, role_id: role_ids[0] ?? null, permissions: [] }], 'given')
    return
  }
  const place = { organization_id, scope_team_id: null, project_id: null, resource_id: null }
  const terms = { ...place, flow: 'descendants', starts_at: null, expires_at: null } as const
  const rows = role_ids.map((role_id) => ({ ...terms, id: '', role_id }))
  await demandAssignments(context, writing, rows, 'given')
}

/**
 * Gives it, in the name of who invited. Roles that are gone are not given; answers how many these are.
 * @throws INVITATION_VOID (who invited may not give it any more), MEMBER_TAKEN
 */
export async function giveGift(
  context: TenantContext,
  permissions: Permissions,
  unit: TenantUnit,
  { id, organization_id, team_id, role_ids, ...by }: InvitationRow,
  principal: Principal,
): Promise<number> {
  const asInviter: TenantContext = { ...context, scope: unit, actor: inviterOf(by) }
  try {
    // whatever it gives: who was disabled or removed lets nobody in
    await changeAccess(asInviter, permissions, async ({ authority, now }) =>
      authority.demandPermissions([], forGood(now)),
    )
    const roles =
      role_ids.length > 0 ? await unit.records.find('roles', { where: { id: { in: role_ids } }, limit: 100 }) : []
    const there = role_ids.filter((role) => roles.some((row) => row.id === role))
    if (team_id !== null) {
      const role = there[0] === undefined ? {} : { role: there[0] }
      await createTeamMembers(asInviter, permissions).add(team_id as TeamId, { principal, ...role })
    } else {
      const scope = organization_id === null ? {} : { scope: { organization: organization_id as OrganizationId } }
      const terms: Omit<NewAssignment, 'role'> = { principal, ...scope, reason: `invitation ${id}` }
      for (const role of there) await createAssignments(asInviter, permissions).grant({ ...terms, role })
    }
    return role_ids.length - there.length
  } catch (error) {
    throw FreeholdError.is(error, 'GRANT_REFUSED') ? new FreeholdError('INVITATION_VOID') : error
  }
}

function inviterOf({
  invited_by_type,
  invited_by_id,
}: Pick<InvitationRow, 'invited_by_type' | 'invited_by_id'>): Actor {
  const type = (invited_by_type ?? 'system') as Actor['type']
  return { type, ...(invited_by_id === null ? {} : { id: invited_by_id }) }
}
