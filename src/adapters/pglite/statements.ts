// A statement, said to PGlite. Ours are converted by our own codec, so that rows are the same as on a server; the
// host's by PGlite as it is set up.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { RowReader, toParameters } from '../postgres/codec.ts'
import { serverError } from '../postgres/errors.ts'
import type { Answer, Statement } from '../postgres/link.ts'
import type { PgliteDatabase, PgliteQueries, PgliteQueryOptions, PgliteResult } from './engine.ts'

/** Makes a statement ready; what comes back says it and answers. @throws INPUT_INVALID for a value that cannot be sent */
export type Prepare = (statement: Statement) => (to: PgliteQueries) => Promise<Answer>

export function createPrepare(database: PgliteDatabase): Prepare {
  const raw = rawOptions(database)
  return ({ text, values = [], host }) => {
    if (host) return (to) => sayHosts(to, text, values)
    const parameters = toParameters(values)
    return async (to) => {
      const result = await to.query(text, parameters, raw)
      const reader = new RowReader(result.fields)
      const rows = (result.rows as (string | null)[][]).map((row) => reader.read(row))
      return answer(text, result, rows)
    }
  }
}

async function sayHosts(to: PgliteQueries, text: string, values: readonly unknown[]): Promise<Answer> {
  try {
    const result = await to.query(text, [...values])
    return answer(text, result, result.rows as Record<string, unknown>[])
  } catch (error) {
    if (serverError(error)) throw error
    // a value that PGlite cannot send, or a row that a parser of the host's cannot read
    throw new FreeholdError('STORAGE_FAILED', { sqlstate: '22000' }, { cause: error })
  }
}

/** Parameters and rows as PostgreSQL's own texts: whatever the host's parsers do, ours see what the server said. */
function rawOptions(database: PgliteDatabase): PgliteQueryOptions {
  const asIs = <V>(value: V): V => value
  return {
    rowMode: 'array',
    parsers: Object.fromEntries(Object.keys(database.parsers).map((oid) => [oid, asIs])),
    // asked for any type's, it answers the same
    serializers: new Proxy({}, { get: () => asIs }),
  }
}

function answer(text: string, result: PgliteResult, rows: Record<string, unknown>[]): Answer {
  const command = result.command ?? /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? ''
  return { rows, command, count: result.rowCount ?? (result.affectedRows || rows.length) }
}
