// The stored side of a passkey: found by what the browser shows, moved on by one guarded statement, reported when its
// counter went backwards.

import type { TenantContext } from '../../context.ts'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { idBytes } from '../../kernel/ids.ts'
import type { WebauthnCredentialRow } from '../../storage/authentication-tables.ts'
import { add, change, changeOne, type Step, told } from '../../storage/steps.ts'
import { fromNow } from '../../storage/tables.ts'
import type { PasskeyDescriptor } from './ceremony.ts'
import type { Proof } from './verify.ts'

/** Passkeys that are named to a browser at once, for one user. */
const NAMED_AT_MOST = 50

export async function credentialsOf(
  { scope }: Pick<TenantContext, 'scope'>,
  userId: string,
  rpId: string,
): Promise<PasskeyDescriptor[]> {
  const rows = await scope.records.find('webauthn_credentials', {
    where: { user_id: userId, rp_id: rpId },
    order: [{ by: 'id' }],
    limit: NAMED_AT_MOST,
  })
  return rows.map(descriptorOf)
}

export function descriptorOf({ credential_id, transports }: WebauthnCredentialRow): PasskeyDescriptor {
  return {
    type: 'public-key',
    id: encodeBase64url(credential_id),
    ...(transports.length > 0 ? { transports } : {}),
  }
}

/** What an authenticator keeps for a user (WebAuthn Level 3, section 5.4.3): 16 random-looking bytes, no address or name. */
export function userHandleOf(userId: string): Uint8Array {
  return idBytes(userId)
}

/** RFC 8176: a key that cannot be copied is taken for hardware. Verified by PIN or finger, it is two factors at once. */
export function methodsOf(
  { backup_eligible }: Pick<WebauthnCredentialRow, 'backup_eligible'>,
  userVerified: boolean,
): readonly string[] {
  const key = backup_eligible ? 'swk' : 'hwk'
  return userVerified ? [key, 'user', 'mfa'] : [key, 'user']
}

/** True when a counter that came moves on from the stored one, or the key has none (section 6.1.1). */
export function movesOn(stored: number, came: number): boolean {
  return came > stored || (came === 0 && stored === 0)
}

export interface CredentialUse {
  /**
   * Moves the counter on: of any number of proofs with the same counter exactly one is taken. Lost: another was first, or the
   * passkey is gone.
   */
  readonly counted: Step
  readonly steps: readonly Step[]
}

export function useOfCredential(
  { id }: Pick<WebauthnCredentialRow, 'id'>,
  { signCount, backupState }: Proof,
): CredentialUse {
  const guard = signCount === 0 ? 0 : { before: signCount }
  const moved = { sign_count: signCount, backup_state: backupState }
  const counted = changeOne('webauthn_credentials', { id, sign_count: guard }, moved)
  return { counted, steps: [counted, change('mfa_methods', { id }, { last_used_at: fromNow() })] }
}

/**
 * A right signature under a counter that was passed before: somebody may have a copy of the key (W01). Written once for
 * each challenge that it answered; a replayed answer says nothing of a copy.
 * @param consumed takes the challenge, in the same transaction
 */
export async function reportClone(
  { scope, runtime, auditWriter, actor }: TenantContext,
  credential: WebauthnCredentialRow,
  came: number,
  consumed: Step,
): Promise<void> {
  const { id, user_id, sign_count } = credential
  const details = { counter: came, storedCounter: sign_count }
  const steps: Step[] = [
    consumed,
    change('webauthn_credentials', { id }, { clone_suspected_at: fromNow() }),
    add('security_events', {
      id: runtime.newId(),
      kind: 'passkey.clone_suspected',
      user_id,
      details: { passkeyId: id, ...details },
      ip: actor.ip ?? null,
    }),
  ]
  await auditWriter.append(told(steps), actor, {
    action: 'passkey.clone_suspected',
    outcome: 'denied',
    targets: [
      { type: 'passkey', id },
      { type: 'user', id: user_id },
    ],
    details,
  })
  await scope.atOnce(steps)
}
