// The ledger: table schema_migrations in the schema that was migrated, one row per migration that was begun. A
// transactional migration writes its row in its own transaction, so the row and what it tells of come together.

import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationSet } from '../core/storage/migrations.ts'
import type { MigrationFile } from './file.ts'
import { faultOf, type MigrationConnection, quoteName } from './target.ts'
import { VERSION } from './version.ts'

export interface LedgerRow {
  readonly set: MigrationSet
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly state: 'running' | 'done' | 'failed' | 'needs-repair'
  readonly finishedAt: Date | null
  readonly durationMs: number | null
  readonly error: string | null
  /** Of a migration outside a transaction: how many statements are behind it, and the SHA-256 of their texts. */
  readonly statementsDone: number
  readonly statementsChecksum: string | null
}

export interface Ledger {
  /** Makes schema and table where they are missing. */
  create(): Promise<void>
  /** Its rows in the order of set and number; none where it does not exist. */
  read(): Promise<LedgerRow[]>
  /** Writes a migration's row, over the one that is there. */
  write(file: MigrationFile, entry: LedgerEntry): Promise<void>
}

export interface LedgerEntry {
  readonly state: LedgerRow['state']
  /** Milliseconds; absent while it runs. */
  readonly durationMs?: number
  readonly error?: string
  readonly statementsDone?: number
  readonly statementsChecksum?: string
}

export function openLedger(connection: MigrationConnection, schema: string): Ledger {
  const table = `${quoteName(schema)}.schema_migrations`
  return {
    async create() {
      // the functions live in the schema freehold, wherever the tables are
      for (const name of new Set(['freehold', schema])) {
        const [there] = await connection.query('select 1 as one from pg_namespace where nspname = $1', [name])
        // "if not exists" asks for the right to create even where there is nothing to do
        if (!there) await made(connection.query(`create schema if not exists ${quoteName(name)}`))
      }
      if (!(await exists(connection, schema))) await made(connection.query(definition(table)))
    },

    async read() {
      if (!(await exists(connection, schema))) return []
      const rows = await ofOurs(
        `${schema}.schema_migrations`,
        connection.query(`
        select "set", number, name, checksum, state, duration_ms, error, statements_done, statements_checksum,
          (extract(epoch from finished_at) * 1000)::float8 as finished_ms
        from ${table} order by array_position(array['system', 'tenant', 'host'], "set"), number`),
      )
      return rows.map(fromRow)
    },

    async write(file, entry) {
      const { state, durationMs = null, error = null, statementsDone = 0, statementsChecksum = null } = entry
      await connection.query(
        `insert into ${table} as m
           ("set", number, name, checksum, state, started_at, finished_at, duration_ms, error, statements_done, statements_checksum, freehold_version)
         values ($1::text, $2::int, $3::text, $4::text, $5::text, clock_timestamp() - coalesce($6::float8, 0) * interval '1 millisecond',
           case when $5::text <> 'running' then clock_timestamp() end, $6::float8, $7::text, $8::int, $9::text, $10::text)
         on conflict ("set", number) do update set
           name = excluded.name, checksum = excluded.checksum, state = excluded.state,
           started_at = case when m.state = 'running' then m.started_at else excluded.started_at end,
           finished_at = excluded.finished_at, duration_ms = excluded.duration_ms, error = excluded.error,
           statements_done = excluded.statements_done, statements_checksum = excluded.statements_checksum,
           freehold_version = excluded.freehold_version`,
        [
          file.set,
          file.number,
          file.name,
          file.checksum,
          state,
          durationMs,
          error?.slice(0, 4000) ?? null,
          statementsDone,
          statementsChecksum,
          VERSION,
        ],
      )
    },
  }
}

/** Whether the ledger is there, asked of the catalog: a login without rights on the schema gets an answer too. */
async function exists(connection: MigrationConnection, schema: string): Promise<boolean> {
  const rows = await connection.query(
    `select 1 as one from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = 'schema_migrations'`,
    [schema],
  )
  return rows.length > 0
}

/** Another schema's runner may make `freehold` in the same moment. */
async function made(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error: unknown) => {
    if (!['23505', '42P06', '42P07'].includes(faultOf(error).sqlstate ?? '')) throw error
  })
}

/** @throws MIGRATION_INVALID for a table that somebody else made under this name */
async function ofOurs<R>(file: string, reading: Promise<R>): Promise<R> {
  try {
    return await reading
  } catch (error) {
    const { sqlstate } = faultOf(FreeholdError.is(error) ? error.cause : error)
    if (sqlstate !== '42703') throw error
    const problem = "this table is not Freehold's ledger, but another tool's; move it, or give Freehold another schema"
    throw new FreeholdError('MIGRATION_INVALID', { file, problem }, { cause: error })
  }
}

const definition = (table: string): string => `
create table if not exists ${table} (
  "set" text not null check ("set" in ('system', 'tenant', 'host')),
  number integer not null check (number between 1 and 9999),
  name text not null,
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  state text not null check (state in ('running', 'done', 'failed', 'needs-repair')),
  started_at timestamptz not null,
  finished_at timestamptz,
  duration_ms double precision,
  error text,
  statements_done integer not null default 0,
  statements_checksum text,
  freehold_version text not null,
  constraint schema_migrations_pkey primary key ("set", number)
)`

function fromRow(row: Record<string, unknown>): LedgerRow {
  const ms = row.finished_ms
  return {
    set: row.set as MigrationSet,
    number: Number(row.number),
    name: String(row.name),
    checksum: String(row.checksum),
    state: row.state as LedgerRow['state'],
    finishedAt: ms === null ? null : new Date(Number(ms)),
    durationMs: row.duration_ms === null ? null : Number(row.duration_ms),
    error: row.error as string | null,
    statementsDone: Number(row.statements_done),
    statementsChecksum: row.statements_checksum as string | null,
  }
}
