// The host's query handle: a Kysely whose statements travel in the transaction under way, behind its wall. What
// would leave the transaction, or hold a cursor in it, is refused.

import type { CompiledQuery, DatabaseConnection, Driver, Kysely, QueryResult } from 'kysely'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { withoutLead } from '../../migrations/split.ts'
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

  /**
   * A part that Kysely opens would be one that Freehold's own calls do not know they are inside of: they would wait
   * for its end, and it for theirs.
   */
  async beginTransaction(): Promise<void> {
    throw refused('`tx.db` is inside a transaction; use `tx.transaction` for a part of it')
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** Commands that would end the transaction behind our back, or open one in it. */
const LEAVES_TRANSACTION =
  /^(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i

class UnitConnection implements DatabaseConnection {
  readonly #unit: Unit

  constructor(unit: Unit) {
    this.#unit = unit
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (LEAVES_TRANSACTION.test(withoutLead(sql)))
      throw refused('`tx.db` is inside a transaction; use `tx.transaction` for a part of it')
    const { rows, command, count } = await this.#unit.send({ text: sql, values: parameters, host: true })
    const touched = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
    return touched ? { rows: rows as R[], numAffectedRows: BigInt(count) } : { rows: rows as R[] }
  }

  // biome-ignore lint/correctness/useYield: refused before anything could be yielded
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw refused('a transaction here holds no cursors; page with `limit` and a condition on the key')
  }
}

function refused(problem: string): FreeholdError {
  return new FreeholdError('INPUT_INVALID', { field: 'db', problem })
}
