// What a letter or a text message is made from, and what the host may put in its own words.

import type { RiskFlag } from '../authentication/risk/flags.ts'
import type { MailKind } from '../ports/mailer.ts'
import type { TextKind } from '../ports/texter.ts'
import type { FactorType } from '../storage/authentication-tables.ts'
import type { Tenant } from '../tenancy/tenant.ts'

/** What a message may say. Nothing that a stranger typed is among it but an address, and that only to whom it concerns. */
export interface MessageFacts {
  readonly tenant: Pick<Tenant, 'slug' | 'name'>
  /** Where the letter leads. Whoever holds it can do what the letter is for. */
  readonly link?: string
  readonly code?: string
  /** How long link or code are good. */
  readonly expiresInMs?: number
  /** The address or number that something changes to. */
  readonly address?: string
  /** What was used to sign in, in words of ours: `Firefox on Linux`. */
  readonly device?: string
  /** The kind of factor that a notice is about. */
  readonly factor?: FactorType | 'recovery_code'
  /** What is unusual about a sign-in. */
  readonly reasons?: readonly RiskFlag[]
}

export interface MailText {
  /** One line. */
  readonly subject: string
  readonly text: string
  /** Whatever is put into it must be escaped. */
  readonly html?: string
}

export type MailTexts = { readonly [K in MailKind]: (facts: MessageFacts) => MailText }
export type TextTexts = { readonly [K in TextKind]: (facts: MessageFacts) => string }

/** The letters that lead somewhere. */
export type LinkKind = Extract<
  MailKind,
  'email-verification' | 'sign-in-link' | 'password-reset' | 'email-change' | 'sign-up' | 'invitation'
>

export interface MessageOptions {
  /**
   * Where links lead: `https://app.example.com`, or `https://{slug}.example.com` where tenants have hosts of their own. It comes from here
   * alone and never from a request, whose host a stranger chooses. Needed with a `mailer`.
   */
  readonly baseUrl?: string
  /**
   * The page of each link below `baseUrl`. The token is behind the `#`, which no server and no scanner of mail sees: the page
   * takes it from there and sends it on as a POST. Opening a link therefore uses nothing up.
   */
  readonly paths?: Partial<Record<LinkKind, string>>
  /** Letters in the host's own words. */
  readonly mails?: Partial<MailTexts>
  /** Text messages in the host's own words. */
  readonly texts?: Partial<TextTexts>
}
