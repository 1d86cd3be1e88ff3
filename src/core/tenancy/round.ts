// A round through all tenants, for upkeep: in pages, in the order in which they were created.

import type { Context } from '../context.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { Row } from '../storage/tables.ts'
import type { Directory } from './directory.ts'
import { type Tenant, tenantFromRow } from './tenant.ts'

export interface Stop {
  readonly tenant: Tenant
  /** Undefined for a tenant that is being moved or purged: it is left alone. */
  readonly scope: TenantScope | undefined
}

const STATES: readonly TenantStatus[] = ['active', 'suspended', 'deleted']
/** Tenants read at once. */
const PAGE = 200

/** @throws STORAGE_UNAVAILABLE */
export async function* roundOf({ storage }: Pick<Context, 'storage'>, directory: Directory): AsyncGenerator<Stop> {
  let after: Pick<Row<'tenants'>, 'id'> | undefined
  do {
    const rows = await storage.system.records.find('tenants', {
      order: [{ by: 'id' }],
      limit: PAGE,
      ...(after ? { after } : {}),
    })
    after = rows.length === PAGE ? rows.at(-1) : undefined
    for (const row of rows) {
      const tenant = tenantFromRow(row)
      yield { tenant, scope: STATES.includes(row.status) ? storage.tenant(directory.ref(tenant)) : undefined }
    }
  } while (after)
}
