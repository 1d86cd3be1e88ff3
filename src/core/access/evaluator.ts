// The decision, on the hot path: no promise, no text but the permission's own, and no object unless a condition must
// be asked. Deny comes first; what cannot be known denies where a deny needs it, and allows nothing.

import { ALLOW, ALLOW_IF, bitsOf, DENY, DENY_IF } from './bits.ts'
import { FAILS, type Facts, HOLDS } from './conditions.ts'
import type { ScopeRow } from './principal-row.ts'

/** What a check brings beside the principal. */
export interface Circumstances {
  readonly resource?: unknown
  readonly context?: unknown
}

export function decide(
  row: ScopeRow,
  permission: number,
  principal: Readonly<Record<string, unknown>>,
  circumstances: Circumstances | undefined,
  now: () => number,
): boolean {
  const code = bitsOf(row.bits, permission)
  if (code === 0 || (code & DENY) !== 0) return false
  if (code === ALLOW) return true
  return decideByConditions(row, permission, code, {
    principal,
    resource: circumstances?.resource,
    context: circumstances?.context,
    now,
  })
}

function decideByConditions(row: ScopeRow, permission: number, code: number, facts: Facts): boolean {
  const { allowIf, denyIf } = row.tests(permission)
  if ((code & DENY_IF) !== 0) {
    // one that cannot be known denies like one that holds
    for (const test of denyIf) if (test(facts) !== FAILS) return false
  }
  if ((code & ALLOW) !== 0) return true
  if ((code & ALLOW_IF) === 0) return false
  for (const test of allowIf) if (test(facts) === HOLDS) return true
  return false
}
