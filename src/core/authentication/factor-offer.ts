// Which factors may follow on what was shown already: confirmed ones that somebody can check, none that was used, and
// none that comes out of the same mailbox or telephone again.

import { readEmail } from '../identity/email.ts'
import type { MfaMethodRow } from '../storage/authentication-tables.ts'
import { RECOVERY_CODE } from '../storage/sign-in-verbs.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AssuranceLevel, FactorHint, FactorVerifier, FirstFactor, VerifiedFactorType } from './factor.ts'
import type { Standing } from './standing.ts'

export interface OfferedFactor {
  readonly hint: FactorHint
  readonly verifier: FactorVerifier
  /** Undefined for recovery codes. */
  readonly method: MfaMethodRow | undefined
}

/** What was shown already. */
export type Shown = Pick<FirstFactor, 'usedFactors'>

export interface Wanted {
  /** The level that the factor lifts a session to. */
  readonly level: AssuranceLevel
  /** False: a mailbox is no factor here, though users may have one that was. */
  readonly emailFactor: boolean
}

/** The primary one first, recovery codes last. */
export function offeredFactors(
  { methods, recoveryCodes }: Pick<Standing, 'methods' | 'recoveryCodes'>,
  verifiers: ReadonlyMap<VerifiedFactorType, FactorVerifier>,
  shown: Shown,
  { level, emailFactor }: Wanted,
): OfferedFactor[] {
  const usable = methods.filter(({ id, type }) => !shown.usedFactors.includes(id) && (emailFactor || type !== 'email'))
  const offered = usable.flatMap((method): OfferedFactor[] => {
    const verifier = verifiers.get(method.type)
    return verifier && verifier.assuranceLevel >= level ? [{ hint: hintOf(method), verifier, method }] : []
  })
  offered.sort((one, other) => Number(other.hint.primary) - Number(one.hint.primary))
  const recovery = verifiers.get(RECOVERY_CODE)
  if (!recovery || recovery.assuranceLevel < level || recoveryCodes === 0) return offered
  const hint = { id: RECOVERY_CODE, type: RECOVERY_CODE, name: 'Recovery code', hint: null, primary: false } as const
  return [...offered, { hint, verifier: recovery, method: undefined }]
}

/** Ids of the factors that reach the user's own mailbox, however its address is spelled: to whoever has shown it they prove nothing more. */
export function ownMailbox(methods: readonly MfaMethodRow[], { email_norm: emailNorm }: Pick<UserRow, 'email_norm'>) {
  const own = methods.filter(({ type, target }) => type === 'email' && readEmail(target)?.emailNorm === emailNorm)
  return own.map(({ id }) => id)
}

/** Ids of the factors that reach the user's own number. */
export function ownNumber(methods: readonly MfaMethodRow[], { phone }: Pick<UserRow, 'phone'>) {
  return methods.filter(({ type, target }) => type === 'sms' && target === phone).map(({ id }) => id)
}

function hintOf({ id, type, name, target, is_primary: primary }: MfaMethodRow): FactorHint {
  return { id, type, name, hint: target === null ? null : masked(target), primary }
}

/** Enough to know it again, and too little to learn it: `•••42`, `a•••@example.com`. */
export function masked(target: string): string {
  const at = target.lastIndexOf('@')
  return at < 0 ? `•••${target.slice(-2)}` : `${target.slice(0, 1)}•••${target.slice(at)}`
}
