// Looks at a tenant's access as a careful reader would: what does nothing, what does more than was meant, what can never
// hold. It looks at what is written, and not at who happens to ask.

import type { TenantUnit } from '../../storage/storage.ts'
import type { Permissions } from '../permissions.ts'
import { createTenantBook, type TenantBook } from '../tenant-book.ts'
import { lintAssignments } from './lint-assignments.ts'
import { lintPolicies } from './lint-policies.ts'
import { lintReach } from './lint-reach.ts'
import { lintRoles } from './lint-roles.ts'
import { addressesOf, type ModelNames, namesOf, usersIn } from './model-names.ts'
import { readTenantRows, sourceOfRows, type TenantRows } from './tenant-rows.ts'

export type LintCode =
  /** Nobody can be allowed it, whatever they hold. */
  | 'permission-unreachable'
  /** Only who holds everything by code has it. */
  | 'permission-ungranted'
  /** Of what nobody declares any more. */
  | 'permission-undeclared'
  | 'role-unused'
  | 'role-grants-everything'
  | 'role-too-deep'
  /** An allowance that a denial beats always. */
  | 'entry-shadowed'
  /** It says what is said already. */
  | 'entry-implied'
  | 'policy-shadowed'
  | 'policy-implied'
  | 'policy-grants-everything'
  /** It names somebody, or somewhere, that is gone. */
  | 'policy-dangling'
  | 'condition-never'
  | 'assignment-over'

export interface LintFinding {
  readonly code: LintCode
  readonly severity: 'error' | 'warning' | 'info'
  /** As in the document: `roles/editor/permissions[2]`, `policies/office-hours`. */
  readonly path: string
  readonly message: string
  /** What to do. */
  readonly remedy: string
}

export interface LintReport {
  /** The worst first, then by path. */
  readonly findings: readonly LintFinding[]
  /** False: there are more than the thousand shown. */
  readonly complete: boolean
}

/** What the rooms look at. */
export interface Linted {
  readonly rows: TenantRows
  readonly book: TenantBook
  readonly names: ModelNames
  /** Milliseconds since 1970. */
  readonly now: number
}

const MAXIMUM_FINDINGS = 1000
const RANK = { error: 0, warning: 1, info: 2 } as const

/** In a transaction. @throws CONFLICT */
export async function lintAccess(unit: TenantUnit, permissions: Permissions, now: number): Promise<LintReport> {
  const rows = await readTenantRows(unit)
  const names = namesOf(rows, await addressesOf(unit, usersIn(rows)))
  const linted: Linted = { rows, names, now, book: createTenantBook(sourceOfRows(rows), permissions) }
  const all = [...lintReach(linted), ...lintRoles(linted), ...lintPolicies(linted), ...lintAssignments(linted)]
  all.sort((a, b) => RANK[a.severity] - RANK[b.severity] || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { findings: all.slice(0, MAXIMUM_FINDINGS), complete: all.length <= MAXIMUM_FINDINGS }
}
