// A sign-in that waits for another factor: what its challenge remembers of the first one, and what both prove together.

import { createHash } from 'node:crypto'
import type { AttemptSettings } from '../context.ts'
import type { SessionId } from '../kernel/ids.ts'
import type { ChallengeRow, MfaMethodRow } from '../storage/authentication-tables.ts'
import type { FactorAttempt } from '../storage/sign-in-verbs.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AssuranceLevel, CountedAttempt, FactorProof, FirstFactor, VerifiedFactorType } from './factor.ts'
import type { Judgement } from './risk/judge.ts'

export interface PendingProof {
  readonly userId: string
  readonly epoch: number
  readonly methods: readonly string[]
  readonly assuranceLevel: AssuranceLevel
  readonly usedFactors: readonly string[]
  readonly requiredLevel: AssuranceLevel
  readonly risk: Judgement
  /** Id of the factor that is meant where an answer names none. */
  readonly factor: string
  /** The session that is stepped up. */
  readonly former?: SessionId
}

/** What the challenge keeps, beside the user and the epoch in columns of their own. */
export function pendingOf(
  proof: FirstFactor,
  requiredLevel: AssuranceLevel,
  risk: Judgement,
  factor: string,
): Record<string, unknown> {
  const { methods, assuranceLevel, usedFactors, former } = proof
  const kept = { methods, assuranceLevel, usedFactors, requiredLevel, risk, factor }
  return former ? { ...kept, former: former.session } : kept
}

/** Undefined for a challenge of another making. */
export function pendingFrom({ user_id, epoch, data }: ChallengeRow): PendingProof | undefined {
  if (user_id === null || epoch === null) return undefined
  const { methods, assuranceLevel, usedFactors, requiredLevel, risk, factor, former } = data as unknown as PendingProof
  const kept = { userId: user_id, epoch, methods, assuranceLevel, usedFactors, requiredLevel, risk, factor }
  return former ? { ...kept, former } : kept
}

/** Two factors are `mfa` (RFC 8176). */
export function combined(
  first: Pick<PendingProof, 'methods' | 'assuranceLevel'>,
  second: FactorProof,
): { readonly methods: readonly string[]; readonly assuranceLevel: AssuranceLevel } {
  return {
    methods: [...new Set([...first.methods, ...second.methods, 'mfa'])],
    assuranceLevel: Math.max(first.assuranceLevel, second.assuranceLevel) as AssuranceLevel,
  }
}

/** A pool of its own for each kind of factor, and in it a count for each method. */
export function attemptOf(
  type: VerifiedFactorType,
  user: Pick<UserRow, 'id'>,
  method: Pick<MfaMethodRow, 'id'> | undefined,
): CountedAttempt {
  const subject = createHash('sha256')
    .update(`${SUBJECT}${user.id}\0${method?.id ?? type}`)
    .digest()
  return { pool: `${POOL}${type}`, subject }
}

/** The same, of a factor and a user that the database still has to find. */
export function factorAttempt(schedule: AttemptSettings): FactorAttempt {
  return { ...schedule, pool: POOL, subject: Buffer.from(SUBJECT) }
}

const POOL = 'factor:'
const SUBJECT = 'freehold/1/factor/'
