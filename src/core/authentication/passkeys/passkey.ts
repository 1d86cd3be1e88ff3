// A passkey as its owner sees it: no key, no counter.

import { type PasskeyId, parseId, type UserId } from '../../kernel/ids.ts'
import type { MfaMethodRow, WebauthnCredentialRow } from '../../storage/authentication-tables.ts'

export interface Passkey {
  readonly id: PasskeyId
  readonly userId: UserId
  readonly name: string
  /** `single-device`: its key cannot leave it. `multi-device`: it may be copied, as to the owner's other devices. */
  readonly deviceType: 'single-device' | 'multi-device'
  /** True when it was copied the last time it was seen. */
  readonly backedUp: boolean
  /** How it is reached, as `internal`, `hybrid`, `usb`. */
  readonly transports: readonly string[]
  /** The make, as the authenticator says; not proven. */
  readonly aaguid: string | null
  /** The domain on whose pages it works. */
  readonly rpId: string
  /**
   * False: it was there before the owner of the address came, and is asked for beside another factor only. A new one signs
   * in by itself.
   */
  readonly signsIn: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  /** A counter went backwards then: there may be a second copy of its key. */
  readonly cloneSuspectedAt: Date | null
}

/** A passkey, or anything that carries the id of one. */
export type PasskeyKey = PasskeyId | { readonly id: PasskeyId }

/** @throws ID_INVALID */
export function passkeyIdOf(key: PasskeyKey): PasskeyId {
  return parseId<PasskeyId>(typeof key === 'object' && key !== null ? key.id : key, 'passkey')
}

/** Of the two rows of one id. */
export function passkeyFromRows(method: MfaMethodRow, credential: WebauthnCredentialRow): Passkey {
  return {
    id: method.id as PasskeyId,
    userId: method.user_id as UserId,
    name: method.name,
    deviceType: credential.backup_eligible ? 'multi-device' : 'single-device',
    backedUp: credential.backup_state,
    transports: credential.transports,
    aaguid: credential.aaguid,
    rpId: credential.rp_id,
    signsIn: credential.signs_in,
    createdAt: method.created_at,
    lastUsedAt: method.last_used_at,
    cloneSuspectedAt: credential.clone_suspected_at,
  }
}
