// One invitation: to the tenant, to an organization or to a team, with what it gives there. As callers name it, as its row
// says it, and the token of its link.

import { createHash } from 'node:crypto'
import { type PlaceColumns, placeColumns } from '../access/place-names.ts'
import { checkRoleName, type RoleName } from '../access/roles.ts'
import { createChallengeTokens, SECRET_LENGTH } from '../authentication/challenge-token.ts'
import type { TenantContext } from '../context.ts'
import { parseEmail } from '../identity/email.ts'
import {
  type InvitationId,
  type OrganizationId,
  parseId,
  type RoleId,
  type TeamId,
  type UserId,
} from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { InvitationRow } from '../storage/invitation-tables.ts'
import type { Where } from '../storage/records.ts'
import { fromNow } from '../storage/tables.ts'

export type InvitationStatus = 'pending' | 'accepted' | 'declined' | 'revoked' | 'expired'

export interface Invitation {
  readonly id: InvitationId
  readonly email: string
  readonly to:
    | { readonly kind: 'tenant' }
    | { readonly kind: 'organization'; readonly id: OrganizationId }
    | { readonly kind: 'team'; readonly id: TeamId }
  readonly roleIds: readonly RoleId[]
  readonly status: InvitationStatus
  /** Who sent it last: it gives what they may give when it is accepted. */
  readonly invitedBy: { readonly type: string; readonly id: string | null } | null
  readonly acceptedBy: UserId | null
  /** Letters so far. */
  readonly sentCount: number
  readonly lastSentAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  readonly createdAt: Date
}

export interface NewInvitation {
  readonly email: string
  /** Left out: the tenant. */
  readonly to?:
    | { readonly organization: OrganizationId | { readonly id: OrganizationId } }
    | { readonly team: TeamId | { readonly id: TeamId } }
  /** Keys or ids, at most 20. Held in the tenant or the organization, at least one there; in a team, one at most: its role. */
  readonly roles?: readonly RoleName[]
}

export type InvitationKey = InvitationId | { readonly id: InvitationId }

/** What an invitation gives, and where. */
export type Gift = Pick<InvitationRow, 'organization_id' | 'team_id' | 'role_ids'>

const PURPOSE = 'invitation'
const MAXIMUM_ROLES = 20

/** @throws INPUT_INVALID, EMAIL_INVALID, ID_INVALID, ROLE_UNKNOWN (no text) */
export function parseInvitation(invitation: NewInvitation) {
  checkKeys(invitation, 'invitation', ['email', 'to', 'roles'])
  const { roles = [], to } = invitation
  const place: PlaceColumns = placeColumns(to, 'to')
  if (place.project_id !== null) throw invalid('to', 'it is { organization } or { team }')
  if (!Array.isArray(roles)) throw invalid('roles', 'it is not a list')
  if (roles.length > MAXIMUM_ROLES) throw invalid('roles', `it has more than ${MAXIMUM_ROLES} roles`)
  const { organization_id, team_id } = place
  if (organization_id !== null && roles.length === 0) throw invalid('roles', 'who holds no role there is not in it')
  if (team_id !== null && roles.length > 1) throw invalid('roles', 'a member of a team has one role there at most')
  return { ...parseEmail(invitation.email), organization_id, team_id, roles: Array.from(roles, checkRoleName) }
}

/** @throws ID_INVALID */
export function invitationId(invitation: InvitationKey): InvitationId {
  const id = typeof invitation === 'object' && invitation !== null ? invitation.id : invitation
  return parseId<InvitationId>(id, 'invitation')
}

/** The token of a new link, and what is kept of it. */
export function newLink({ tenant, keyring, runtime }: TenantContext, id: string) {
  const secret = runtime.randomBytes(SECRET_LENGTH)
  const token = createChallengeTokens(keyring).write({ tenantId: tenant.id, id, secret }, PURPOSE)
  return { token, token_hash: hashOf(secret) }
}

/** The pending invitation that a token is the newest link of; undefined: it cannot be one. */
export function linkGuard({ tenant, keyring }: TenantContext, token: unknown): Where<'invitations'> | undefined {
  const parsed = createChallengeTokens(keyring).parse(token, PURPOSE)
  if (parsed?.tenantId !== tenant.id) return undefined
  return { ...pendingGuard(), id: parsed.id, token_hash: hashOf(parsed.secret) }
}

/** What an invitation must be to be answered. */
export function pendingGuard(): Where<'invitations'> {
  return { status: 'pending', expires_at: { from: fromNow() } }
}

export function invitationFromRow(row: InvitationRow, now: number): Invitation {
  const { organization_id, team_id, status } = row
  return {
    id: row.id as InvitationId,
    email: row.email,
    to:
      organization_id !== null
        ? { kind: 'organization', id: organization_id as OrganizationId }
        : team_id !== null
          ? { kind: 'team', id: team_id as TeamId }
          : { kind: 'tenant' },
    roleIds: row.role_ids as RoleId[],
    status: status === 'pending' && row.expires_at.getTime() <= now ? 'expired' : status,
    invitedBy: row.invited_by_type === null ? null : { type: row.invited_by_type, id: row.invited_by_id },
    acceptedBy: row.accepted_by_user_id as UserId | null,
    sentCount: row.sent_count,
    lastSentAt: row.last_sent_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    createdAt: row.created_at,
  }
}

function hashOf(secret: Uint8Array): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
