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
  /** To the new address: leads to `accounts.confirmEmailChange`. */
  | 'email-change'
  /** Leads to `accounts.confirmSignUp`. */
  | 'sign-up'
  /** In its place where the address has a user already. */
  | 'sign-up-known'
  | 'invitation'
  | NoticeKind

/** Letters that ask for nothing: they tell the owner of an account what was done to it. Sent to proven addresses alone. */
export type NoticeKind =
  | 'password-changed'
  /** To the old address. */
  | 'email-change-requested'
  /** To both. */
  | 'email-changed'
  | 'phone-changed'
  | 'factor-added'
  | 'factor-removed'
  | 'factor-primary'
  | 'passkey-added'
  | 'passkey-removed'
  | 'recovery-codes-renewed'
  | 'recovery-code-used'
  | 'account-locked'
  | 'account-deactivated'
  | 'new-device'
  /** Right, and unusual: it went on, or another factor was asked for. */
  | 'sign-in-unusual'
  /** Right, and refused for its risk. */
  | 'sign-in-refused'
  /** Somebody guesses at the password, or knows it and guesses at what is asked for next. */
  | 'sign-in-guessed'
