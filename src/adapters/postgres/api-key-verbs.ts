// lookUpApiKey as one statement: the key and its account as they are, and the note of its use.

import { columnsOf, type Row } from '../../core/storage/tables.ts'
import type { ApiKeyLookup } from '../../core/storage/verbs.ts'
import type { Send } from './link.ts'

const names = columnsOf('api_keys').map(([name]) => name)
const list = names.map((name) => `k.${name}`).join(', ')
const alive = `k.tenant_id = $1::uuid and k.id = $2::uuid and k.secret_hash = $3::bytea and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > clock_timestamp())`

export async function lookUpApiKey(
  send: Send,
  schema: string,
  tenantId: string,
  id: string,
  secretHash: Uint8Array,
): Promise<ApiKeyLookup | undefined> {
  const { rows } = await send({ name: 'look_up_api_key', text: lookUpText(schema), values: [tenantId, id, secretHash] })
  const [row] = rows
  if (!row) return undefined
  const key: Record<string, unknown> = {}
  for (const name of names) key[name] = row[name]
  return {
    key: key as unknown as Row<'api_keys'>,
    accessVersion: row.access_version as number,
    principalVersion: row.principal_version as number,
  }
}

/** A key that was used within the minute is not written again, so that a busy one costs no write. */
function lookUpText(schema: string): string {
  return `
with used as (
  update ${schema}.api_keys k set last_used_at = clock_timestamp()
  where ${alive} and (k.last_used_at is null or k.last_used_at <= clock_timestamp() - interval '1 minute')
)
select ${list}, coalesce(c.value, 0) as access_version, a.access_version as principal_version
from ${schema}.api_keys k
join ${schema}.service_accounts a on a.tenant_id = $1::uuid and a.id = k.service_account_id and a.status = 'active'
left join ${schema}.tenant_counters c on c.tenant_id = $1::uuid and c.name = 'access'
where ${alive}`
}
