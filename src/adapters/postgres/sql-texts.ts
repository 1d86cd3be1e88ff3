// The SQL of records, built by Kysely from shapes. Each value has a slot, so that a text once built serves every
// later call of its shape with other values.

import type { Expression, Kysely, RawBuilder, SqlBool } from 'kysely'
import type { TableFacts } from './column-values.ts'
import type { KyselyPackage } from './packages.ts'
import type { Term } from './terms.ts'

/** A text, and which value each of its parameters takes. */
export interface Text {
  readonly sql: string
  readonly slots: readonly number[]
}

/** An order column; they all exist, and are never null. */
export interface OrderTerm {
  readonly by: string
  readonly descending: boolean
  /** Slot of the cursor's value; -1 on the first page. */
  readonly after: number
}

export interface SelectShape {
  readonly where: readonly Term[]
  readonly order: readonly OrderTerm[]
  readonly limit: number | undefined
  readonly lock: boolean
}

export interface SqlTexts {
  select(table: TableFacts, shape: SelectShape): Text
  count(table: TableFacts, where: readonly Term[]): Text
  insert(table: TableFacts, rows: readonly (readonly Term[])[], ignore: boolean): Text
  update(table: TableFacts, set: readonly Term[], where: readonly Term[]): Text
  remove(table: TableFacts, where: readonly Term[]): Text
  /** The same, failing where it does not return one row; the value in `step` is what the failure tells. */
  demandOne(text: Text, step: number): Text
  /** Fails where what `count` counts is more than the value in `most`. */
  /** Fails unless the count is one. */
  demandCount(count: Text, step: number): Text
  demandAtMost(count: Text, most: number, step: number): Text
}

interface Tables {
  [table: string]: { [column: string]: unknown }
}

/** The tenant's id has the first slot wherever a table is walled. */
const TENANT_SLOT = 0

