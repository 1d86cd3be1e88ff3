// lookUpApiKey in memory.

import { fromNow } from '../../core/storage/tables.ts'
import type { ApiKeyLookup } from '../../core/storage/verbs.ts'
import { counterOf } from './rotation.ts'
import type { Statements } from './statements.ts'

const MINUTE = 60_000

export function lookUpApiKey(statements: Statements, id: string, secretHash: Uint8Array): ApiKeyLookup | undefined {
  const key = statements.get('api_keys', { id, secret_hash: secretHash, revoked_at: null })
  const now = statements.now()
  if (!key || (key.expires_at && key.expires_at.getTime() <= now)) return undefined
  const account = statements.get('service_accounts', { id: key.service_account_id })
  if (account?.status !== 'active') return undefined
  if (!key.last_used_at || key.last_used_at.getTime() <= now - MINUTE)
    statements.update('api_keys', { id }, { last_used_at: fromNow() })
  return { key, accessVersion: counterOf(statements, 'access'), principalVersion: account.access_version }
}
