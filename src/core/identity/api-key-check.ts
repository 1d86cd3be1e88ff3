// Who stands behind an API key: asked of the database each time, so that a revoked key ends with the next request.

import type { AccessVersions } from '../access/cache.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { ApiKeyId, ServiceAccountId, TenantId } from '../kernel/ids.ts'
import type { Directory } from '../tenancy/directory.ts'
import { isAllowedIp } from './allowed-ips.ts'
import { hashApiKey, parseApiKey } from './api-key-token.ts'

export interface VerifiedApiKey {
  readonly tenant: { readonly id: TenantId }
  readonly principal: { readonly kind: 'service_account'; readonly id: ServiceAccountId }
  readonly apiKey: {
    readonly id: ApiKeyId
    /** Null: all that the account may. */
    readonly permissions: readonly string[] | null
  }
  readonly accessVersions: AccessVersions
}

/**
 * One round trip. A key of no tenant, a revoked or expired one, one of a disabled account, and one from an address
 * that it may not come from are all the same answer.
 * @throws TOKEN_INVALID, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
 */
export type VerifyApiKey = (text: string, client?: { readonly ip?: string | undefined }) => Promise<VerifiedApiKey>

export function createVerifyApiKey(directory: Directory): VerifyApiKey {
  return async (text, client = {}) => {
    const token = parseApiKey(text)
    if (!token) throw new FreeholdError('TOKEN_INVALID')
    const tenant = directory.peek(token.tenantId) ?? (await directory.require({ id: token.tenantId }).catch(unknown))
    const found = await directory.scope(tenant).verbs.lookUpApiKey(token.id, hashApiKey(text))
    if (!found || !isAllowedIp(found.key.allowed_ips, client.ip)) throw new FreeholdError('TOKEN_INVALID')
    return {
      tenant: { id: token.tenantId },
      principal: { kind: 'service_account', id: found.key.service_account_id as ServiceAccountId },
      apiKey: { id: token.id, permissions: found.key.permissions },
      accessVersions: { tenant: found.accessVersion, principal: found.principalVersion },
    }
  }
}

/** A purged tenant has no keys. */
function unknown(error: unknown): never {
  throw FreeholdError.is(error, 'TENANT_UNKNOWN') ? new FreeholdError('TOKEN_INVALID') : error
}
