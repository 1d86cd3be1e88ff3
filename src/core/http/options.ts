// Options of the HTTP side.

import type { VerificationMode } from '../sessions/session.ts'
import type { RateLimitOptions } from './rate-limits.ts'

export interface HttpOptions {
  /** Where our routes start. Default `/auth`. */
  readonly basePath?: string
  /**
   * May strangers create users? Default `closed`.
   *
   * With a `mailer`, sign-up sends a link and answers the same for every address; the user is created when the link comes back. Without
   * one there is a known trade-off: it answers EMAIL_TAKEN for an address that has a user, since there is no other place to say it. So it
   * tells a stranger which addresses are known; sign-in never does. Sign-ups are counted per client address, and delayed when there are many.
   */
  readonly signUp?: 'open' | 'closed'
  readonly cookies?: CookieOptions
  /** Further origins, as `https://app.example.com`, whose pages may send cookie-authenticated requests. */
  readonly trustedOrigins?: readonly string[]
  /** Default 65,536. */
  readonly maximumBodyBytes?: number
  /** How often our routes may be asked, by policy: `{ 'sign-in': { address: { limit: 120, windowMs: 60_000 } } }`; false: without limit. */
  readonly rateLimits?: RateLimitOptions | false
  /** How `authenticate` checks access tokens on the host's own routes; ours always ask the database. Default: the mode of `sessions.verification`. */
  readonly verification?: VerificationMode
}

export interface CookieOptions {
  /**
   * True (the default): `Secure` cookies under `__Host-` names. Browsers take them over https, and over http from localhost and its
   * subdomains. False is for plain-http development elsewhere.
   */
  readonly secure?: boolean
  /** Default `fh`: `__Host-fh-access` and `__Host-fh-refresh`. */
  readonly prefix?: string
  /** Default `lax`. */
  readonly sameSite?: 'lax' | 'strict'
}

/** What a fetch-style Request does not say. */
export interface RequestInfo {
  /** Address of the peer, as the socket knows it. */
  readonly peerAddress?: string
  /** A body parser was there first, so that the body is no longer byte for byte what was sent: no signature can be checked on it. */
  readonly bodyParsed?: boolean
}
