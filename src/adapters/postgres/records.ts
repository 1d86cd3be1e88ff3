// Records on a link: each call is one statement, sent at once.

import type { Records } from '../../core/storage/records.ts'
import type { Row, TableName } from '../../core/storage/tables.ts'
import type { Answer, Send } from './link.ts'
import { createRecordStatements, type RecordStatementsOptions } from './record-statements.ts'

export interface RecordsOptions extends RecordStatementsOptions {
  readonly send: Send
  /** Inside a transaction: only there a lock lasts. */
  readonly transactional: boolean
}

export function createRecords<T extends TableName>({ send, transactional, ...options }: RecordsOptions): Records<T> {
  const say = createRecordStatements(options)

  async function one<N extends T>(table: N, key: object, lock: boolean): Promise<Row<N> | undefined> {
    const { rows } = await send(await say.one(table, key, lock))
    return rows[0] as Row<N> | undefined
  }

  return {
    get: (table, key) => one(table, key, false),
    lock: (table, key) => one(table, key, transactional),

    async find(table, query) {
      return rowsOf(await send(await say.find(table, query as never)))
    },

    async insert(table, rows, options) {
      const statement = await say.insert(table, rows, options)
      return statement === undefined ? [] : rowsOf(await send(statement))
    },

    async update(table, where, change) {
      return rowsOf(await send(await say.update(table, where, change)))
    },

    async remove(table, where) {
      return (await send(await say.remove(table, where))).count
    },

    async count(table, where = {}) {
      const { rows } = await send(await say.count(table, where))
      return rows[0]?.count as number
    },
  }
}

function rowsOf<N extends TableName>({ rows }: Answer): Row<N>[] {
  return rows as unknown[] as Row<N>[]
}
