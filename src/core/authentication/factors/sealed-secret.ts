// The secret of an authenticator app or a hardware token as its column holds it: sealed, and bound to its row.

import type { TenantContext } from '../../context.ts'
import type { Place } from '../../kernel/envelope.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { MfaMethodRow } from '../../storage/authentication-tables.ts'
import type { OtpSecret } from './one-time-password.ts'

type Sealing = Pick<TenantContext, 'envelope' | 'tenant'>

/** The number of digits goes in front. */
export function sealSecret({ envelope, tenant }: Sealing, id: string, { bytes, digits }: OtpSecret): Uint8Array {
  return envelope.seal(Buffer.concat([Buffer.of(digits), bytes]), placeOf(tenant.id, id))
}

/** @throws DECRYPTION_FAILED: also for a value that was moved here from another row (M10) */
export function openSecret({ envelope, tenant }: Sealing, { id, secret }: MfaMethodRow): OtpSecret {
  if (!secret) throw new FreeholdError('DECRYPTION_FAILED')
  const plain = envelope.open(secret, placeOf(tenant.id, id))
  return { digits: plain[0] === 8 ? 8 : 6, bytes: plain.subarray(1) }
}

function placeOf(tenantId: string, row: string): Place {
  return { tenantId, table: 'mfa_methods', column: 'secret', row }
}
