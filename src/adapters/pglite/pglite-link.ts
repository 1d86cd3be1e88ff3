// The link over PGlite: one connection, so one transaction after the other. PGlite's session is a superuser's, for
// whom no wall stands; every transaction therefore begins by becoming freehold_app until it ends.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { isId } from '../../core/kernel/ids.ts'
import type { MigrationConnection } from '../../migrations/index.ts'
import { quoteName } from '../../migrations/target.ts'
import { BEGIN, type Exchange, LEAVE, type Opening } from '../postgres/carrier.ts'
import { translate } from '../postgres/errors.ts'
import type { Answer, Ear, Link, Statement, Unit } from '../postgres/link.ts'
import { createTurns } from '../postgres/turns.ts'
import { runAll, runUnit } from '../postgres/unit-of-work.ts'
import type { PgliteDatabase, PgliteQueries } from './engine.ts'
import { createPrepare, type Prepare } from './statements.ts'

export interface PgliteLinkOptions {
  readonly open: () => Promise<PgliteDatabase>
  /** Whether `close` closes the instance. */
  readonly owned: boolean
  readonly acquireTimeoutMs: number
}

interface Opened {
  readonly database: PgliteDatabase
  readonly prepare: Prepare
}

/** A transaction that waits to be told how it ends. */
interface Open {
  readonly queries: PgliteQueries
  commit(): Promise<void>
  rollBack(): Promise<void>
}

export class PgliteLink implements Link {
  readonly #options: PgliteLinkOptions
  readonly #turns = createTurns()
  readonly #listening = new Set<() => Promise<void>>()
  #opening: Promise<Opened> | undefined
  #closed = false

  constructor(options: PgliteLinkOptions) {
    this.#options = options
  }

  async one(tenantId: string | null, statement: Statement, before?: Statement): Promise<Answer> {
    const { prepare } = await this.#open()
    const stage = this.#stage(tenantId)
    const sayBefore = before && prepare(before)
    const say = prepare(statement)
    const open = await this.#begin()
    try {
      await open.queries.exec(stage.text)
      await sayBefore?.(open.queries)
      const answer = await say(open.queries)
      await open.commit()
      return answer
    } catch (error) {
      await open.rollBack()
      throw translate(error, statement)
    }
  }

  all(tenantId: string, statements: readonly Statement[]): Promise<Answer> {
    return this.#lent(tenantId, (opening, exchange) => runAll(opening, exchange, statements))
  }

  unit<R>(tenantId: string | null, work: (unit: Unit) => Promise<R>): Promise<R> {
    return this.#lent(tenantId, (opening, exchange) => runUnit(opening, exchange, work))
  }

  async #lent<R>(tenantId: string | null, run: (opening: Opening, exchange: Exchange) => Promise<R>): Promise<R> {
    const { prepare } = await this.#open()
    let open: Open | undefined
    const perform = async (statement: Statement, say: ReturnType<Prepare>): Promise<Answer> => {
      if (statement === BEGIN) {
        open = await this.#begin()
        return DONE
      }
      if (!open) throw new FreeholdError('TRANSACTION_LOST')
      switch (statement.name) {
        case ENTER:
          await open.queries.exec(statement.text)
          return DONE
        case 'commit':
          await open.commit()
          return { ...DONE, command: 'COMMIT' }
        case 'rollback':
          await open.rollBack()
          return { ...DONE, command: 'ROLLBACK' }
        default:
          return say(open.queries)
      }
    }
    const exchange = async (statements: readonly Statement[]): Promise<Answer> => {
      // first of all, so that a value that cannot be sent leaves nothing half said
      const ready = statements.map((statement) => [statement, prepare(statement)] as const)
      let answer: Answer = DONE
      const gathered: Answer['rows'] = []
      const ends: number[] = []
      try {
        for (const [statement, say] of ready) {
          answer = await perform(statement, say)
          if (statement.gathered) ends.push(gathered.push(...answer.rows))
        }
        return ends.length > 0 ? { ...answer, rows: gathered, ends } : answer
      } catch (error) {
        throw translate(error, statements.at(-1))
      }
    }
    const statements = [BEGIN, this.#stage(tenantId)]
    return run({ tenantId, enter: (other) => this.#enter(other), statements }, exchange)
  }

  async listen(channel: string, ear: Ear): Promise<() => Promise<void>> {
    const { database } = await this.#open()
    try {
      const unlisten = await database.listen(quoteName(channel), (payload) => ear.onPayload(payload))
      let stopped: Promise<void> | undefined
      const stop = (): Promise<void> => {
        this.#listening.delete(stop)
        stopped ??= unlisten()
        return stopped
      }
      this.#listening.add(stop)
      return stop
    } catch (error) {
      throw translate(error)
    }
  }

  /** Statements as the superuser that PGlite is, outside any transaction; nobody else comes between them before `end`. */
  async connect(): Promise<MigrationConnection> {
    const { database } = await this.#open()
    const end = await this.#turn()
    return {
      async query(text, values) {
        const result = values ? await database.query(text, [...values]) : (await database.exec(text)).at(-1)
        return (result?.rows ?? []) as Record<string, unknown>[]
      },
      end: async () => end(),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const opened = await this.#opening?.catch(() => undefined)
    if (!opened) return
    if (this.#options.owned) await opened.database.close()
    else await Promise.all([...this.#listening].map((stop) => stop()))
  }

  async #open(): Promise<Opened> {
    if (this.#closed) throw new FreeholdError('CLOSED')
    this.#opening ??= this.#options.open().then((database) => ({ database, prepare: createPrepare(database) }))
    return this.#opening
  }

  /** Begins a transaction; `enter` is for every later change of scope. */
  #stage(tenantId: string | null): Statement {
    const role = 'set local role freehold_app'
    return { name: ENTER, text: tenantId === null ? role : `${role}; ${this.#enter(tenantId).text}` }
  }

  #enter(tenantId: string | null): Statement {
    if (tenantId === null) return LEAVE
    // a script takes no parameters, so nothing but an id may stand in it
    if (!isId(tenantId.toLowerCase())) throw new FreeholdError('ID_INVALID', { field: 'tenant' })
    return { name: ENTER, text: `select freehold.enter_tenant('${tenantId}')` }
  }

  /** @throws POOL_EXHAUSTED when no turn comes in time */
  #turn(): Promise<() => void> {
    return this.#inTime((late) =>
      this.#turns.take().then((end) => {
        if (late()) end()
        return end
      }),
    )
  }

  async #begin(): Promise<Open> {
    const { database } = await this.#open()
    const end = await this.#turn()
    if (this.#closed) {
      end()
      throw new FreeholdError('CLOSED')
    }
    // PGlite's own lock keeps out what the host does with the instance directly, and may be the host's just now
    return this.#inTime(
      (late) =>
        new Promise<Open>((resolve, reject) => {
          const over = database.transaction(async (queries) => {
            if (late()) return
            await new Promise<void>((keep, undo) => {
              resolve({
                queries,
                async commit() {
                  keep()
                  await over
                },
                async rollBack() {
                  undo(ROLLED_BACK)
                  await over.catch(() => undefined)
                },
              })
            })
          })
          over.catch((error: unknown) => reject(translate(error))).finally(end)
        }),
    )
  }

  #inTime<R>(wait: (late: () => boolean) => Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        reject(new FreeholdError('POOL_EXHAUSTED'))
      }, this.#options.acquireTimeoutMs)
      wait(() => late)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer))
    })
  }
}

const ENTER = 'enter'
const ROLLED_BACK = Symbol('rolled back')
const DONE: Answer = { rows: [], command: '', count: 0 }
