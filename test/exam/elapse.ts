// Time that passes on a PostgreSQL: its clock cannot be set, so every time in the rows of the tenants at hand moves
// back instead.

import type { TenantRef } from '../../src/core/storage/storage.ts'
import { columnsOf, type TenantTableName, tenantTables } from '../../src/core/storage/tables.ts'

export interface Tenants {
  /** A tenant nobody used before. */
  next(): Promise<TenantRef>
  elapse(ms: number): Promise<void>
  /** Those handed out so far are done with. */
  forget(): void
}

/** @param run as a role behind no wall */
export function createTenants(location: TenantRef['location'], run: (sql: string) => Promise<unknown>): Tenants {
  let present: string[] = []
  return {
    async next() {
      const id = crypto.randomUUID()
      present.push(id)
      return { id, location }
    },
    async elapse(ms) {
      const schema = `"${location.schema.replaceAll('"', '""')}"`
      const shift = (columns: readonly string[]): string =>
        columns.map((column) => `${column} = ${column} - interval '${ms} milliseconds'`).join(', ')
      // nothing is decided by when an audit event happened, and nobody changes one
      const tables = (Object.keys(tenantTables) as TenantTableName[]).filter((table) => table !== 'audit_events')
      const shifts = tables.flatMap((table) => {
        const times = columnsOf(table).flatMap(([column, { type }]) => (type === 'time' ? [column] : []))
        if (times.length === 0) return []
        return [`update ${schema}.${table} set ${shift(times)} where tenant_id in ('${present.join("', '")}')`]
      })
      // of the inbox what our clock says, not the provider's
      shifts.push(`update ${schema}.webhook_inbox set ${shift(['available_at', 'leased_until', 'received_at'])}`)
      await run(shifts.join('; '))
    },
    forget() {
      present = []
    },
  }
}
