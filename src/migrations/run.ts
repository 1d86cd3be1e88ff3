// One run: take the lock, look, apply what is pending in order, one event after the other. No event is told while a
// transaction is open, so whoever stops listening stops the run between two migrations.

import type { MigrationEvent, MigrationOptions } from '../core/storage/migrations.ts'
import { aroundFailed } from './failure.ts'
import { labelOf } from './file.ts'
import { openLedger } from './ledger.ts'
import { takeLock } from './lock.ts'
import { joinAppRole } from './membership.ts'
import { keepAuditPartitions } from './partitions.ts'
import { baselineOf, pendingOf, type Standing } from './plan.ts'
import { openSession } from './session.ts'
import { applyStepwise } from './stepwise.ts'
import { type MigrationConnection, type MigrationTarget, open } from './target.ts'
import { applyInTransaction } from './transaction.ts'

/** Compares code and ledger over a connection. */
export type Survey = (connection: MigrationConnection) => Promise<Standing[]>

/** @throws as Migrations.apply */
export async function* run(
  target: MigrationTarget,
  survey: Survey,
  { baseline, lockWaitMs = 60_000 }: MigrationOptions,
): AsyncGenerator<MigrationEvent, void> {
  const started = performance.now()
  const connection = await open(() => target.connect())
  try {
    let applied = 0
    // most starts find nothing to do, and need neither the lock nor the right to create
    const pending = pendingOf(await survey(connection))
    if (pending.length > 0) applied = yield* applyAll(target, connection, survey, { baseline, lockWaitMs })
    await keepAuditPartitions(connection, target)
    if (target.appLogin !== undefined && (await joinAppRole(connection, target.appLogin))) {
      yield { kind: 'granted', role: 'freehold_app', login: target.appLogin }
    }
    yield { kind: 'finished', applied, durationMs: performance.now() - started }
  } catch (error) {
    throw aroundFailed(target.schema, error)
  } finally {
    await connection.end().catch(() => undefined)
  }
}

async function* applyAll(
  target: MigrationTarget,
  connection: MigrationConnection,
  survey: Survey,
  { baseline, lockWaitMs }: { baseline: string | undefined; lockWaitMs: number },
): AsyncGenerator<MigrationEvent, number> {
  const lock = yield* takeLock(connection, target.schema, lockWaitMs)
  try {
    const ledger = openLedger(connection, target.schema)
    await ledger.create()
    const session = await openSession(connection, target, lock)
    try {
      // whoever held the lock before may have done it all
      const standings = await survey(connection)
      let pending = pendingOf(standings)
      if (baseline !== undefined) {
        const covered = baselineOf(baseline, standings)
        for (const { file } of pending.filter(covered)) {
          await ledger.write(file!, { state: 'done', durationMs: 0 })
          yield { kind: 'baselined', migration: labelOf(file!) }
        }
        pending = pending.filter((standing) => !covered(standing))
      }
      const labels = pending.map(({ status }) => labelOf(status))
      for (const [index, { file, row }] of pending.entries()) {
        const migration = labels[index]!
        const progress = { applied: labels.slice(0, index), left: labels.slice(index + 1) }
        const began = performance.now()
        yield { kind: 'started', migration, index: index + 1, of: pending.length }
        if (file!.transactional) yield* applyInTransaction(session, ledger, file!, progress)
        else yield* applyStepwise(session, ledger, file!, row, progress)
        yield { kind: 'applied', migration, durationMs: performance.now() - began }
      }
      return pending.length
    } finally {
      await session.restore().catch(() => undefined)
    }
  } finally {
    // a connection that is gone has freed the lock
    await lock.release().catch(() => undefined)
  }
}
