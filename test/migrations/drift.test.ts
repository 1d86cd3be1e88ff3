// tables.ts says what the migrated catalog says: columns, types, nulls, defaults, keys. Read from the catalog of a
// database that our migrations made.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ColumnType, UniqueKey } from '../../src/core/storage/columns.ts'
import {
  columnsOf,
  isTenantTable,
  systemTables,
  type TableName,
  table,
  tenantTables,
} from '../../src/core/storage/tables.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const names = [...Object.keys(systemTables), ...Object.keys(tenantTables)] as TableName[]

const TYPES: { readonly [T in ColumnType]: string } = {
  uuid: 'uuid',
  text: 'text',
  'text[]': 'text[]',
  integer: 'integer',
  bigint: 'bigint',
  double: 'double precision',
  boolean: 'boolean',
  json: 'jsonb',
  bytes: 'bytea',
  // milliseconds, as a Date holds them
  time: 'timestamp(3) with time zone',
  xid: 'xid8',
}

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.close())

it('the schema holds these tables, the ledger, and no other', async () => {
  const rows = await database.admin(
    "select relname::text as name from pg_class where relnamespace = 'freehold'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1",
  )
  expect(rows.map(({ name }) => name)).toEqual([...names, 'schema_migrations'].sort())
})

describe.each(names)('%s', (name) => {
  const walled = isTenantTable(name)

  it('has these columns, in this order', async () => {
    const rows = await database.admin(
      `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable, a.atthasdef or a.attidentity <> '' as generated
       from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
      [`freehold.${name}`],
    )
    const declared = columnsOf(name).map(([column, { type, nullable = false, generated = false }]) => ({
      name: column,
      type: TYPES[type],
      nullable,
      generated,
    }))
    const tenant = { name: 'tenant_id', type: 'uuid', nullable: false, generated: true }
    expect(rows).toEqual(walled ? [tenant, ...declared] : declared)
  })

  it('has these keys', async () => {
    const rows = await database.admin(
      `select c.relname::text as name, i.indisprimary as primary, pg_get_expr(i.indpred, i.indrelid) as where,
         (select array_agg(a.attname::text order by k.place) from unnest(i.indkey::int2[]) with ordinality k (number, place)
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number) as columns
       from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass and i.indisunique order by 1`,
      [`freehold.${name}`],
    )
    const { key, unique = {} } = table(name)
    const lead = walled ? ['tenant_id'] : []
    const declared = [
      { name: `${name}_pkey`, primary: true, columns: [...lead, ...key], where: null },
      ...Object.entries(unique).map(([index, { columns, where }]) => ({
        name: index,
        primary: false,
        columns: [...lead, ...columns],
        where: where ? predicate(where) : null,
      })),
    ]
    expect(rows).toEqual(declared.sort((a, b) => (a.name < b.name ? -1 : 1)))
  })

  it('has these foreign keys', async () => {
    const rows = await database.admin(
      `select f.conname::text as name, f.confrelid::regclass::text as parent, f.confdeltype::text as deletion, f.confupdtype::text as update,
         (select array_agg(a.attname::text order by k.place) from unnest(f.conkey) with ordinality k (number, place)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number) as columns,
         (select array_agg(a.attname::text order by k.place) from unnest(f.confkey) with ordinality k (number, place)
          join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number) as parents
       from pg_constraint f where f.conrelid = $1::regclass and f.contype = 'f' order by 1`,
      [`freehold.${name}`],
    )
    const lead = walled ? ['tenant_id'] : []
    const declared = Object.entries(table(name).references ?? {}).map(([constraint, reference]) => ({
      name: constraint,
      parent: `freehold.${reference.table}`,
      // no action: refused as well, once the statement is complete
      deletion: reference.onDelete === 'cascade' ? 'c' : 'a',
      update: 'a',
      columns: [...lead, ...reference.columns],
      parents: [...lead, ...(reference.parents ?? table(reference.table as TableName).key)],
    }))
    expect(rows).toEqual(declared.sort((a, b) => (a.name < b.name ? -1 : 1)))
  })
})

function predicate({ column, ...of }: NonNullable<UniqueKey<never>['where']>): string {
  if ('is' in of) return `(${column} = '${of.is}'::text)`
  const [value] = of.not
  return value === null ? `(${column} IS NOT NULL)` : `(${column} <> '${String(value)}'::text)`
}
