// The challenge of a ceremony. It is one like all others: its token is what the authenticator signs, so an answer
// brings its own challenge along, and whoever asked need not remember anything.

import type { TenantContext } from '../../context.ts'
import { decodeBase64url, encodeBase64url } from '../../kernel/encoding.ts'
import type { ChallengeRow } from '../../storage/authentication-tables.ts'
import type { Step } from '../../storage/steps.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { type ChallengePurpose, createChallenges, recipientHash } from '../challenges.ts'
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
  { purpose, rpId, user, named = false, recipient }: CeremonyChallenge,
): Promise<string> {
  const { secret } = await createChallenges(context).open({
    purpose,
    ...(user ? { userId: user.id, epoch: user.session_epoch } : {}),
    recipient: boundTo(rpId, named, recipient),
    lifetimeMs: context.settings.passkeys.challengeLifetimeMs,
    kind: 'link',
  })
  return encodeBase64url(Buffer.from(secret))
}

export interface CeremonyAnswer {
  readonly purpose: CeremonyPurpose
  readonly client: ClientData
  readonly rpId: string
  /** Who answers, as their row is now. Left out: the challenge wanted anybody's answer. */
  readonly user?: { readonly id: string; readonly session_epoch: number }
  /** False: the answer itself does not name its user. Default true. */
  readonly namesUser?: boolean
  readonly recipient?: string
}

/**
 * Takes the challenge, once (W02); it is lost when it is not open, or was made for somebody else, for another domain, or
 * before the user's sessions were ended. Undefined: it is none of ours.
 */
export function spendingCeremony(
  context: TenantContext,
  { purpose, client, rpId, user, namesUser = true, recipient }: CeremonyAnswer,
): Step<ChallengeRow> | undefined {
  const token = Buffer.from(decodeBase64url(client.challenge) ?? []).toString('latin1')
  // an answer that names nobody is good where the keys were listed (WebAuthn Level 3, section 7.2, step 6)
  const lists = namesUser ? [true, false] : [true]
  return createChallenges(context).spending(
    { purpose, token },
    {
      recipient_hash: { in: lists.map((named) => recipientHash(boundTo(rpId, named, recipient))) },
      ...(user ? { user_id: user.id, epoch: user.session_epoch } : { user_id: null }),
    },
  )
}

/** As its step, alone. False: it is lost. */
export async function consumeCeremony(
  context: TenantContext,
  unit: Pick<TenantUnit, 'atOnce'>,
  answer: CeremonyAnswer,
): Promise<boolean> {
  const step = spendingCeremony(context, answer)
  return step !== undefined && (await unit.atOnce([step])).done
}

/** What the challenge is good for: a domain, whose keys were listed or not, and the request that it belongs to. */
function boundTo(rpId: string, named: boolean, request: string | undefined): string {
  return JSON.stringify([rpId, named, request ?? null])
}
