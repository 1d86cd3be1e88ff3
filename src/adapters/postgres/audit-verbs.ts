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
  const [one, many] = [appendText(schema, ROW), appendText(schema, ROWS)]
  return (tenantId, rows) => {
    if (rows.length > EVENTS_AT_MOST) throw invalid('events', `at most ${EVENTS_AT_MOST} at once`)
    const values = columns.map(([column, { type }]) =>
      rows.map((row) => columnValue(events, column, type, row[column as keyof Row<'audit_events'>] ?? null)),
    )
    return rows.length === 1
      ? { name: 'append_audit', text: one, values: [tenantId, ...values.map(([value]) => value)] }
      : { name: 'append_audits', text: many, values: [tenantId, ...values.map(toArray)] }
  }
}

const columns = [...events.columns]
const names = columns.map(([column]) => column).join(', ')
/** Most often it is one: its values as they are take a sixth less time than arrays of one. */
const ROW = `values ($1::uuid, ${columns.map((_, i) => `$${i + 2}`).join(', ')})`
const ROWS = `select $1::uuid, ${columns.map(([column, { type }]) => (type === 'text[]' ? `e.${column}::text[]` : `e.${column}`)).join(', ')}
  from unnest(${columns.map(([, { type }], i) => `$${i + 2}::${TYPES[type]}[]`).join(', ')}) as e (${names})`

function appendText(schema: string, rows: string): string {
  return `
with written as (
  insert into ${schema}.audit_events (tenant_id, ${names})
  ${rows}
  returning id, leaf
)
insert into ${schema}.audit_pending (tenant_id, event_id, leaf) select $1::uuid, id, leaf from written`
}
