// The statements of records: a call is taken apart into shape and values; the shape finds its text, the values travel.

import type { Find, InsertOptions } from '../../core/storage/records.ts'
import type { TableName } from '../../core/storage/tables.ts'
import type { Parameter } from './codec.ts'
import { type Catalog, columnOf, columnValue, invalid, type TableFacts } from './column-values.ts'
import type { Statement } from './link.ts'
import type { OrderTerm, SqlTexts, Text } from './sql-texts.ts'
import { changes, conditions, newRow, signature } from './terms.ts'
import type { Texts } from './texts.ts'

const ROWS_AT_MOST = 1_000
/** Longer inserts are seldom as long again. */
const ROWS_REMEMBERED = 4

export interface RecordStatementsOptions {
  /** Whose rows; null in the system scope. */
  readonly tenantId: string | null
  readonly catalog: Catalog
  readonly texts: Texts
}

/** @throws (each) INPUT_INVALID, ROW_REFUSED for what can be refused on this side; PACKAGE_MISSING (kysely) */
export interface RecordStatements {
  one(table: string, key: object, lock: boolean): Promise<Statement>
  find(table: string, query: Find<TableName>): Promise<Statement>
  /** Undefined: there are no rows to insert. */
  insert(table: string, rows: readonly object[], options?: InsertOptions): Promise<Statement | undefined>
  update(table: string, where: object, change: object): Promise<Statement>
  /** Fails where it did not change one row; `step` is what the failure then tells. */
  updateOne(table: string, where: object, change: object, step: number): Promise<Statement>
  remove(table: string, where: object): Promise<Statement>
  count(table: string, where: object): Promise<Statement>
  /** Fails unless one row matches; `step` is what the failure then tells. */
  there(table: string, where: object, step: number): Promise<Statement>
  /** Fails where more rows match; `step` is what the failure then tells. */
  atMost(table: string, where: object, maximum: number, step: number): Promise<Statement>
}

export function createRecordStatements({ tenantId, catalog, texts }: RecordStatementsOptions): RecordStatements {
  function facts(table: string): TableFacts {
    const found = catalog.get(table)
    if (!found) throw invalid('table', `this scope has no table ${table}`)
    return found
  }

  const first = (): Parameter[] => (tenantId === null ? [] : [tenantId])

  async function statement(
    shape: string,
    values: readonly Parameter[],
    write: (build: SqlTexts) => Text,
  ): Promise<Statement> {
    const { name, text } = texts.find(shape) ?? (await texts.build(shape, write))
    return { name, text: text.sql, values: parameters(text, values) }
  }

  return {
    one(table, key, lock) {
      const known = facts(table)
      const values = first()
      const where = conditions(known, key, values)
      const shape = `${lock ? 'lock' : 'get'} ${table}${signature(where)}`
      return statement(shape, values, (build) => build.select(known, { where, order: [], limit: undefined, lock }))
    },

    find(table, query) {
      const known = facts(table)
      if (!Number.isInteger(query.limit) || query.limit < 1)
        throw invalid('limit', 'it must be an integer of 1 or more')
      const values = first()
      const where = conditions(known, query.where ?? {}, values)
      const order = orderTerms(known, query, values)
      const limit = values.push(String(query.limit)) - 1
      const shape = `find ${table}${signature(where)} by${order.map(({ by, descending, after }) => ` ${by}:${descending}:${after >= 0}`)}`
      return statement(shape, values, (build) => build.select(known, { where, order, limit, lock: false }))
    },

    async insert(table, rows, { onConflict } = {}) {
      const known = facts(table)
      if (rows.length > ROWS_AT_MOST) throw invalid('rows', `at most ${ROWS_AT_MOST} at once`)
      if (rows.length === 0) return undefined
      const given = new Set(rows.flatMap((row) => Object.keys(row)))
      for (const column of given) columnOf(known, column)
      // in the table's own order, so that rows written in different orders share a text
      const columns = known.columnNames.filter((column) => given.has(column))
      const values = first()
      const terms = rows.map((row) => newRow(known, columns, row, values))
      const ignore = onConflict === 'ignore'
      if (rows.length > ROWS_REMEMBERED) {
        const text = await texts.once((build) => build.insert(known, terms, ignore))
        return { text: text.sql, values: parameters(text, values) }
      }
      const shape = `insert ${table} ${ignore}${terms.map((row) => ` (${signature(row)})`)}`
      return statement(shape, values, (build) => build.insert(known, terms, ignore))
    },

    update(table, where, change) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const set = changesOf(known, change, values)
      const shape = `update ${table}${signature(set)} where${signature(filter)}`
      return statement(shape, values, (build) => build.update(known, set, filter))
    },

    updateOne(table, where, change, step) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const set = changesOf(known, change, values)
      const slot = values.push(String(step)) - 1
      const shape = `update one ${table}${signature(set)} where${signature(filter)}`
      return statement(shape, values, (build) => build.demandOne(build.update(known, set, filter), slot))
    },

    remove(table, where) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const shape = `remove ${table}${signature(filter)}`
      return statement(shape, values, (build) => build.remove(known, filter))
    },

    count(table, where) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const shape = `count ${table}${signature(filter)}`
      return statement(shape, values, (build) => build.count(known, filter))
    },

    there(table, where, step) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const slot = values.push(String(step)) - 1
      const shape = `there ${table}${signature(filter)}`
      return statement(shape, values, (build) => build.demandCount(build.count(known, filter), slot))
    },

    atMost(table, where, maximum, step) {
      const known = facts(table)
      const values = first()
      const filter = conditions(known, where, values)
      const most = values.push(String(maximum)) - 1
      const slot = values.push(String(step)) - 1
      const shape = `at most ${table}${signature(filter)}`
      return statement(shape, values, (build) => build.demandAtMost(build.count(known, filter), most, slot))
    },
  }
}

function parameters({ slots }: Text, values: readonly Parameter[]): Parameter[] {
  return slots.map((index) => values[index]!)
}

function changesOf(table: TableFacts, change: object, values: Parameter[]) {
  const set = changes(table, change, values)
  if (set.length === 0) throw invalid('change', 'it changes nothing')
  return set
}

/** The columns asked for, then the key in the direction of the last, so that the order is total. @throws INPUT_INVALID */
function orderTerms(table: TableFacts, query: Find<TableName>, values: Parameter[]): OrderTerm[] {
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
