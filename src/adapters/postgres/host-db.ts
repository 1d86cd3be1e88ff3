// The host's query handle: a Kysely whose statements travel in the transaction under way, behind its wall. What
// would leave the transaction, or hold a cursor in it, is refused.

import type { CompiledQuery, DatabaseConnection, Driver, Kysely, QueryResult, TransactionSettings } from 'kysely'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Unit } from './link.ts'
import type { KyselyPackage } from './packages.ts'

/** A handle that is as good as the unit: it throws once that is over. */
export function createHostDb<HostTables>(kysely: KyselyPackage, unit: Unit): Kysely<HostTables> {
  const { Kysely: Handle, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } = kysely
  return new Handle<HostTables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new UnitDriver(unit),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

class UnitDriver implements Driver {
  readonly #unit: Unit

  constructor(unit: Unit) {
    this.#unit = unit
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<UnitConnection> {
    return new UnitConnection(this.#unit)
  }

  /** Kysely's transactions are parts of ours. */
  async beginTransaction(connection: UnitConnection, settings: TransactionSettings): Promise<void> {
    if (settings.isolationLevel !== undefined || settings.accessMode !== undefined) {
      throw refused('a part of a transaction has the isolation level and access mode of the whole')
    }
    await connection.beginPart()
  }

  commitTransaction(connection: UnitConnection): Promise<void> {
    return connection.endPart('keep')
  }

  rollbackTransaction(connection: UnitConnection): Promise<void> {
    return connection.endPart('undo')
  }

  async savepoint(connection: UnitConnection, name: string): Promise<void> {
    await connection.control(`savepoint ${quote(name)}`)
  }

  async rollbackToSavepoint(connection: UnitConnection, name: string): Promise<void> {
    await connection.control(`rollback to savepoint ${quote(name)}`)
  }

  async releaseSavepoint(connection: UnitConnection, name: string): Promise<void> {
    await connection.control(`release savepoint ${quote(name)}`)
  }

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** Commands that would end the transaction behind our back, or open one in it. */
const LEAVES_TRANSACTION =
  /^\s*(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i

class UnitConnection implements DatabaseConnection {
  #unit: Unit
  readonly #outer: Unit
  #part: { end(how: 'keep' | 'undo'): void; readonly ended: Promise<void> } | undefined

  constructor(unit: Unit) {
    this.#unit = unit
    this.#outer = unit
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (LEAVES_TRANSACTION.test(sql))
      throw refused('`tx.db` is inside a transaction; use `tx.transaction` for a part of it')
    const { rows, command, count } = await this.#unit.send({ text: sql, values: parameters, host: true })
    const touched = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
    return touched ? { rows: rows as R[], numAffectedRows: BigInt(count) } : { rows: rows as R[] }
  }

  // biome-ignore lint/correctness/useYield: refused before anything could be yielded
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw refused('a transaction here holds no cursors; page with `limit` and a condition on the key')
  }

  async control(sql: string): Promise<void> {
    await this.#unit.send({ text: sql, host: true })
  }

  /** Opens a part and answers once its turn has come; it stays open until `endPart`. */
  beginPart(): Promise<void> {
    return new Promise((begun, failed) => {
      const ended = this.#outer
        .part(
          (part) =>
            new Promise<void>((keep, undo) => {
              this.#unit = part
              this.#part = { end: (how) => (how === 'keep' ? keep() : undo(UNDONE)), ended: outcome }
              begun()
            }),
        )
        .catch((error: unknown) => {
          if (error !== UNDONE) throw error
        })
      const outcome = ended.finally(() => {
        this.#unit = this.#outer
      })
      outcome.catch(failed)
    })
  }

  async endPart(how: 'keep' | 'undo'): Promise<void> {
    const part = this.#part
    this.#part = undefined
    part?.end(how)
    await part?.ended
  }
}

const UNDONE = Symbol('undone')

function refused(problem: string): FreeholdError {
  return new FreeholdError('INPUT_INVALID', { field: 'db', problem })
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
