// The stored side of a passkey: found by what the browser shows, moved on by one guarded statement, reported when its
// counter went backwards.

import type { TenantContext } from '../../context.ts'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { idBytes } from '../../kernel/ids.ts'
import type { ChallengeRow, WebauthnCredentialRow } from '../../storage/authentication-tables.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { fromNow } from '../../storage/tables.ts'
import type { PasskeyDescriptor } from './ceremony.ts'
import type { Proof } from './verify.ts'

/** Passkeys that are named to a browser at once, for one user. */
const NAMED_AT_MOST = 50

/** The credential in this tenant, whosesoever it is. */
export function findCredential(
  { scope }: Pick<TenantContext, 'scope'>,
  credentialId: Uint8Array,
): Promise<WebauthnCredentialRow | undefined> {
  return scope.records.get('webauthn_credentials', { credential_id: credentialId })
}

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
export function methodsOf({ backup_eligible }: WebauthnCredentialRow, userVerified: boolean): readonly string[] {
  const key = backup_eligible ? 'swk' : 'hwk'
  return userVerified ? [key, 'user', 'mfa'] : [key, 'user']
}

/** True when a counter that came moves on from the stored one, or the key has none (section 6.1.1). */
export function movesOn(stored: number, came: number): boolean {
  return came > stored || (came === 0 && stored === 0)
}

/**
 * One guarded update moves the counter on: of any number of proofs with the same counter exactly one is taken. False:
 * another was first, or the passkey is gone.
 */
export async function useCredential(
  { records }: Pick<TenantUnit, 'records'>,
  { id }: Pick<WebauthnCredentialRow, 'id'>,
  { signCount, backupState }: Proof,
): Promise<boolean> {
  const guard = signCount === 0 ? 0 : { before: signCount }
  const change = { sign_count: signCount, backup_state: backupState }
  const [used] = await records.update('webauthn_credentials', { id, sign_count: guard }, change)
  if (!used) return false
  await records.update('mfa_methods', { id }, { last_used_at: fromNow() })
  return true
}

/**
 * A right signature under a counter that was passed before: somebody may have a copy of the key (W01). Written once for
 * each challenge that it answered; a replayed answer says nothing of a copy.
 * @param consume takes the challenge, in the same transaction
 */
export function reportClone(
  { scope, runtime, auditWriter, actor }: TenantContext,
  credential: WebauthnCredentialRow,
  came: number,
  consume: (unit: TenantUnit) => Promise<ChallengeRow | undefined>,
): Promise<void> {
  const { id, user_id, sign_count } = credential
  return scope.transaction(async (unit) => {
    if (!(await consume(unit))) return
    await unit.records.update('webauthn_credentials', { id }, { clone_suspected_at: fromNow() })
    await unit.records.insert('security_events', [
      {
        id: runtime.newId(),
        kind: 'passkey.clone_suspected',
        user_id,
        details: { passkeyId: id, counter: came, storedCounter: sign_count },
        ip: actor.ip ?? null,
      },
    ])
    await auditWriter.append(unit, actor, {
      action: 'passkey.clone_suspected',
      outcome: 'denied',
      targets: [
        { type: 'passkey', id },
        { type: 'user', id: user_id },
      ],
      details: { counter: came, storedCounter: sign_count },
    })
  })
}
