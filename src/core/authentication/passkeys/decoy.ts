// Passkeys that do not exist, for addresses that have none (WebAuthn Level 3, section 14.6.2): the same each time, as real
// ones are. So they are made from a secret of the tenant that is made once and kept. A key of the root keys would
// not do: it changes when they are rotated, or when an old one is dropped, and all decoys with it on one day, while real
// passkeys stay, which tells them apart.

import { createHmac } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { type Place, sealedWith } from '../../kernel/envelope.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { PasskeyDescriptor } from './ceremony.ts'

export interface Decoys {
  /** What an address shows on this page that has no passkey there: of another domain it would have another one. */
  of(address: string, rpId: string): PasskeyDescriptor
}

type Rooms = Pick<TenantContext, 'tenant' | 'scope' | 'envelope' | 'keyring' | 'runtime'>

const NAME = 'passkey-decoys'
const SECRET_LENGTH = 32
/** What ids of real keys measure, in bytes. */
const ID_LENGTHS = [16, 20, 32, 48, 64]

/** One query, but for the first time in a tenant. @throws STORAGE_UNAVAILABLE */
export async function decoysOf(context: Rooms): Promise<Decoys> {
  const secret = await tenantSecret(context)
  return {
    of(address, rpId) {
      const bytes = createHmac('sha512', secret)
        .update(JSON.stringify([rpId, address]))
        .digest()
      const length = ID_LENGTHS[bytes[0]! % ID_LENGTHS.length]!
      return { type: 'public-key', id: encodeBase64url(bytes.subarray(0, length)), transports: ['hybrid', 'internal'] }
    },
  }
}

/** Of any number who ask first one makes it, and all are answered with that one. */
async function tenantSecret({ tenant, scope, envelope, keyring, runtime }: Rooms): Promise<Uint8Array> {
  const place: Place = { tenantId: tenant.id, table: 'tenant_secrets', column: 'value', row: NAME }
  for (;;) {
    const held = await scope.records.get('tenant_secrets', { name: NAME })
    if (held) {
      const opened = opens(() => envelope.open(held.value, place))
      if (opened) return opened
      // sealed by a process that has a newer key: soon this one will have it too, and until then it has to do with another
      if ((sealedWith(held.value) ?? 0) > keyring.current) return keyring.derive(keyring.current, NAME, SECRET_LENGTH)!
    }
    const fresh = runtime.randomBytes(SECRET_LENGTH)
    const value = envelope.seal(fresh, place)
    // the key that sealed it is gone: nothing can be made of it, and people must get in
    const written = held
      ? await scope.records.update('tenant_secrets', { name: NAME, value: held.value }, { value })
      : await scope.records.insert('tenant_secrets', [{ name: NAME, value }], { onConflict: 'ignore' })
    if (written.length > 0) return fresh
  }
}

function opens(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open()
  } catch (error) {
    if (FreeholdError.is(error, 'DECRYPTION_FAILED')) return undefined
    throw error
  }
}
