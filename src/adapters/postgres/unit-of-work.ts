// A transaction under way, whoever carries its statements. Statements that only set the stage (BEGIN, entering the
// tenant, SAVEPOINT, RELEASE) wait and travel with the next one, so that they cost no round trip of their own.

import { AsyncLocalStorage } from 'node:async_hooks'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Answer, Statement, Unit } from './link.ts'
import { createTurns, type Turns } from './turns.ts'

/** Carries statements to the server, in order and in one round trip; answers for the last. */
export type Exchange = (statements: readonly Statement[]) => Promise<Answer>

// whatever the server's default is: our statements are written for rows that are looked at again once waited for
export const BEGIN: Statement = { name: 'begin', text: 'begin isolation level read committed' }
const COMMIT: Statement = { name: 'commit', text: 'commit' }
const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' }

// The innermost part that the running code is inside of; see Unit.part.
const inside = new AsyncLocalStorage<Part>()

/**
 * Runs `work` as one transaction: commits when it resolves, rolls back when it rejects.
 *
 * @param opening what goes before the first statement; a transaction without statements sends nothing
 * @throws TRANSACTION_LOST when the server did not commit; what `work` or `exchange` throws
 */
export async function runUnit<R>(
  opening: readonly Statement[],
  exchange: Exchange,
  work: (unit: Unit) => Promise<R>,
): Promise<R> {
  const carrier = new Carrier(opening, exchange)
  const whole = new Part(carrier, undefined, 0)
  try {
    const result = await work(whole)
    await whole.end()
    await carrier.commit()
    return result
  } catch (error) {
    whole.cutShort()
    await carrier.rollBack()
    throw error
  }
}

/** Sends one at a time, with what waits to travel along. */
class Carrier {
  /** A statement failed: the server does nothing more before a part, or everything, is rolled back. */
  failed = false
  /** What travels with the next statement. */
  waiting: Statement[]
  /** What was to travel with a statement that was refused before it was sent. */
  #left: Statement[] = []
  readonly #exchange: Exchange
  /** Something has been sent: there is a transaction on the server. */
  #begun = false
  #over = false
  #busy = false
  #queue: (() => void)[] | undefined

  constructor(opening: readonly Statement[], exchange: Exchange) {
    this.waiting = [...opening]
    this.#exchange = exchange
  }

