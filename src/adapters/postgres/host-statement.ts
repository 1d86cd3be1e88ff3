// The host's own statement, inside a batch of ours: node-postgres' Query does the work, so that values and rows are
// converted exactly as they are everywhere else in the host's program.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Answer } from './link.ts'
import type { PgQuery, PgQueryClass, PgResult, Wire } from './wire.ts'

export class HostStatement {
  readonly query: PgQuery
  #error: unknown
  #result: PgResult | undefined

  constructor(client: object, text: string, values: readonly unknown[]) {
    const { Query } = client.constructor as { Query?: PgQueryClass }
    if (!Query) {
      throw new FreeholdError('CONFIG_INVALID', {
        option: 'pool',
        problem: 'its clients are not those of pg (pg-native?)',
      })
    }
    this.query = new Query(
      { text, values: [...values], queryMode: 'extended', types: client },
      undefined,
      (error, result) => {
        this.#error ??= error ?? undefined
        this.#result = result
      },
    )
  }

  /** Writes the statement and its Sync. What the driver refuses to write is told once the server is ready again. */
  submit(wire: Wire): void {
    const refused = this.query.submit(wire)
    if (!refused) return
    this.#error = refused
    wire.sync()
  }

  /** What came of it; asked when the server is ready again. */
  outcome(): { error: unknown; answer?: Answer } {
    if (this.#error) return { error: notSent(this.#error) }
    const { rows = [], command, rowCount } = this.#result ?? {}
    return { error: undefined, answer: { rows, command: command ?? '', count: rowCount ?? 0 } }
  }
}

/** A value that cannot be sent, or a row that a parser of the host's cannot read. */
function notSent(cause: unknown): FreeholdError {
  return new FreeholdError('STORAGE_FAILED', { sqlstate: '22000' }, { cause })
}
