// What a policy says: whom, what and where, as it is written and stored.

import type { Conditions } from './conditions.ts'

/** Everyone, or one of these by id. A role is named by key or id, and stored by id. */
export type PolicyPrincipal =
  | '*'
  | { readonly user: string }
  | { readonly serviceAccount: string }
  | { readonly team: string }
  | { readonly role: string }

/** Everything in the tenant, in one of its places, or one resource as the host names it. */
export type PolicyResource =
  | '*'
  | { readonly organization: string }
  | { readonly team: string }
  | { readonly project: string }
  | { readonly type: string; readonly id: string }

export interface PolicyDocument {
  readonly effect: 'allow' | 'deny'
  readonly principals: readonly PolicyPrincipal[]
  /** Permissions; `note:*` is every action on notes, and `*` everything, what comes later among it. */
  readonly actions: readonly string[]
  readonly resources: readonly PolicyResource[]
  readonly conditions?: Conditions
}
