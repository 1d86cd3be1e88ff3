// A transaction under way, whoever carries its statements, and its parts: each rolls back alone, with all that waits
// to be sent for it.

import { AsyncLocalStorage } from 'node:async_hooks'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { Carrier, type Exchange, type Opening, type Owner } from './carrier.ts'
import type { Addressed, Answer, Statement, Unit } from './link.ts'
import { createTurns, type Turns } from './turns.ts'

// The innermost part that the running code is inside of; see Unit.part.
const inside = new AsyncLocalStorage<Part>()

/**
 * Runs `work` as one transaction: commits when it resolves, rolls back when it rejects. One without statements sends
 * nothing.
 *
 * @throws TRANSACTION_LOST when the server did not commit; what `work` or `exchange` throws
 */
export async function runUnit<R>(opening: Opening, exchange: Exchange, work: (unit: Unit) => Promise<R>): Promise<R> {
  const carrier = new Carrier(opening, exchange)
  const whole = new Part(carrier, undefined, 0, opening.tenantId)
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

/** Runs statements as one transaction, in one exchange. @throws as runUnit */
export async function runAll(opening: Opening, exchange: Exchange, statements: readonly Statement[]): Promise<Answer> {
  const carrier = new Carrier(opening, exchange)
  try {
    return await carrier.all(statements)
  } catch (error) {
    await carrier.rollBack()
    throw error
  }
}

class Part implements Unit, Owner {
  readonly #carrier: Carrier
  readonly #parent: Part | undefined
  readonly #depth: number
  readonly #tenantId: string | null
  #turns: Turns | undefined
  /** Riders that came while a part was running. */
  readonly #beside: { readonly tenantId: string | null; readonly statement: Statement }[] = []
  #ended = false

  constructor(carrier: Carrier, parent: Part | undefined, depth: number, tenantId: string | null) {
    this.#carrier = carrier
    this.#parent = parent
    this.#depth = depth
    this.#tenantId = tenantId
  }

  readonly send = (statement: Statement): Promise<Answer> => this.sendAs(this.#tenantId, statement)

  ride(statement: Statement): void {
    this.rideAs(this.#tenantId, statement)
  }

  as(tenantId: string | null): Unit {
    return new View(this, tenantId)
  }

  async gather(statements: readonly Addressed[]): Promise<Answer> {
    const last = statements.at(-1)
    if (!last) return { rows: [], command: '', count: 0 }
    return this.sendAs(last.tenantId, last.statement, statements.slice(0, -1))
  }

  sendAs(tenantId: string | null, statement: Statement, before: readonly Addressed[] = []): Promise<Answer> {
    if (this.isOver) return Promise.reject(new FreeholdError('TRANSACTION_LOST'))
    if (!this.#turns?.busy) return this.#carrier.send(this, tenantId, statement, before)
    // beside a running part it would stand behind that part's savepoint, and be taken back with it
    const calling = this.#partCalling()
    return calling
      ? calling.sendAs(tenantId, statement, before)
      : this.#sendInTurn(this.#turns, tenantId, statement, before)
  }

  rideAs(tenantId: string | null, statement: Statement): void {
    if (this.isOver) throw new FreeholdError('TRANSACTION_LOST')
    const calling = this.#turns?.busy ? this.#partCalling() : this
    if (calling === this) this.#carrier.ride(this, tenantId, statement)
    else if (calling) calling.rideAs(tenantId, statement)
    else this.#beside.push({ tenantId, statement })
  }

  async #sendInTurn(
    turns: Turns,
    tenantId: string | null,
    statement: Statement,
    before: readonly Addressed[],
  ): Promise<Answer> {
    const done = await turns.take()
    done()
    if (this.isOver) throw new FreeholdError('TRANSACTION_LOST')
    // before anything else can begin: the next in turn comes a moment later
    this.#board()
    return this.#carrier.send(this, tenantId, statement, before)
  }

  /** What was to ride and had to let a part end first. Where the carrier failed there is nothing left to ride with. */
  #board(): void {
    const riders = this.#beside.splice(0)
    if (this.isOver || this.#carrier.failed) return
    for (const { tenantId, statement } of riders) this.#carrier.ride(this, tenantId, statement)
  }

  /** The part of this one that the running code is inside of: waiting for it would be waiting for oneself. */
  #partCalling(): Part | undefined {
    const current = inside.getStore()
    return current && current !== this && !current.isOver && current.isWithin(this) ? current : undefined
  }

  async part<R>(work: (part: Unit) => Promise<R>): Promise<R> {
    const calling = this.#partCalling()
    if (calling) return calling.part(work)
    this.#turns ??= createTurns()
    const done = await this.#turns.take()
    try {
      return await this.#run(work)
    } finally {
      this.#board()
      done()
    }
  }

  async #run<R>(work: (part: Unit) => Promise<R>): Promise<R> {
    const carrier = this.#carrier
    if (this.isOver || carrier.failed) throw new FreeholdError('TRANSACTION_LOST')
    const part = new Part(carrier, this, this.#depth + 1, this.#tenantId)
    const { save, release, undo } = savepoint(part.#depth)
    carrier.mark(part, save)
    try {
      const result = await inside.run(part, () => work(part))
      await part.end()
      if (carrier.failed) throw new FreeholdError('TRANSACTION_LOST')
      if (!carrier.forgo(save)) carrier.mark(this, release)
      return result
    } catch (error) {
      part.cutShort()
      // where the savepoint never left, nothing was done after it
      if (!carrier.unmark(part, save)) await carrier.undo(part, save, [undo, release]).catch(() => undefined)
      throw error
    }
  }

  /** Over once the parts that nobody waited for are. */
  async end(): Promise<void> {
    if (this.#turns?.busy) (await this.#turns.take())()
    this.#board()
    this.#ended = true
  }

  /** Over now, and every part of it. */
  cutShort(): void {
    this.#ended = true
  }

  get isOver(): boolean {
    return this.#ended || (this.#parent?.isOver ?? false)
  }

  /** True of the part itself, and of the parts of it. */
  isWithin(other: Owner): boolean {
    return this === other || (this.#parent?.isWithin(other) ?? false)
  }
}

/** A part, seen from another tenant's scope. */
class View implements Unit {
  readonly #part: Part
  readonly #tenantId: string | null

  constructor(part: Part, tenantId: string | null) {
    this.#part = part
    this.#tenantId = tenantId
  }

  readonly send = (statement: Statement): Promise<Answer> => this.#part.sendAs(this.#tenantId, statement)

  ride(statement: Statement): void {
    this.#part.rideAs(this.#tenantId, statement)
  }

  gather(statements: readonly Addressed[]): Promise<Answer> {
    return this.#part.gather(statements)
  }

  as(tenantId: string | null): Unit {
    return this.#part.as(tenantId)
  }

  part<R>(work: (part: Unit) => Promise<R>): Promise<R> {
    return this.#part.part((part) => work(part.as(this.#tenantId)))
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
