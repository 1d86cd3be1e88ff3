// What travels to the server in a transaction, one thing at a time. Statements that only set the stage (BEGIN, entering
// a tenant, SAVEPOINT, RELEASE) and riders wait and travel with the next one, so that they cost no round trip.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Addressed, Answer, Statement } from './link.ts'

/** Carries statements to the server, in order and in one round trip; answers for the last. */
export type Exchange = (statements: readonly Statement[]) => Promise<Answer>

// whatever the server's default is: our statements are written for rows that are looked at again once waited for
export const BEGIN: Statement = { name: 'begin', text: 'begin isolation level read committed' }
/** No tenant is entered any more. */
export const LEAVE: Statement = {
  name: 'leave_tenant',
  text: "select pg_catalog.set_config('app.current_tenant', '', true)",
}
const COMMIT: Statement = { name: 'commit', text: 'commit' }
const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' }

/** How a transaction begins. */
export interface Opening {
  /** Whose scope it is; null: the system's. */
  readonly tenantId: string | null
  /** Enters a tenant, or leaves (null), until the transaction ends or another is entered. */
  enter(tenantId: string | null): Statement
  /** Goes before the first statement, the entering of `tenantId` included. */
  readonly statements: readonly Statement[]
}

/** A statement that waits to travel. */
interface Waiting {
  readonly statement: Statement
  /** Whose it is: taken back with it. */
  readonly part: Owner | undefined
  /** It does something, so it must be sent even if nothing follows but COMMIT. */
  readonly rider: boolean
}

/** A part of the transaction, as what waits knows it. */
export interface Owner {
  /** True of the part itself, and of the parts of it. */
  isWithin(other: Owner): boolean
}

/** Sends one at a time, with what waits to travel along. */
export class Carrier {
  /** A statement failed: the server does nothing more before a part, or everything, is rolled back. */
  failed = false
  /** What travels with the next statement. */
  #waiting: Waiting[]
  /** What was to travel with a statement that was refused before it was sent: it travels with the next. */
  #left: Waiting[] = []
  readonly #opening: Opening
  readonly #exchange: Exchange
  /** Who is entered once what waits has been sent; undefined: not known. */
  #entered: string | null | undefined
  /** More than one was entered, so that going back to a savepoint may go back to another. */
  #moved = false
  /** Something has been sent: there is a transaction on the server. */
  #begun = false
  #over = false
  #busy = false
  #queue: (() => void)[] | undefined

  constructor(opening: Opening, exchange: Exchange) {
    this.#opening = opening
    this.#waiting = opening.statements.map((statement) => ({ statement, part: undefined, rider: false }))
    this.#entered = opening.tenantId
    this.#exchange = exchange
  }

