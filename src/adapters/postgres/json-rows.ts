// Rows that come as JSON inside of another row: what JSON has no form for is text in it.

import { columnsOf, type TableName } from '../../core/storage/tables.ts'

/** What PostgreSQL's JSON makes of a row: times and bytes are texts. */
export type JsonRow = Readonly<Record<string, unknown>>

export function fromJson(table: TableName, json: JsonRow): Record<string, unknown> {
  const row: Record<string, unknown> = { ...json }
  for (const [column, { type }] of columnsOf(table)) {
    const text = row[column]
    if (typeof text !== 'string') continue
    if (type === 'time') row[column] = new Date(text)
    if (type === 'bytes') row[column] = Buffer.from(text.slice(2), 'hex')
  }
  return row
}
