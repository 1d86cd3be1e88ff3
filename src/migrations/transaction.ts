// A migration as one transaction, its row in the ledger included. When a lock does not come in time, the
// transaction lets go of everything, so that the requests that queued behind it pass, and tries again later.

import { setTimeout as sleep } from 'node:timers/promises'
import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationEvent } from '../core/storage/migrations.ts'
import { isConnectionLoss, migrationFailed, type Progress, StatementFailure, summaryOf } from './failure.ts'
import { labelOf, type MigrationFile } from './file.ts'
import type { Ledger } from './ledger.ts'
import { jittered } from './lock.ts'
import type { MigrationSession } from './session.ts'
import { faultOf } from './target.ts'

/** @throws MIGRATION_FAILED, and the ledger notes it */
export async function* applyInTransaction(
  session: MigrationSession,
  ledger: Ledger,
  file: MigrationFile,
  progress: Progress,
): AsyncGenerator<MigrationEvent, void> {
  for (let attempt = 1; ; attempt++) {
    const error = await tryOnce(session, ledger, file)
    if (error === undefined) return
    if (FreeholdError.is(error)) throw error
    const reason = passingReason(error)
    if (reason === undefined || attempt >= session.attempts) {
      const failure = migrationFailed(file, error, progress)
      await ledger.write(file, { state: 'failed', error: summaryOf(error) }).catch(() => undefined)
      throw failure
    }
    const delayMs = backoff(attempt)
    yield { kind: 'retrying', migration: labelOf(file), attempt, delayMs, reason }
    await sleep(delayMs)
  }
}

/** Why trying again may help, or undefined when it cannot. */
export function passingReason(error: unknown): string | undefined {
  const fault = faultOf(error instanceof StatementFailure ? error.cause : error)
  if (fault.sqlstate === '55P03') return 'a lock did not come in time'
  if (fault.sqlstate === '40P01') return 'a deadlock with another transaction'
  // two schemas of one database granting rights on the same object
  if (fault.sqlstate === 'XX000' && fault.message.includes('concurrently updated'))
    return 'a catalog row was just changed'
  return undefined
}

/** 0.25 s, 0.5 s, ... up to 10 s, jittered. */
export function backoff(attempt: number): number {
  return jittered(Math.min(250 * 2 ** (attempt - 1), 10_000))
}

/** Answers the error instead of throwing it, once the transaction is off the connection. */
async function tryOnce(session: MigrationSession, ledger: Ledger, file: MigrationFile): Promise<unknown> {
  const { connection } = session
  const started = performance.now()
  try {
    await connection.query('begin')
    await session.prepare(file, true)
    for (const statement of file.statements) {
      await connection.query(statement.text).catch((error: unknown) => {
        throw new StatementFailure(statement, error)
      })
    }
    await ledger.write(file, { state: 'done', durationMs: performance.now() - started })
    await connection.query('commit')
    return undefined
  } catch (error) {
    const lost = isConnectionLoss(faultOf(error instanceof StatementFailure ? error.cause : error))
    if (!lost || FreeholdError.is(error)) await connection.query('rollback').catch(() => undefined)
    return error
  }
}
