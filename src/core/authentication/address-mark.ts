// A mark for an address that somebody tried: the same for the same address, so that attempts can be counted together,
// and nothing that the address can be read from or guessed with, without the key.

import { createHmac } from 'node:crypto'
import type { TenantContext } from '../context.ts'
import { encodeBase64url } from '../kernel/encoding.ts'

const PURPOSE = 'audit-address'
const KEY_BYTES = 32
const MARK_BYTES = 16

/** `k1.` and 22 characters. The tenant is hashed with it: what was tried in one tells nothing in another. */
export function createAddressMark({ keyring, tenant }: Pick<TenantContext, 'keyring' | 'tenant'>) {
  return (addressNorm: string): string => {
    const key = keyring.derive(keyring.current, PURPOSE, KEY_BYTES)!
    const digest = createHmac('sha256', key).update(`${tenant.id}\0${addressNorm}`).digest()
    return `k${keyring.current}.${encodeBase64url(digest.subarray(0, MARK_BYTES))}`
  }
}
