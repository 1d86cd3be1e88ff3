// What can be done with invitations.

import type { SignedIn } from '../authentication/signed-in.ts'
import type { UserKey } from '../identity/user.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { JoinProof } from './account.ts'
import type { Invitation, InvitationKey, InvitationStatus, NewInvitation } from './invitation.ts'

/** How an invitation is named by who was invited: by its link, or by its id. */
export type InvitationAnswer = { readonly token: string } | { readonly invitation: InvitationKey }

export interface InvitationFilter extends PageRequest {
  readonly status?: InvitationStatus
  readonly email?: string
  /** Just to this. */
  readonly to?: NonNullable<NewInvitation['to']>
  /** Those that this user can accept, or could. */
  readonly user?: UserKey
}

/**
 * Not part of a transaction: what is sent cannot be taken back.
 *
 * An invitation gives what its inviter may give when it is accepted. One of somebody who lost that, who was disabled or
 * removed, lets nobody in (INVITATION_VOID); sending it again in the name of who may makes it good again.
 */
export interface Invitations {
  /**
   * Bound to an actor, the actor must hold what it gives, where it gives it and for good. Of an address and a place one is
   * pending at a time.
   * @throws MAILER_MISSING, EMAIL_INVALID, EMAIL_TAKEN (to the tenant: there is such a user), INVITATION_TAKEN, MEMBER_TAKEN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, ROLE_UNKNOWN, GRANT_REFUSED, TOO_MANY_ATTEMPTS, INPUT_INVALID, ID_INVALID
   */
  send(invitation: NewInvitation): Promise<Invitation>
  /** @throws INVITATION_UNKNOWN, ID_INVALID */
  get(invitation: InvitationKey): Promise<Invitation>
  /** Oldest first. @throws USER_UNKNOWN, EMAIL_INVALID, INPUT_INVALID, CURSOR_INVALID, ID_INVALID */
  list(filter?: InvitationFilter): Promise<Page<Invitation>>
  /**
   * Another letter with another link: the one before is good no longer, and its time begins anew. On the terms of `send`,
   * in the name of who sends it again.
   * @throws MAILER_MISSING, INVITATION_UNKNOWN, INVITATION_ENDED, ROLE_UNKNOWN, GRANT_REFUSED, TOO_MANY_ATTEMPTS, ID_INVALID
   */
  resend(invitation: InvitationKey): Promise<Invitation>
  /** Twice is not an error. @throws INVITATION_UNKNOWN, INVITATION_ENDED (accepted or declined), ID_INVALID */
  revoke(invitation: InvitationKey): Promise<Invitation>
  /** What a link is for, and whether its address has a user already, who accepts signed in; nothing changes. @throws CHALLENGE_REFUSED */
  look(link: { readonly token: string }): Promise<{ readonly invitation: Invitation; readonly registered: boolean }>
  /**
   * For who is no user yet: creates one with the address that was invited, proven, and signs them in.
   * @throws CHALLENGE_REFUSED, EMAIL_TAKEN (meanwhile), INVITATION_VOID, PASSWORD_REJECTED, LIMIT_REACHED (`members`), INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE
   */
  join(proof: JoinProof): Promise<SignedIn>
  /**
   * For a user, signed in: the address invited must be theirs, and proven.
   * @throws CHALLENGE_REFUSED (a link that is not good, or of another's), INVITATION_UNKNOWN (another's, too), INVITATION_ENDED, INVITATION_VOID, MEMBER_TAKEN, USER_UNKNOWN, INPUT_INVALID, ID_INVALID
   */
  accept(user: UserKey, by: InvitationAnswer): Promise<Invitation>
  /**
   * By who has the link, or by the user who was invited: then the user is named, too.
   * @throws as accept, without INVITATION_VOID and MEMBER_TAKEN
   */
  decline(by: InvitationAnswer, user?: UserKey): Promise<Invitation>
}
