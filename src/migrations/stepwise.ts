// A migration outside a transaction (`-- freehold: no-transaction`): statement by statement, each noted in the
// ledger when it is done, so that a run that was cut goes on where it stopped. What CREATE INDEX CONCURRENTLY leaves
// behind when it fails, an index that is kept up to date but never read, is dropped before it is built again.

import { setTimeout as sleep } from 'node:timers/promises'
import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationEvent } from '../core/storage/migrations.ts'
import { migrationStopped, type Progress, StatementFailure, summaryOf } from './failure.ts'
import { labelOf, type MigrationFile, sha256 } from './file.ts'
import type { Ledger, LedgerRow } from './ledger.ts'
import type { MigrationSession } from './session.ts'
import type { SqlStatement } from './split.ts'
import { type MigrationConnection, quoteName } from './target.ts'
import { backoff, passingReason } from './transaction.ts'

/** @throws MIGRATION_NEEDS_REPAIR, and the ledger notes how far it came */
export async function* applyStepwise(
  session: MigrationSession,
  ledger: Ledger,
  file: MigrationFile,
  row: LedgerRow | undefined,
  progress: Progress,
): AsyncGenerator<MigrationEvent, void> {
  const { connection } = session
  const started = performance.now()
  await session.prepare(file, false)
  let done = alreadyDone(file, row)
  if (row) yield* dropInvalidIndexes(connection, file, done)
  // noted as running, the statement was sent and its index was not there before: if it is there now, it was built
  if (row?.state === 'running' && (await indexOf(connection, file.statements[done]))?.valid) done++

  const note = (state: LedgerRow['state'], more: { durationMs?: number; error?: string } = {}) =>
    ledger.write(file, { state, statementsDone: done, statementsChecksum: checksumOf(file, done), ...more })

  try {
    for (; done < file.statements.length; done++) {
      const statement = file.statements[done]!
      await refuseTakenName(connection, statement)
      await note('running')
      yield* runStatement(session, file, statement)
    }
    await note('done', { durationMs: performance.now() - started })
  } catch (error) {
    await note('needs-repair', { durationMs: performance.now() - started, error: summaryOf(error) }).catch(
      () => undefined,
    )
    throw migrationStopped(file, done, error, progress)
  }
}

async function* runStatement(
  session: MigrationSession,
  file: MigrationFile,
  statement: SqlStatement,
): AsyncGenerator<MigrationEvent, void> {
  const { connection } = session
  // CONCURRENTLY waits for older transactions without keeping anybody out; other statements must not wait long
  const lockTimeout = /\bconcurrently\b/i.test(statement.text) ? '0' : `${session.lockTimeoutMs}ms`
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.query("select set_config('lock_timeout', $1, false)", [lockTimeout])
      await connection.query(statement.text)
      break
    } catch (error) {
      const reason = passingReason(error)
      // a deadlocked CONCURRENTLY leaves an invalid index, which only the next run may drop
      if (reason === undefined || lockTimeout === '0' || attempt >= session.attempts) {
        throw new StatementFailure(statement, error)
      }
      const delayMs = backoff(attempt)
      yield { kind: 'retrying', migration: labelOf(file), attempt, delayMs, reason }
      await sleep(delayMs)
    }
  }
  // IF NOT EXISTS is content with an invalid index
  const index = await indexOf(connection, statement)
  if (index && !index.valid) throw new StatementFailure(statement, new Error(`index ${index.name} is not valid`))
}

/** How many statements are behind it. @throws MIGRATION_NEEDS_REPAIR when one of those was edited */
function alreadyDone(file: MigrationFile, row: LedgerRow | undefined): number {
  if (!row || row.statementsDone === 0) return 0
  if (checksumOf(file, row.statementsDone) !== row.statementsChecksum) {
    throw new FreeholdError('MIGRATION_NEEDS_REPAIR', {
      migration: labelOf(file),
      hint:
        `The first ${row.statementsDone} statements of the file have run, and were edited since. Put them back as they were; ` +
        'only what comes after them may change. Nothing was run now.',
    })
  }
  return row.statementsDone
}

function checksumOf(file: MigrationFile, count: number): string {
  return sha256(JSON.stringify(file.statements.slice(0, count).map(({ text }) => text)))
}

async function* dropInvalidIndexes(
  connection: MigrationConnection,
  file: MigrationFile,
  done: number,
): AsyncGenerator<MigrationEvent, void> {
  for (const statement of file.statements.slice(done)) {
    const index = await indexOf(connection, statement)
    if (!index || index.valid) continue
    await connection.query("select set_config('lock_timeout', '0', false)")
    await connection.query(`drop index concurrently if exists ${index.name}`)
    yield { kind: 'cleaned', migration: labelOf(file), index: index.name }
  }
}

interface Index {
  /** Quoted, with its schema. */
  readonly name: string
  readonly valid: boolean
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*)`
const CREATE_INDEX = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s+concurrently\s+(if\s+not\s+exists\s+)?(${NAME})\s+on\s+(?:only\s+)?(${NAME}(?:\s*\.\s*${NAME})?)`,
  'i',
)

/** The index that a CREATE INDEX CONCURRENTLY statement makes, if it is there. */
async function indexOf(
  connection: MigrationConnection,
  statement: SqlStatement | undefined,
): Promise<Index | undefined> {
  const [, , name, table] = CREATE_INDEX.exec(statement?.text ?? '') ?? []
  if (!name || !table) return undefined
  const [row] = await connection.query(
    `select n.nspname as schema, c.relname as name, i.indisvalid as valid
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = to_regclass($1::text) and c.relname = $2::text`,
    [table, unquoted(name)],
  )
  if (!row) return undefined
  return { name: `${quoteName(String(row.schema))}.${quoteName(String(row.name))}`, valid: row.valid === true }
}

/** An index of this name that another hand made would pass for ours after a cut run. */
async function refuseTakenName(connection: MigrationConnection, statement: SqlStatement): Promise<void> {
  if (CREATE_INDEX.exec(statement.text)?.[1]) return
  const index = await indexOf(connection, statement)
  if (index)
    throw new StatementFailure(
      statement,
      new Error(`index ${index.name} exists already; drop it, or write IF NOT EXISTS`),
    )
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}
