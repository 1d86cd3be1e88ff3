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
      const shifts = (Object.keys(tenantTables) as TenantTableName[]).map((table) => {
        const times = columnsOf(table).flatMap(([column, { type }]) => (type === 'time' ? [column] : []))
        const moved = times.map((column) => `${column} = ${column} - interval '${ms} milliseconds'`)
        return `update "${location.schema.replaceAll('"', '""')}".${table} set ${moved} where tenant_id in ('${present.join("', '")}')`
      })
      await run(shifts.join('; '))
    },
    forget() {
      present = []
    },
  }
}
