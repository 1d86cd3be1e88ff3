// Scopes and units of work: the same records and verbs, run alone or inside a transaction, and parts of a
// transaction that are taken back alone.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Records } from '../../core/storage/records.ts'
import type { TableName } from '../../core/storage/tables.ts'
import type { Notice } from '../../core/storage/verbs.ts'
import { hostDb, type MemoryDb } from './host-db.ts'
import type { Rows } from './rows.ts'
import type { Statements } from './statements.ts'
import type { Turns } from './turns.ts'

/** Runs one statement of a scope: alone, or inside its transaction. */
export type Run = <R>(statement: (statements: Statements, tell: (notice: Notice) => void) => R) => Promise<R>

/** What `TenantScope` and `SystemScope` have in common. */
export interface Scope<T extends TableName, Verbs> {
  readonly records: Records<T>
  readonly verbs: Verbs
  transaction<R>(work: (unit: Unit<T, Verbs>) => Promise<R>): Promise<R>
}

export interface Unit<T extends TableName, Verbs> extends Scope<T, Verbs> {
  readonly db: MemoryDb
}

/** One owner's door: its rows, and how a runner becomes records and verbs. */
export interface Door<T extends TableName, Verbs> {
  readonly statements: Statements
  readonly open: (run: Run) => { readonly records: Records<T>; readonly verbs: Verbs }
}

/** A transaction in progress. */
export interface Transaction {
  readonly notices: Notice[]
  /** A statement failed: as on a server, nothing more is done before a part, or everything, is taken back. */
  failed: boolean
}

/** Takes the storage, does the work, and keeps or takes back all of it. */
export type Transact = <R>(work: (transaction: Transaction) => R | Promise<R>) => Promise<R>

export interface Parts {
  readonly rows: Rows
  readonly transact: Transact
  readonly createTurns: () => Turns
}

export function createScope<T extends TableName, Verbs>(parts: Parts, door: Door<T, Verbs>): Scope<T, Verbs> {
  const { transact } = parts
  return {
    ...door.open((statement) =>
      transact(({ notices }) => statement(door.statements, (notice) => notices.push(notice))),
    ),
    transaction: (work) => transact((transaction) => runUnit(parts, door, transaction, () => false, work)),
  }
}

async function runUnit<T extends TableName, Verbs, R>(
  parts: Parts,
  door: Door<T, Verbs>,
  transaction: Transaction,
  outerIsOver: () => boolean,
  work: (unit: Unit<T, Verbs>) => Promise<R>,
): Promise<R> {
  const { rows } = parts
  const turns = parts.createTurns()
  let ended = false
  const isOver = (): boolean => ended || outerIsOver()
  const check = (): void => {
    if (isOver() || transaction.failed) throw new FreeholdError('TRANSACTION_LOST')
  }

  const run: Run = async (statement) => {
    check()
    try {
      return statement(door.statements, (notice) => transaction.notices.push(notice))
    } catch (error) {
      // what is refused before it reaches a database does no harm to the transaction
      if (!FreeholdError.is(error, 'INPUT_INVALID')) transaction.failed = true
      throw error
    }
  }

  const unit: Unit<T, Verbs> = {
    ...door.open(run),
    db: hostDb,
    async transaction(inner) {
      check()
      const end = await turns.take()
      const mark = rows.mark()
      const told = transaction.notices.length
      try {
        check()
        return await runUnit(parts, door, transaction, isOver, inner)
      } catch (error) {
        if (!isOver()) {
          rows.takeBack(mark)
          transaction.notices.length = told
          transaction.failed = false
        }
        throw error
      } finally {
        end()
      }
    },
  }

  try {
    const result = await work(unit)
    check()
    return result
  } finally {
    ended = true
  }
}