  /** @param before what goes in the same round trip */
  async send(
    part: Owner,
    tenantId: string | null,
    statement: Statement,
    before: readonly Addressed[] = [],
  ): Promise<Answer> {
    for (const first of before) {
      this.#enter(part, first.tenantId, first.statement)
      this.#waiting.push({ statement: first.statement, part, rider: true })
    }
    this.#enter(part, tenantId, statement)
    // taken along now: a savepoint that is set while this one waits for its turn comes after it
    const along = this.#waiting
    this.#waiting = []
    if (this.#busy) await this.#turn()
    this.#busy = true
    if (this.#left.length > 0) along.unshift(...this.#left.splice(0))
    try {
      if (this.failed || this.#over) throw new FreeholdError('TRANSACTION_LOST')
      const answer = await this.#exchange(along.length > 0 ? [...along.map(textOf), statement] : [statement])
      this.#begun = true
      if (statement.host && leftTransaction(statement, answer)) throw new FreeholdError('TRANSACTION_LOST')
      return answer
    } catch (error) {
      // what was refused on this side was never sent, and does the transaction no harm
      if (FreeholdError.is(error, 'INPUT_INVALID')) this.#left = along
      else this.#fail()
      throw error
    } finally {
      this.#next()
    }
  }

  /** @throws TRANSACTION_LOST when there is nothing left to ride with */
  ride(part: Owner, tenantId: string | null, statement: Statement): void {
    if (this.failed || this.#over) throw new FreeholdError('TRANSACTION_LOST')
    this.#enter(part, tenantId, statement)
    this.#waiting.push({ statement, part, rider: true })
  }

  /** Opens or closes a savepoint with the next statement. */
  mark(part: Owner, statement: Statement): void {
    this.#waiting.push({ statement, part, rider: false })
  }

  /** Takes back what waits to be sent; true when that was all of it, and the server never heard of the savepoint. */
  unmark(part: Owner, save: Statement): boolean {
    const isOf = (waiting: Waiting): boolean => waiting.part?.isWithin(part) ?? false
    const unsent = [...this.#left, ...this.#waiting].some(({ statement }) => statement === save)
    this.#left = this.#left.filter((waiting) => !isOf(waiting))
    this.#waiting = this.#waiting.filter((waiting) => !isOf(waiting))
    if (this.#moved) this.#entered = undefined
    return unsent
  }

  /** The savepoint is not needed: everything after it was done. False when it was sent. */
  forgo(save: Statement): boolean {
    for (const list of [this.#left, this.#waiting]) {
      const at = list.findIndex(({ statement }) => statement === save)
      if (at < 0) continue
      list.splice(at, 1)
      return true
    }
    return false
  }

  /** Goes back to a savepoint. */
  undo(part: Owner, save: Statement, statements: readonly Statement[]): Promise<unknown> {
    return this.#alone(async () => {
      // it was about to leave when its part failed, and did not
      if (this.#over || this.unmark(part, save)) return
      await this.#exchange(statements)
      if (this.#moved) this.#entered = undefined
      this.failed = false
    })
  }

  /** The whole transaction, from its begin to its commit. */
  all(statements: readonly Statement[]): Promise<Answer> {
    return this.#alone(async () => {
      this.#begun = true
      const answer = await this.#exchange([...this.#waiting.splice(0).map(textOf), ...statements, COMMIT])
      this.#over = true
      if (answer.command !== 'COMMIT') throw new FreeholdError('TRANSACTION_LOST')
      return answer
    })
  }

  commit(): Promise<void> {
    return this.#alone(async () => {
      if (this.failed) throw new FreeholdError('TRANSACTION_LOST')
      const waiting = [...this.#left.splice(0), ...this.#waiting.splice(0)]
      const riding = waiting.some(({ rider }) => rider) ? waiting.map(textOf) : []
      this.#over = riding.length === 0
      if (riding.length === 0 && !this.#begun) return
      this.#begun = true
      const { command } = await this.#exchange([...riding, COMMIT])
      this.#over = true
      // COMMIT of a failed transaction succeeds and says ROLLBACK
      if (command !== 'COMMIT') throw new FreeholdError('TRANSACTION_LOST')
    })
  }

  rollBack(): Promise<void> {
    return this.#alone(async () => {
      const needed = this.#begun && !this.#over
      this.#over = true
      // a connection that cannot roll back is broken, and whoever lent it destroys it
      if (needed) await this.#exchange([ROLLBACK]).catch(() => undefined)
    })
  }

  /** Ours name their tenant, and the system's tables have none; the host's own must not see the last one's rows. */
  #enter(part: Owner, tenantId: string | null, { host }: Statement): void {
    if (this.#entered === tenantId || (tenantId === null && !host)) return
    this.#waiting.push({ statement: this.#opening.enter(tenantId), part, rider: false })
    this.#entered = tenantId
    this.#moved = true
  }

  #fail(): void {
    this.#begun = true
    this.failed = true
    if (this.#moved) this.#entered = undefined
  }

  async #alone<R>(step: () => Promise<R>): Promise<R> {
    if (this.#busy) await this.#turn()
    this.#busy = true
    try {
      return await step()
    } finally {
      this.#next()
    }
  }

  #turn(): Promise<void> {
    this.#queue ??= []
    const queue = this.#queue
    return new Promise((resolve) => queue.push(resolve))
  }

  #next(): void {
    const next = this.#queue?.shift()
    if (next) next()
    else this.#busy = false
  }
}

/** The host's SQL ended the transaction behind our back; what came next would stand outside it, and behind no wall. */
function leftTransaction({ text }: Statement, { command }: Answer): boolean {
  return command === 'COMMIT' || (command === 'ROLLBACK' && !/\bto\b/i.test(text))
}

function textOf({ statement }: Waiting): Statement {
  return statement
}
