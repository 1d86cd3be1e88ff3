// Which invitations there are: one by its id, and those that a filter asks for.

import { placeColumns } from '../access/place-names.ts'
import type { TenantContext } from '../context.ts'
import { findUser } from '../identity/standing.ts'
import { userIdOf } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { InvitationRow } from '../storage/invitation-tables.ts'
import type { Where } from '../storage/records.ts'
import type { TenantScope, TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { addressHolder } from './email.ts'
import { addressOf } from './errand.ts'
import { type Gift, type InvitationStatus, pendingGuard } from './invitation.ts'
import type { InvitationFilter } from './inviting.ts'

const STATUSES: readonly InvitationStatus[] = ['pending', 'accepted', 'declined', 'revoked', 'expired']

/** @throws INVITATION_UNKNOWN */
export async function findInvitation(
  { records }: Pick<TenantScope, 'records'>,
  where: Where<'invitations'>,
): Promise<InvitationRow> {
  const row = await records.get('invitations', where)
  if (!row) throw new FreeholdError('INVITATION_UNKNOWN')
  return row
}

/** @throws USER_UNKNOWN, EMAIL_INVALID, INPUT_INVALID, ID_INVALID */
export async function invitationsWhere(
  { scope }: TenantContext,
  filter: InvitationFilter,
): Promise<Where<'invitations'>> {
  checkKeys(filter, 'filter', ['limit', 'cursor', 'status', 'email', 'to', 'user'])
  const { status, email, to, user } = filter
  if (email !== undefined && user !== undefined) throw invalid('user', 'email is given too')
  const address =
    user === undefined ? email && addressOf({ email }).emailNorm : (await findUser(scope, userIdOf(user))).email_norm
  const { organization_id, team_id } = placeColumns(to, 'to')
  return {
    ...(status === undefined ? {} : statusWhere(status)),
    ...(address === undefined ? {} : { email_norm: address }),
    ...(to === undefined ? {} : { organization_id, team_id }),
  }
}

function statusWhere(status: InvitationStatus): Where<'invitations'> {
  if (!STATUSES.includes(status)) throw invalid('status', `it is one of ${STATUSES.join(', ')}`)
  if (status === 'pending') return pendingGuard()
  // its time is over, and nobody answered it
  if (status === 'expired') return { status: { in: ['pending', 'expired'] }, expires_at: { before: fromNow() } }
  return { status }
}

/** Who is there already is not invited to it. @throws EMAIL_TAKEN, MEMBER_TAKEN */
export async function refuseKnown(
  context: TenantContext,
  unit: TenantUnit,
  emailNorm: string,
  { organization_id, team_id }: Pick<Gift, 'organization_id' | 'team_id'>,
): Promise<void> {
  const holder = await addressHolder({ ...context, scope: unit }, emailNorm)
  if (!holder) return
  if (organization_id === null && team_id === null) throw new FreeholdError('EMAIL_TAKEN')
  if (team_id === null) return
  if ((await unit.records.count('team_members', { team_id, user_id: holder.id })) > 0) {
    throw new FreeholdError('MEMBER_TAKEN')
  }
}
