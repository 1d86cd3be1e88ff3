// Scopes and units of work: the same records and verbs, run alone or inside a transaction, and parts of a
// transaction that are taken back alone.

import type { AsyncLocalStorage } from 'node:async_hooks'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Records } from '../../core/storage/records.ts'
import type { Outcome, Step } from '../../core/storage/steps.ts'
import { stepByStep } from '../../core/storage/stepwise.ts'
import type { TenantScope } from '../../core/storage/storage.ts'
import type { TableName } from '../../core/storage/tables.ts'
import type { Notice } from '../../core/storage/verbs.ts'
import { hostDb, type MemoryDb } from './host-db.ts'
import type { Rows } from './rows.ts'
import type { Statements } from './statements.ts'
import type { Turns } from './turns.ts'

/** Runs one statement of a scope: alone, or inside its transaction. */
export type Run = <R>(statement: (statements: Statements, tell: (notice: Notice) => void) => R) => Promise<R>

/** What `TenantScope` and `SystemScope` have in common. */
export interface Scope<T extends TableName, Verbs, More = unknown> {
  readonly records: Records<T>
  readonly verbs: Verbs
  transaction<R>(work: (unit: Unit<T, Verbs, More>) => Promise<R>): Promise<R>
  /** Of a tenant's scope. */
  atOnce(steps: readonly Step[]): Promise<Outcome>
  read<R>(work: (db: MemoryDb) => Promise<R>): Promise<R>
}

export type Unit<T extends TableName, Verbs, More = unknown> = Scope<T, Verbs, More> & {
  readonly db: MemoryDb
} & More

/** One owner's door: its rows, and how a runner becomes records and verbs. */
export interface Door<T extends TableName, Verbs, More = unknown> {
  readonly statements: Statements
  readonly open: (run: Run) => { readonly records: Records<T>; readonly verbs: Verbs }
  /** What a unit of this owner can besides; `enter` opens another owner's unit inside the same part. */
  readonly more: (enter: Enter) => More
}

export type Enter = <T extends TableName, Verbs>(door: Door<T, Verbs>) => Unit<T, Verbs>

/** A transaction in progress. */
export interface Transaction {
  readonly notices: Notice[]
  /** A statement failed: as on a server, nothing more is done before a part, or everything, is taken back. */
  failed: boolean
}

/** Takes the storage, does the work, and keeps or takes back all of it. */
export type Transact = <R>(work: (transaction: Transaction) => R | Promise<R>) => Promise<R>

export interface Workshop {
  readonly rows: Rows
  readonly transact: Transact
  readonly createTurns: () => Turns
  /** The innermost part that the running code is inside of. */
  readonly inside: AsyncLocalStorage<Part>
}

/** A transaction, or a part of one, as those inside of it see it. */
export interface Part {
  isOver(): boolean
  isWithin(other: Part): boolean
  /** A part of it is running. */
  isBusy(): boolean
  /** Waits for the parts that were begun before. */
  pause(): Promise<void>
  open<R>(run: (part: Part) => Promise<R>): Promise<R>
}

export function createScope<T extends TableName, Verbs, More>(
  shop: Workshop,
  door: Door<T, Verbs, More>,
): Scope<T, Verbs, More> {
  const { transact } = shop
  const scope: Scope<T, Verbs, More> = {
    ...door.open((statement) =>
      transact(({ notices }) => statement(door.statements, (notice) => notices.push(notice))),
    ),
    transaction: (work) =>
      transact((transaction) =>
        runPart(shop, transaction, undefined, (whole) => work(createUnit(shop, door, transaction, whole))),
      ),
    atOnce: (steps) => stepByStep(scope as unknown as TenantScope, steps),
    read: async (work) => work(hostDb),
  }
  return scope
}

function createUnit<T extends TableName, Verbs, More>(
  shop: Workshop,
  door: Door<T, Verbs, More>,
  transaction: Transaction,
  part: Part,
): Unit<T, Verbs, More> {
  /** The part that the running code is inside of: waiting for it would be waiting for oneself. */
  const calling = (): Part | undefined => {
    const current = shop.inside.getStore()
    return current && !current.isOver() && current.isWithin(part) ? current : undefined
  }
  const run: Run = async (statement) => {
    // what is written beside a running part would be taken back with it
    if (part.isBusy() && !calling()) await part.pause()
    if (part.isOver() || transaction.failed) throw new FreeholdError('TRANSACTION_LOST')
    try {
      return statement(door.statements, (notice) => transaction.notices.push(notice))
    } catch (error) {
      // what is refused before it reaches a database does no harm to the transaction
      if (!FreeholdError.is(error, 'INPUT_INVALID')) transaction.failed = true
      throw error
    }
  }
  const unit: Unit<T, Verbs, More> = {
    ...door.open(run),
    ...door.more((other) => createUnit(shop, other, transaction, part)),
    db: hostDb,
    atOnce: (steps) => stepByStep(unit as unknown as TenantScope, steps),
    read: async (work) => work(hostDb),
    async transaction<R>(work: (unit: Unit<T, Verbs, More>) => Promise<R>): Promise<R> {
      const parent = calling() ?? part
      return parent.open((inner) => work(createUnit(shop, door, transaction, inner)))
    },
  }
  return unit
}

/** Runs `work` as a part of the transaction: when it rejects, what it wrote is taken back. */
async function runPart<R>(
  shop: Workshop,
  transaction: Transaction,
  parent: Part | undefined,
  work: (part: Part) => Promise<R>,
): Promise<R> {
  const { rows, inside } = shop
  const turns = shop.createTurns()
  let ended = false
  const check = (): void => {
    if (part.isOver() || transaction.failed) throw new FreeholdError('TRANSACTION_LOST')
  }
  const part: Part = {
    isOver: () => ended || (parent?.isOver() ?? false),
    isWithin: (other) => parent === other || (parent?.isWithin(other) ?? false),
    isBusy: () => turns.taken,
    async pause() {
      const end = await turns.take()
      end()
    },
    async open(run) {
      const end = await turns.take()
      try {
        check()
        return await runPart(shop, transaction, part, run)
      } finally {
        end()
      }
    },
  }

  const mark = rows.mark()
  const told = transaction.notices.length
  try {
    const result = await inside.run(part, () => work(part))
    // parts that nobody waited for belong to it too
    await part.pause()
    check()
    return result
  } catch (error) {
    if (!part.isOver()) {
      rows.takeBack(mark)
      transaction.notices.length = told
      transaction.failed = false
    }
    throw error
  } finally {
    ended = true
  }
}