  async send(statement: Statement): Promise<Answer> {
    // taken along now: a savepoint that is set while this one waits for its turn comes after it
    const ahead = this.waiting
    if (ahead.length > 0) this.waiting = []
    if (this.#busy) await this.#turn()
    this.#busy = true
    if (this.#left.length > 0) ahead.unshift(...this.#left.splice(0))
    try {
      if (this.failed || this.#over) throw new FreeholdError('TRANSACTION_LOST')
      const answer = await this.#exchange(ahead.length > 0 ? [...ahead, statement] : [statement])
      this.#begun = true
      if (statement.host && leftTransaction(statement, answer)) throw new FreeholdError('TRANSACTION_LOST')
      return answer
    } catch (error) {
      // what was refused on this side was never sent, and does the transaction no harm
      if (FreeholdError.is(error, 'INPUT_INVALID')) this.#left = ahead
      else {
        this.#begun = true
        this.failed = true
      }
      throw error
    } finally {
      this.#next()
    }
  }

  /** Takes back a statement that still waits; false when it has left. */
  withdraw(statement: Statement): boolean {
    return take(this.waiting, statement) || take(this.#left, statement)
  }

  /** Goes back to a savepoint; what waits came after it, and is forgotten. */
  undo(save: Statement, statements: readonly Statement[]): Promise<unknown> {
    return this.#alone(async () => {
      // it was about to leave when its part failed, and did not
      if (this.#over || this.withdraw(save)) return
      this.#left = []
      await this.#exchange(statements)
      this.failed = false
    })
  }

  commit(): Promise<void> {
    return this.#alone(async () => {
      if (this.failed) throw new FreeholdError('TRANSACTION_LOST')
      this.#over = true
      if (!this.#begun) return
      const { command } = await this.#exchange([COMMIT])
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

  async #alone<R>(step: () => Promise<R>): Promise<R> {
    if (this.#busy) await this.#turn()
    this.#busy = true
    this.waiting.length = 0
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

class Part implements Unit {
  readonly #carrier: Carrier
  readonly #parent: Part | undefined
  readonly #depth: number
  #turns: Turns | undefined
  #ended = false

  constructor(carrier: Carrier, parent: Part | undefined, depth: number) {
    this.#carrier = carrier
    this.#parent = parent
    this.#depth = depth
  }

  readonly send = (statement: Statement): Promise<Answer> => {
    if (this.isOver) return Promise.reject(new FreeholdError('TRANSACTION_LOST'))
    // beside a running part it would stand behind that part's savepoint, and be taken back with it
    if (this.#turns?.busy && !this.#partCalling()) return this.#sendInTurn(this.#turns, statement)
    return this.#carrier.send(statement)
  }

  async #sendInTurn(turns: Turns, statement: Statement): Promise<Answer> {
    const done = await turns.take()
    done()
    if (this.isOver) throw new FreeholdError('TRANSACTION_LOST')
    // before anything else can begin: the next in turn comes a moment later
    return this.#carrier.send(statement)
  }

  /** The part of this one that the running code is inside of: waiting for it would be waiting for oneself. */
  #partCalling(): Part | undefined {
    const current = inside.getStore()
    return current && current !== this && !current.isOver && current.#isWithin(this) ? current : undefined
  }

  async part<R>(work: (part: Unit) => Promise<R>): Promise<R> {
    const calling = this.#partCalling()
    if (calling) return calling.part(work)
    this.#turns ??= createTurns()
    const done = await this.#turns.take()
    try {
      return await this.#run(work)
    } finally {
      done()
    }
  }

  async #run<R>(work: (part: Unit) => Promise<R>): Promise<R> {
    const carrier = this.#carrier
    if (this.isOver || carrier.failed) throw new FreeholdError('TRANSACTION_LOST')
    const part = new Part(carrier, this, this.#depth + 1)
    const { save, release, undo } = savepoint(part.#depth)
    carrier.waiting.push(save)
    try {
      const result = await inside.run(part, () => work(part))
      await part.end()
      if (carrier.failed) throw new FreeholdError('TRANSACTION_LOST')
      if (!carrier.withdraw(save)) carrier.waiting.push(release)
      return result
    } catch (error) {
      part.cutShort()
      // where the savepoint never left, nothing was done after it
      if (!carrier.withdraw(save)) await carrier.undo(save, [undo, release]).catch(() => undefined)
      throw error
    }
  }

  /** Over once the parts that nobody waited for are. */
  async end(): Promise<void> {
    if (this.#turns?.busy) (await this.#turns.take())()
    this.#ended = true
  }

  /** Over now, and every part of it. */
  cutShort(): void {
    this.#ended = true
  }

  get isOver(): boolean {
    return this.#ended || (this.#parent?.isOver ?? false)
  }

  #isWithin(other: Part): boolean {
    const parent = this.#parent
    return parent !== undefined && (parent === other || parent.#isWithin(other))
  }
}

/** Siblings follow each other, so the depth is name enough; the deeper ones are not worth remembering. */
function savepoint(depth: number): { save: Statement; release: Statement; undo: Statement } {
  const named = (verb: string, text: string): Statement =>
    depth <= 3 ? { name: `${verb}_${depth}`, text: `${text} part_${depth}` } : { text: `${text} part_${depth}` }
  return {
    save: named('savepoint', 'savepoint'),
    release: named('release', 'release savepoint'),
    undo: named('undo', 'rollback to savepoint'),
  }
}

/** Takes an item out of a list; false when it is not in it. */
function take<T>(list: T[], item: T): boolean {
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}
