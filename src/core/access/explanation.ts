// The shape of an explanation: what decided, and what would have to be otherwise.

import type { Scope } from './grants.ts'
import type { Origin } from './sources.ts'

export interface Explanation {
  readonly allowed: boolean
  readonly reason:
    | 'allowed'
    | 'denied-by-rule'
    | 'no-grant'
    /** It is allowed for some fields, and not for all that were asked about. */
    | 'fields-not-granted'
    | 'condition-not-met'
    | 'context-missing'
    | 'not-yet'
    | 'expired'
    | 'principal-inactive'
    /** The principal may, and the API key it shows was made for less. */
    | 'not-in-credential'
  /** What decided. */
  readonly by?: Cause
  /** Paths a condition asked for and did not find, or found to be nothing that it can compare, as `resource.owner_id`. */
  readonly missing: readonly string[]
  /** What would make it allowed, all of it together; empty when it is. */
  readonly needed: readonly Need[]
  /** The versions this is true for. */
  readonly version: { readonly tenant: number; readonly principal: number }
}

export interface Cause {
  /** The assignment, membership or policy. */
  readonly source: Origin
  /** From the role assigned to the one that says it; for a policy that names a role, to that one. Empty: none has a part in it. */
  readonly roles: readonly string[]
  readonly scope: Scope
  /** It counts at its scope and not below. */
  readonly flow: 'descendants' | 'self'
  /** From the place asked about up to the scope. */
  readonly path: readonly Scope[]
  readonly effect: 'allow' | 'deny'
  readonly conditions?: Readonly<Record<string, unknown>>
  readonly fields?: readonly string[]
}

export type Need =
  /** One of these roles here, or another that says the same. At most ten are named. */
  | { readonly kind: 'role'; readonly roles: readonly string[] }
  /** To ask in one of these places, where it is allowed (under conditions, it may be). At most ten are named. */
  | { readonly kind: 'place'; readonly scopes: readonly Scope[] }
  /** That this no longer denies. */
  | { readonly kind: 'removal'; readonly of: Cause }
  /** That these hold. */
  | { readonly kind: 'conditions'; readonly conditions: Readonly<Record<string, unknown>> }
  /** To be told these. */
  | { readonly kind: 'facts'; readonly paths: readonly string[] }
  /** These fields too. */
  | { readonly kind: 'fields'; readonly fields: readonly string[] }
  /** To wait until then. */
  | { readonly kind: 'time'; readonly from: Date }
  /** That it is given again: it ended then. */
  | { readonly kind: 'renewal'; readonly endedAt: Date }
  /** That the principal is active. */
  | { readonly kind: 'activation' }
  /** A credential that was made for this too. */
  | { readonly kind: 'credential' }
