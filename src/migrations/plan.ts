// Code against ledger: what is pending, what was changed behind our back, what only the database knows.

import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationSet, MigrationStatus } from '../core/storage/migrations.ts'
import { invalid, labelOf, type MigrationFile } from './file.ts'
import type { LedgerRow } from './ledger.ts'

export interface Standing {
  readonly status: MigrationStatus
  /** Absent when only the ledger knows it. */
  readonly file?: MigrationFile
  /** Absent when only the code knows it. */
  readonly row?: LedgerRow
}

/**
 * Every migration with its state, in the order in which they run.
 *
 * @param sets the sets that were asked about; rows of another (the host's, when no folder is named) are left out
 */
export function compare(
  sets: readonly MigrationSet[],
  files: readonly MigrationFile[],
  rows: readonly LedgerRow[],
): Standing[] {
  const key = ({ set, number }: { set: string; number: number }) => `${set}/${number}`
  const recorded = new Map(rows.map((row) => [key(row), row]))
  const known = new Set(files.map(key))
  return sets.flatMap((set) => [
    ...files
      .filter((file) => file.set === set)
      .map((file): Standing => {
        const row = recorded.get(key(file))
        return { status: statusOf(file, row, stateOf(file, row)), file, ...(row && { row }) }
      }),
    ...rows
      .filter((row) => row.set === set && !known.has(key(row)))
      .map((row): Standing => ({ status: statusOf(row, row, 'unknown-to-code'), row })),
  ])
}

/**
 * What is to run, in order.
 *
 * @throws MIGRATION_NEWER when the database holds a migration that the code does not know, MIGRATION_CHANGED when a
 * file is no longer what ran
 */
export function pendingOf(standings: readonly Standing[]): Standing[] {
  for (const { status, file, row } of standings) {
    if (status.state === 'unknown-to-code') throw new FreeholdError('MIGRATION_NEWER', { migration: labelOf(status) })
    if (status.state === 'changed') {
      throw new FreeholdError('MIGRATION_CHANGED', {
        migration: labelOf(status),
        expected: row!.checksum,
        found: file!.checksum,
      })
    }
  }
  return standings.filter(({ status }) => status.state !== 'done')
}

/**
 * Which of the pending ones a baseline covers: `host:0003` the host's up to 0003, `host:all` all of the host's.
 *
 * @throws CONFIG_INVALID for another form, MIGRATION_INVALID when there is no such migration
 */
export function baselineOf(baseline: string, standings: readonly Standing[]): (standing: Standing) => boolean {
  const [, set, upTo] = /^(system|tenant|host):([0-9]{1,4}|all)$/.exec(baseline) ?? []
  if (!set || !upTo) {
    throw new FreeholdError('CONFIG_INVALID', {
      option: 'baseline',
      problem: 'it is of the form host:0003 or host:all; the sets are system, tenant and host',
    })
  }
  const last = upTo === 'all' ? Number.POSITIVE_INFINITY : Number(upTo)
  const there = standings.some(({ file }) => file?.set === set && (upTo === 'all' || file.number === last))
  if (!there) throw invalid(baseline, 'there is no such migration to take as done')
  return ({ status }) => status.set === set && status.number <= last
}

function stateOf(file: MigrationFile, row: LedgerRow | undefined): MigrationStatus['state'] {
  if (!row) return 'pending'
  // what failed or stopped may be mended in its file; what is done may not
  return row.state === 'done' && row.checksum !== file.checksum ? 'changed' : row.state
}

function statusOf(
  { set, number, name }: Pick<MigrationFile, 'set' | 'number' | 'name'>,
  row: LedgerRow | undefined,
  state: MigrationStatus['state'],
): MigrationStatus {
  return {
    set,
    number,
    name,
    state,
    appliedAt: row?.state === 'done' ? row.finishedAt : null,
    durationMs: row?.durationMs ?? null,
    error: row?.error ?? null,
  }
}
