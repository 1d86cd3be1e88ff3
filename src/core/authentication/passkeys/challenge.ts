// The challenge of a ceremony. It is one like all others: its token is what the authenticator signs, so an answer
// brings its own challenge along, and whoever asked need not remember anything.

import type { TenantContext } from '../../context.ts'
import { decodeBase64url, encodeBase64url } from '../../kernel/encoding.ts'
import type { ChallengeRow } from '../../storage/authentication-tables.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { type ChallengePurpose, createChallenges } from '../challenges.ts'
import type { ClientData } from './client-data.ts'

export type CeremonyPurpose = Extract<ChallengePurpose, `passkey-${string}`>

export interface CeremonyChallenge {
  readonly purpose: CeremonyPurpose
  /** Where it may be answered. */
  readonly rpId: string
  /** Whose answer it wants; left out: anybody's. */
  readonly user?: { readonly id: string; readonly session_epoch: number }
  /** Whoever asked has listed the keys that may answer, so that an answer need not name its user. */
  readonly named?: boolean
  /** The request that it belongs to, where that is another challenge. */
  readonly recipient?: string
}

/** base64url, as options have it. */
export async function openCeremony(
  context: TenantContext,
  { purpose, rpId, user, named, recipient }: CeremonyChallenge,
): Promise<string> {
  const { secret } = await createChallenges(context).open({
    purpose,
    ...(user ? { userId: user.id, epoch: user.session_epoch } : {}),
    ...(recipient === undefined ? {} : { recipient }),
    data: { rpId, ...(named ? { named } : {}) },
    lifetimeMs: context.settings.passkeys.challengeLifetimeMs,
    kind: 'link',
  })
  return encodeBase64url(Buffer.from(secret))
}

export interface CeremonyAnswer {
  readonly purpose: CeremonyPurpose
  readonly client: ClientData
  readonly rpId: string
  /** Who answers, as their row is now. */
  readonly user: { readonly id: string; readonly session_epoch: number }
  /** False: the answer itself does not name its user. Default true. */
  readonly namesUser?: boolean
  readonly recipient?: string
}

/**
 * Takes the challenge, once (W02). Undefined when it is not open, or was made for somebody else, for another domain, or
 * before the user's sessions were ended.
 */
export async function consumeCeremony(
  context: TenantContext,
  unit: Pick<TenantUnit, 'records'>,
  { purpose, client, rpId, user, namesUser = true, recipient }: CeremonyAnswer,
): Promise<ChallengeRow | undefined> {
  const token = Buffer.from(decodeBase64url(client.challenge) ?? []).toString('latin1')
  const answer = { purpose, token, ...(recipient === undefined ? {} : { recipient }) }
  const row = await createChallenges(context).consume(unit, answer)
  if (!row || row.data.rpId !== rpId) return undefined
  // WebAuthn Level 3, section 7.2, step 6
  if (!namesUser && row.user_id === null && row.data.named !== true) return undefined
  if (row.user_id !== null && (row.user_id !== user.id || row.epoch !== user.session_epoch)) return undefined
  return row
}
