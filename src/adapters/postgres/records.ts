// Records on a link: a call is taken apart into shape and values; the shape finds its text, the values travel.

import type { Find, Records } from '../../core/storage/records.ts'
import type { Row, TableName } from '../../core/storage/tables.ts'
import type { Parameter } from './codec.ts'
import { type Catalog, columnOf, columnValue, invalid, type TableFacts } from './column-values.ts'
import type { Answer, Send, Statement } from './link.ts'
import type { OrderTerm, Text } from './sql-texts.ts'
import { changes, conditions, newRow, signature } from './terms.ts'
import type { Texts } from './texts.ts'

const ROWS_AT_MOST = 1_000
/** Longer inserts are seldom as long again. */
const ROWS_REMEMBERED = 4

export interface RecordsOptions {
  readonly send: Send
  /** Whose rows; null in the system scope. */
  readonly tenantId: string | null
  readonly catalog: Catalog
  readonly texts: Texts
  /** Inside a transaction: only there a lock lasts. */
  readonly transactional: boolean
}

export function createRecords<T extends TableName>({
  send,
  tenantId,
  catalog,
  texts,
  transactional,
}: RecordsOptions): Records<T> {
  function facts(table: string): TableFacts {
    const found = catalog.get(table)
    if (!found) throw invalid('table', `this scope has no table ${table}`)
    return found
  }

  const first = (): Parameter[] => (tenantId === null ? [] : [tenantId])

  function statement(
    { name, text: { sql, slots } }: { name?: string; text: Text },
    values: readonly Parameter[],
  ): Statement {
    const parameters = slots.map((index) => values[index]!)
    return name === undefined ? { text: sql, values: parameters } : { name, text: sql, values: parameters }
  }

  async function one<N extends T>(table: N, key: object, lock: boolean): Promise<Row<N> | undefined> {
    const known = facts(table)
    const values = first()
    const where = conditions(known, key, values)
    const shape = `${lock ? 'lock' : 'get'} ${table}${signature(where)}`
    const found =
      texts.find(shape) ??
      (await texts.build(shape, (build) => build.select(known, { where, order: [], limit: undefined, lock })))
    const { rows } = await send(statement(found, values))
    return rows[0] as Row<N> | undefined
  }

  return {
    get: (table, key) => one(table, key, false),
    lock: (table, key) => one(table, key, transactional),

    async find(table, query) {
      const known = facts(table)
      if (!Number.isInteger(query.limit) || query.limit < 1)
        throw invalid('limit', 'it must be an integer of 1 or more')
      const values = first()
      const where = conditions(known, query.where ?? {}, values)
      const order = orderTerms(known, query, values)
      const limit = values.push(String(query.limit)) - 1
      const shape = `find ${table}${signature(where)} by${order.map(({ by, descending, after }) => ` ${by}:${descending}:${after >= 0}`)}`
      const found =
        texts.find(shape) ??
        (await texts.build(shape, (build) => build.select(known, { where, order, limit, lock: false })))
      return rowsOf(await send(statement(found, values)))
    },

    async insert(table, rows, { onConflict } = {}) {
      const known = facts(table)
      if (rows.length > ROWS_AT_MOST) throw invalid('rows', `at most ${ROWS_AT_MOST} at once`)
      if (rows.length === 0) return []
      const given = new Set(rows.flatMap((row) => Object.keys(row)))
      for (const column of given) columnOf(known, column)
      // in the table's own order, so that rows written in different orders share a text
      const columns = known.columnNames.filter((column) => given.has(column))
      const values = first()
      const terms = rows.map((row) => newRow(known, columns, row, values))
      const ignore = onConflict === 'ignore'
      if (rows.length > ROWS_REMEMBERED) {
        return rowsOf(
          await send(statement({ text: await texts.once((build) => build.insert(known, terms, ignore)) }, values)),
        )
      }
      const shape = `insert ${table} ${ignore}${terms.map((row) => ` (${signature(row)})`)}`
      const found = texts.find(shape) ?? (await texts.build(shape, (build) => build.insert(known, terms, ignore)))
      return rowsOf(await send(statement(found, values)))
    },

    async update(table, where, change) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const set = changes(known, change, values)
      if (set.length === 0) throw invalid('change', 'it changes nothing')
      const shape = `update ${table}${signature(set)} where${signature(filter)}`
      const found = texts.find(shape) ?? (await texts.build(shape, (build) => build.update(known, set, filter)))
      return rowsOf(await send(statement(found, values)))
    },

    async remove(table, where) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const shape = `remove ${table}${signature(filter)}`
      const found = texts.find(shape) ?? (await texts.build(shape, (build) => build.remove(known, filter)))
      return (await send(statement(found, values))).count
    },

    async count(table, where = {}) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const shape = `count ${table}${signature(filter)}`
      const found = texts.find(shape) ?? (await texts.build(shape, (build) => build.count(known, filter)))
      const { rows } = await send(statement(found, values))
      return rows[0]?.count as number
    },
  }
}

/** The columns asked for, then the key in the direction of the last, so that the order is total. @throws INPUT_INVALID */
function orderTerms<T extends TableName>(table: TableFacts, query: Find<T>, values: Parameter[]): OrderTerm[] {
  const named = (query.order ?? []).map(({ by, descending = false }): [string, boolean] => {
    if (columnOf(table, by).nullable) throw invalid('order', `${table.name}.${by} may be null`)
    return [by, descending]
  })
  const descending = named.at(-1)?.[1] ?? false
  const key = table.key.filter((column) => !named.some(([by]) => by === column))
  const all = [...named, ...key.map((by): [string, boolean] => [by, descending])]
  const cursor = query.after as Readonly<Record<string, unknown>> | undefined
  return all.map(([by, down]) => {
    if (!cursor) return { by, descending: down, after: -1 }
    const value = cursor[by] ?? null
    if (value === null) throw invalid('after', `it lacks ${table.name}.${by}`)
    return { by, descending: down, after: values.push(columnValue(table, by, columnOf(table, by).type, value)) - 1 }
  })
}

function rowsOf<N extends TableName>({ rows }: Answer): Row<N>[] {
  return rows as unknown[] as Row<N>[]
}
