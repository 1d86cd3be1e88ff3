// What the verbs of access ask and answer.

import type { Row } from './tables.ts'

export interface ApiKeyLookup {
  readonly key: Row<'api_keys'>
  /** The access versions of the tenant and of the account. */
  readonly accessVersion: number
  readonly principalVersion: number
}

export type PrincipalKind = 'user' | 'service_account'

export interface AccessQuestion {
  readonly principal: { readonly kind: PrincipalKind; readonly id: string }
  /** The version of the roles that the caller has; null: none. */
  readonly knownVersion: number | null
}

export interface AccessLoad {
  /** The tenant's access version. */
  readonly version: number
  /** Null: the caller's are current. */
  readonly roles: readonly Row<'roles'>[] | null
  /** The ids of every organization, whenever the roles come; null when they do not. */
  readonly organizations: readonly string[] | null
  /** Null: no such principal. */
  readonly principal: {
    readonly version: number
    readonly active: boolean
    /** The row as records answer it, without what never leaves the database. */
    readonly attributes: Readonly<Record<string, unknown>>
  } | null
  readonly assignments: readonly Row<'role_assignments'>[]
}
