// What people do with their own account: prove an address, choose a new password, move to another address or number,
// give the account up. Whatever comes back from a mailbox or a phone is good once, for one purpose, in one tenant, for
// the address it was sent to.

import type { SignedIn } from '../authentication/signed-in.ts'
import type { User, UserKey } from '../identity/user.ts'
import type { SessionId } from '../kernel/ids.ts'
import type { ClientInfo } from '../sessions/session.ts'

/**
 * Not part of a transaction: what is sent cannot be taken back, and an attempt is counted whatever becomes of it.
 *
 * Whatever takes an address from a stranger answers the same for a known and for an unknown one, after the same
 * statements: the request is counted, a challenge and an event are written for either, and only afterwards, beside the
 * answer, is a letter sent to the one that has a user. A mailer that is slow or broken changes neither (A05).
 */
export interface Accounts {
  /**
   * Sends a link to an address that is not proven yet; to one that is, or is nobody's, nothing.
   * @throws MAILER_MISSING, EMAIL_INVALID, INPUT_INVALID, TOO_MANY_ATTEMPTS (of this address, known or not)
   */
  requestEmailVerification(request: AddressRequest): Promise<void>
  /**
   * Proves the address. Whoever registered it before it was proven may have been somebody else, so their password is removed,
   * and their sessions and devices with it, unless the proof comes in a session of that very user (A10).
   * @throws CHALLENGE_REFUSED, INPUT_INVALID
   */
  confirmEmail(proof: EmailProof): Promise<ConfirmedEmail>
  /** Sends a link to choose a new password. @throws as requestEmailVerification */
  requestPasswordReset(request: AddressRequest): Promise<void>
  /**
   * Sets a new password, ends every session, and proves the address. Opens no session, and leaves second factors as they are: they
   * are asked for at the next sign-in (M05). A password that is not accepted does not use the link up.
   * @throws CHALLENGE_REFUSED, PASSWORD_REJECTED, INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE
   */
  resetPassword(proof: { readonly token: string; readonly password: string }): Promise<User>
  /**
   * Sets a new password for whoever shows the one they have, ends their sessions but for `session`, and tells them by letter. A wrong
   * one counts with those at sign-in (A14). Of a user with a second factor the session must be fresh as well (`Fresh`).
   * @throws PASSWORD_WRONG, PASSWORD_REJECTED, TOO_MANY_ATTEMPTS, STEP_UP_REQUIRED, USER_UNKNOWN, SESSION_UNKNOWN (another user's), INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE
   */
  changePassword(user: UserKey, change: PasswordChange): Promise<void>
  /**
   * Sends a link to the new address, and tells the old one. An address that another user has is answered the same, and gets nothing.
   * @throws MAILER_MISSING, EMAIL_INVALID, INPUT_INVALID, USER_UNKNOWN, STEP_UP_REQUIRED, TOO_MANY_ATTEMPTS
   */
  requestEmailChange(user: UserKey, change: { readonly email: string } & Fresh): Promise<void>
  /**
   * The address becomes the new one, proven; both are told. Void once the user has another address, another password, or was
   * signed out everywhere.
   * @throws CHALLENGE_REFUSED, EMAIL_TAKEN (meanwhile), INPUT_INVALID
   */
  confirmEmailChange(proof: { readonly token: string }): Promise<User>
  /** Sends a code to the new number. @throws TEXTER_MISSING, PHONE_INVALID, INPUT_INVALID, USER_UNKNOWN, STEP_UP_REQUIRED, TOO_MANY_ATTEMPTS */
  requestPhoneChange(user: UserKey, change: { readonly phone: string } & Fresh): Promise<SentCode>
  /** The number becomes the new one, proven. @throws CHALLENGE_REFUSED (after five wrong codes whatever the code), INPUT_INVALID, ID_INVALID */
  confirmPhoneChange(user: UserKey, answer: CodeAnswer): Promise<User>
  /** Doing it twice is not an error. @throws USER_UNKNOWN, STEP_UP_REQUIRED, INPUT_INVALID */
  removePhone(user: UserKey, options?: Fresh): Promise<User>
  /** The user gives the account up: as `users.disable`, which only an operator undoes. Doing it twice is not an error. @throws USER_UNKNOWN, STEP_UP_REQUIRED, LAST_OWNER, INPUT_INVALID */
  deactivate(user: UserKey, options?: Fresh): Promise<User>
  /**
   * Sends a link to sign up with; to an address that has a user already, a letter that says so. There is no user before the
   * link comes back, so nobody can register an address that is not theirs (A10).
   * @throws as requestEmailVerification
   */
  requestSignUp(request: AddressRequest): Promise<void>
  /** Creates the user, address proven, and signs them in. @throws CHALLENGE_REFUSED, EMAIL_TAKEN (meanwhile), PASSWORD_REJECTED, LIMIT_REACHED (`members`), INPUT_INVALID, OVERLOADED, LEAK_LIST_UNAVAILABLE */
  confirmSignUp(proof: JoinProof): Promise<SignedIn>
  /** `invitations.send` to the tenant, without roles. @throws MAILER_MISSING, EMAIL_INVALID, EMAIL_TAKEN, INVITATION_TAKEN, TOO_MANY_ATTEMPTS, INPUT_INVALID */
  invite(invitation: AddressRequest): Promise<SentInvitation>
  /** `invitations.join`: as `confirmSignUp`, for the address that was invited and no other (A02). @throws as confirmSignUp, INVITATION_VOID */
  acceptInvitation(proof: JoinProof): Promise<SignedIn>
}

export interface AddressRequest {
  readonly email: string
}

export interface EmailProof {
  readonly token: string
  /** A session of whoever confirms. */
  readonly session?: SessionId
}

export interface ConfirmedEmail {
  readonly user: User
  /** The user had a password before the address was proven, and has none now. */
  readonly passwordRemoved: boolean
}

export interface Fresh {
  /**
   * The session of the user who asks: it must be live, its sign-in or step-up no older than `accounts.freshnessMs`, and with a
   * second factor where the user has one (ASVS 5.0, V7.5.1). Left out, it is the one of the user in whose name it is asked
   * (`as`); a caller in nobody's name answers for it.
   */
  readonly session?: SessionId
}

export interface PasswordChange extends Fresh {
  readonly current: string
  readonly next: string
}

export interface SentCode {
  /** Of this request: its code is good for no other. */
  readonly id: string
  readonly expiresInMs: number
}

export interface CodeAnswer {
  readonly id: string
  readonly code: string
}

export interface SentInvitation {
  readonly id: string
  readonly expiresInMs: number
}

export interface JoinProof {
  readonly token: string
  /** Left out, the user has none, and signs in by link, code or passkey. Needed where e-mail is no factor. */
  readonly password?: string
  /** 1 to 200 characters. */
  readonly name?: string
  readonly client?: ClientInfo
}
