// The link over a pool of node-postgres. One statement is one batch; a transaction borrows a connection when its
// first statement is sent, and gives it back when it is over.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { Batch } from './batch.ts'
import { BEGIN, type Exchange, LEAVE, type Opening } from './carrier.ts'
import { breaksConnection, isStale, translate } from './errors.ts'
import { createLender, type Lender } from './lender.ts'
import type { Answer, Ear, Link, Statement, Unit } from './link.ts'
import type { Listening } from './listening.ts'
import { runAll, runUnit } from './unit-of-work.ts'
import type { PgClient, PgPool } from './wire.ts'

export interface PoolLinkOptions {
  /** The pool, now or when it is first needed. */
  readonly pool: PgPool | (() => Promise<PgPool>)
  /** False behind a pooler in transaction mode that keeps no prepared statements. */
  readonly namedStatements: boolean
  readonly acquireTimeoutMs: number
  readonly listening: Listening
  /** Ends what was opened here. */
  close(): Promise<void>
}

export class PoolLink implements Link {
  readonly #options: PoolLinkOptions
  #lender: Lender | undefined
  #opening: Promise<Lender> | undefined
  #closed = false

  constructor(options: PoolLinkOptions) {
    this.#options = options
    if (typeof options.pool !== 'function') this.#lender = createLender(options.pool, options.acquireTimeoutMs)
  }

  one(tenantId: string | null, statement: Statement, before?: Statement): Promise<Answer> {
    const statements = before ? [before, statement] : [statement]
    if (tenantId !== null) statements.unshift(this.#enter(tenantId))
    return new Promise((resolve, reject) => {
      const answer: Settle = { resolve, reject }
      if (this.#lender && !this.#closed) this.#send(this.#lender, statements, answer, true)
      else this.#open().then((lender) => this.#send(lender, statements, answer, true), reject)
    })
  }

  /** @param again what the connection remembered may be stale: nothing has run then, and it is sent once more */
  #send(lender: Lender, statements: readonly Statement[], answer: Settle, again: boolean): void {
    lender.lend((error, client) => {
      if (!client) return answer.reject(translate(error))
      const done = (failure: unknown, found?: Answer): void => {
        lender.takeBack(client, failure)
        if (found) answer.resolve(found)
        else if (again && isStale(failure)) this.#send(lender, statements, answer, false)
        else answer.reject(translate(failure, statements.at(-1)))
      }
      submit(client, statements, this.#options.namedStatements, done)
    })
  }

  async all(tenantId: string, statements: readonly Statement[]): Promise<Answer> {
    const once = () => this.#lent(tenantId, (opening, exchange) => runAll(opening, exchange, statements))
    try {
      return await once()
    } catch (error) {
      // what the connection remembered was stale: all of it was rolled back
      if (error instanceof Error && isStale(error.cause)) return once()
      throw error
    }
  }

  unit<R>(tenantId: string | null, work: (unit: Unit) => Promise<R>): Promise<R> {
    return this.#lent(tenantId, (opening, exchange) => runUnit(opening, exchange, work))
  }

  /** On one connection, which is borrowed when the first statement is sent. */
  async #lent<R>(tenantId: string | null, run: (opening: Opening, exchange: Exchange) => Promise<R>): Promise<R> {
    const lender = this.#lender && !this.#closed ? this.#lender : await this.#open()
    const { namedStatements } = this.#options
    let borrowing: Promise<PgClient> | undefined
    let client: PgClient | undefined
    let broken: unknown
    const say = (lent: PgClient, statements: readonly Statement[]): Promise<Answer> =>
      new Promise((resolve, reject) => {
        submit(lent, statements, namedStatements, (error, found) => {
          if (!found) {
            if (breaksConnection(error)) broken ??= error
            reject(translate(error, statements.at(-1)))
          } else if (statements.at(-1)?.host && lent.getTransactionStatus?.() === 'I') {
            // the host's SQL ended the transaction behind our back
            reject(new FreeholdError('TRANSACTION_LOST'))
          } else resolve(found)
        })
      })
    const exchange = (statements: readonly Statement[]): Promise<Answer> => {
      if (client) return say(client, statements)
      borrowing ??= borrow(lender)
      return borrowing.then((lent) => {
        client = lent
        return say(lent, statements)
      })
    }
    try {
      const statements = tenantId === null ? [BEGIN] : [BEGIN, this.#enter(tenantId)]
      return await run({ tenantId, enter: (other) => this.#enter(other), statements }, exchange)
    } finally {
      if (client) lender.takeBack(client, broken)
    }
  }

  listen(channel: string, ear: Ear): Promise<() => Promise<void>> {
    if (this.#closed) return Promise.reject(new FreeholdError('CLOSED'))
    return this.#options.listening.listen(channel, ear)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#options.listening.close()
    await this.#options.close()
  }

  #enter(tenantId: string | null): Statement {
    return tenantId === null ? LEAVE : { name: 'enter_tenant', text: ENTER, values: [tenantId] }
  }

  async #open(): Promise<Lender> {
    if (this.#closed) throw new FreeholdError('CLOSED')
    const { pool, acquireTimeoutMs } = this.#options
    this.#opening ??= (typeof pool === 'function' ? pool() : Promise.resolve(pool)).then((opened) => {
      this.#lender = createLender(opened, acquireTimeoutMs)
      return this.#lender
    })
    return this.#opening
  }
}

/** The functions are in `freehold`, wherever the tables are. */
const ENTER = 'select freehold.enter_tenant($1)'

interface Settle {
  resolve(answer: Answer): void
  reject(error: unknown): void
}

function borrow(lender: Lender): Promise<PgClient> {
  return new Promise((resolve, reject) => {
    lender.lend((error, client) => (client ? resolve(client) : reject(translate(error))))
  })
}

function submit(
  client: PgClient,
  statements: readonly Statement[],
  named: boolean,
  done: (error: unknown, answer?: Answer) => void,
): void {
  try {
    client.query(new Batch(statements, client, named, done))
  } catch (error) {
    done(error)
  }
}
