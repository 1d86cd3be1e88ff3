// The host's query handle: a Kysely whose statements travel in the transaction under way, behind its wall. What
// would leave the transaction, or hold a cursor in it, is refused.

import type { CompiledQuery, DatabaseConnection, Driver, Kysely, QueryResult } from 'kysely'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { withoutLead } from '../../migrations/split.ts'
import { serverError } from './errors.ts'
import type { Answer, Send, Statement, Unit } from './link.ts'
import type { KyselyPackage } from './packages.ts'

/** A handle that is as good as the unit: it throws once that is over. */
export function createHostDb<HostTables>(kysely: KyselyPackage, unit: Pick<Unit, 'send'>): Kysely<HostTables> {
  return createHandle(kysely, (statement) => unit.send(statement), IN_TRANSACTION)
}

/** A handle whose queries are transactions of their own, that change nothing. */
export function createReadDb<HostTables>(
  kysely: KyselyPackage,
  one: (query: Statement, before: Statement) => Promise<Answer>,
): Kysely<HostTables> {
  const send: Send = async (statement) => {
    try {
      return await one(statement, READ_ONLY)
    } catch (error) {
      throw isReadOnly(error) ? refused(READS) : error
    }
  }
  return createHandle(kysely, send, READS)
}

const IN_TRANSACTION = '`tx.db` is inside a transaction; use `tx.transaction` for a part of it'
const READS = 'a read changes nothing and has no transaction; use `transaction`'
const READ_ONLY: Statement = { name: 'read_only', text: "select set_config('transaction_read_only', 'on', true)" }

/** read_only_sql_transaction */
function isReadOnly(error: unknown): boolean {
  return FreeholdError.is(error) && serverError(error.cause)?.code === '25006'
}

function createHandle<HostTables>(kysely: KyselyPackage, send: Send, outside: string): Kysely<HostTables> {
  const { Kysely: Handle, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } = kysely
  return new Handle<HostTables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new HostDriver(send, outside),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

class HostDriver implements Driver {
  readonly #send: Send
  /** Why no transaction begins or ends here. */
  readonly #outside: string

  constructor(send: Send, outside: string) {
    this.#send = send
    this.#outside = outside
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<HostConnection> {
    return new HostConnection(this.#send, this.#outside)
  }

  /**
   * A part that Kysely opens would be one that Freehold's own calls do not know they are inside of: they would wait
   * for its end, and it for theirs.
   */
  async beginTransaction(): Promise<void> {
    throw refused(this.#outside)
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

/** Commands that would end the transaction behind our back, or open one in it. */
const LEAVES_TRANSACTION =
  /^(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i

class HostConnection implements DatabaseConnection {
  readonly #send: Send
  readonly #outside: string

  constructor(send: Send, outside: string) {
    this.#send = send
    this.#outside = outside
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (LEAVES_TRANSACTION.test(withoutLead(sql))) throw refused(this.#outside)
    const { rows, command, count } = await this.#send({ text: sql, values: parameters, host: true })
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
