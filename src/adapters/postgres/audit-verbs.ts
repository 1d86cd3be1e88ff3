// Appending to the audit log: events and their pending leaves in one statement, which rides along in a transaction.

import type { Row } from '../../core/storage/tables.ts'
import { toArray } from './codec.ts'
import { columnValue, invalid, type TableFacts, tenantCatalog } from './column-values.ts'
import type { Statement } from './link.ts'

const EVENTS_AT_MOST = 1_000

const events: TableFacts = tenantCatalog.get('audit_events')!
/** As the column's array is sent. An array of arrays has no such form, so their texts are sent. */
const TYPES: { readonly [type: string]: string } = {
  uuid: 'uuid',
  text: 'text',
  'text[]': 'text',
  double: 'double precision',
  bytes: 'bytea',
  time: 'timestamptz',
}

/**
 * Makes the statement, with values that are ready to be bound: nothing about it is refused on this side later.
 *
 * @throws ROW_REFUSED for what a column cannot hold, INPUT_INVALID for too many at once
 */
export type AuditAppend = (tenantId: string, rows: readonly Row<'audit_events'>[]) => Statement

export function createAuditAppend(schema: string): AuditAppend {
  const text = appendText(schema)
  return (tenantId, rows) => {
    if (rows.length > EVENTS_AT_MOST) throw invalid('events', `at most ${EVENTS_AT_MOST} at once`)
    const values = events.columnNames.map((column) => {
      const { type } = events.columns.get(column)!
      return toArray(
        rows.map((row) => columnValue(events, column, type, row[column as keyof Row<'audit_events'>] ?? null)),
      )
    })
    return { name: 'append_audit', text, values: [tenantId, ...values] }
  }
}

function appendText(schema: string): string {
  const columns = events.columnNames.join(', ')
  const arrays = events.columnNames.map((column, i) => `$${i + 2}::${TYPES[events.columns.get(column)!.type]}[]`)
  const selected = events.columnNames.map((column) =>
    events.columns.get(column)!.type === 'text[]' ? `e.${column}::text[]` : `e.${column}`,
  )
  return `
with written as (
  insert into ${schema}.audit_events (tenant_id, ${columns})
  select $1::uuid, ${selected.join(', ')} from unnest(${arrays.join(', ')}) as e (${columns})
  returning id, leaf
)
insert into ${schema}.audit_pending (tenant_id, event_id, leaf) select $1::uuid, id, leaf from written`
}
