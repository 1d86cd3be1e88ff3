// The port to e-mail. `freehold/nodemailer` implements it; `freehold/testing` has a mailbox that keeps what it is sent.

export interface Mailer {
  /** Resolves once somebody else has the letter. What it rejects with is told to `onError`, and to nobody who asked for the letter. */
  send(mail: Mail): Promise<void>
}

export interface Mail {
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html?: string
  /** What it is for: to sort, to count, to choose another sender. */
  readonly kind: MailKind
}

export type MailKind =
  /** Leads to `accounts.confirmEmail`. */
  | 'email-verification'
  | 'sign-in-link'
  | 'sign-in-code'
  /** The code of a second factor. */
  | 'factor-code'
  | 'password-reset'
  /** A notice: somebody who should not have done it is found out. So are the next ones that ask for nothing. */
  | 'password-changed'
  /** To the new address: leads to `accounts.confirmEmailChange`. */
  | 'email-change'
  /** To the old one. */
  | 'email-change-requested'
  /** To both. */
  | 'email-changed'
  | 'phone-changed'
  | 'new-device'
  /** Leads to `accounts.confirmSignUp`. */
  | 'sign-up'
  /** In its place where the address has a user already. */
  | 'sign-up-known'
  | 'invitation'