class Slot {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

export function createSqlTexts(kysely: KyselyPackage, schema: string): SqlTexts {
  const { sql } = kysely
  const db = compiler(kysely).withSchema(schema)
  const slot = (index: number): RawBuilder<unknown> => sql`${new Slot(index)}`
  const moment = (index: number): RawBuilder<unknown> =>
    sql`clock_timestamp() + ${slot(index)}::double precision * interval '1 millisecond'`

  /** @param once evaluate a moment once, so that an index can serve it; otherwise again whenever a row had to be waited for */
  function condition({ column, how, slot: index }: Term, once: boolean): RawBuilder<SqlBool> {
    const name = sql.ref(column)
    const time = (): RawBuilder<unknown> => (once ? sql`(select ${moment(index)})` : sql`(${moment(index)})`)
    switch (how) {
      case 'null':
        return sql`${name} is null`
      case 'not-null':
        return sql`${name} is not null`
      case 'in':
        return sql`${name} = any(${slot(index)})`
      case 'not':
        return sql`${name} is distinct from ${slot(index)}`
      case 'before':
        return sql`${name} < ${slot(index)}`
      case 'from':
        return sql`${name} >= ${slot(index)}`
      case 'before-moment':
        return sql`${name} < ${time()}`
      case 'from-moment':
        return sql`${name} >= ${time()}`
      case 'moment':
        return sql`${name} = ${time()}`
      default:
        return sql`${name} = ${slot(index)}`
    }
  }

  function filter(table: TableFacts, where: readonly Term[], once: boolean): Expression<SqlBool> {
    const wall = table.walled ? [sql`tenant_id = ${slot(TENANT_SLOT)}`] : []
    const all = [...wall, ...where.map((term) => condition(term, once))]
    return all.length > 0 ? sql<SqlBool>`${sql.join(all, sql` and `)}` : sql<SqlBool>`true`
  }

  /** Rows after the cursor. In one direction a row comparison, which an index on these columns serves. */
  function beyond(order: readonly OrderTerm[]): RawBuilder<SqlBool> {
    const [first, ...rest] = order
    if (!first) return sql`false`
    const after = (term: OrderTerm): RawBuilder<unknown> => (term.descending ? sql`<` : sql`>`)
    if (rest.every(({ descending }) => descending === first.descending)) {
      const names = sql.join(order.map(({ by }) => sql.ref(by)))
      const beyondRow = sql<SqlBool>`(${names}) ${after(first)} (${sql.join(order.map((term) => slot(term.after)))})`
      if (rest.length === 0) return beyondRow
      // says nothing new, but leaves out the partitions beyond: a row comparison does not
      return sql`${sql.ref(first.by)} ${after(first)}= ${slot(first.after)} and ${beyondRow}`
    }
    const name = sql.ref(first.by)
    const value = slot(first.after)
    return sql`(${name} ${after(first)} ${value} or (${name} = ${value} and ${beyond(rest)}))`
  }

  function assigned({ column, how, slot: index }: Term): RawBuilder<unknown> {
    if (how === 'moment') return moment(index)
    if (how === 'add') return sql`${sql.ref(column)} + ${slot(index)}`
    return how === 'default' ? sql`default` : slot(index)
  }

  return {
    select(table, { where, order, limit, lock }) {
      let query = db.selectFrom(table.name).select([...table.columnNames])
      query = query.where(filter(table, where, !lock))
      if (order.some(({ after }) => after >= 0)) query = query.where(beyond(order))
      for (const { by, descending } of order) query = query.orderBy(by, descending ? 'desc' : 'asc')
      if (limit !== undefined) query = query.limit(sql<number>`${slot(limit)}`)
      if (lock) query = query.forUpdate()
      return toText(query.compile())
    },
    count: (table, where) =>
      toText(
        db
          .selectFrom(table.name)
          .select(sql`count(*)`.as('count'))
          .where(filter(table, where, true))
          .compile(),
      ),
    insert(table, rows, ignore) {
      const named = rows.map((terms) => ({
        ...(table.walled ? { tenant_id: slot(TENANT_SLOT) } : {}),
        ...Object.fromEntries(terms.map((term) => [term.column, assigned(term)])),
      }))
      const query = db.insertInto(table.name).values(named)
      return toText(
        (ignore ? query.onConflict((conflict) => conflict.doNothing()) : query)
          .returning([...table.columnNames])
          .compile(),
      )
    },
    update: (table, set, where) =>
      toText(
        db
          .updateTable(table.name)
          .set(Object.fromEntries(set.map((term) => [term.column, assigned(term)])))
          .where(filter(table, where, false))
          .returning([...table.columnNames])
          .compile(),
      ),
    remove: (table, where) =>
      toText(
        db
          .deleteFrom(table.name)
          .where(filter(table, where, false))
          .compile(),
      ),
    demandOne: ({ sql: text, slots }, step) => ({
      sql: demandingOne(text, `$${slots.length + 1}`),
      slots: [...slots, step],
    }),
    demandCount: ({ sql: text, slots }, step) => ({
      sql: `select freehold.demand_one((${text}), $${slots.length + 1}::integer)`,
      slots: [...slots, step],
    }),
    demandAtMost: ({ sql: text, slots }, most, step) => ({
      sql: `select freehold.demand_one((select case when c.count <= $${slots.length + 1}::bigint then 1 else 0 end from (${text}) c), $${slots.length + 2}::integer)`,
      slots: [...slots, most, step],
    }),
  }
}

/**
 * The same statement, which fails unless it returns one row. The count is asked for first, and once: what has side effects is
 * neither moved nor left out.
 */
export function demandingOne(statement: string, step: string): string {
  return `
with done as (${statement})
select done.* from (select freehold.demand_one((select count(*) from done), ${step}::integer) as asked) demanded left join done on true`
}

/** A Kysely that only writes SQL. */
function compiler({
  Kysely,
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
}: KyselyPackage): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

function toText({ sql, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] }): Text {
  return { sql, slots: parameters.map((parameter) => (parameter as Slot).index) }
}
