// A statement, said to PGlite. Ours are converted by our own codec, so that rows are the same as on a server; the
// host's by PGlite as it is set up.

import { RowReader, toParameters } from '../postgres/codec.ts'
import type { Answer, Statement } from '../postgres/link.ts'
import type { PgliteDatabase, PgliteQueries, PgliteQueryOptions, PgliteResult } from './engine.ts'

/** Says one statement and answers. @throws what PGlite throws, INPUT_INVALID for a value that cannot be sent */
export type Say = (to: PgliteQueries, statement: Statement) => Promise<Answer>

export function createSay(database: PgliteDatabase): Say {
  const raw = rawOptions(database)
  return async (to, { text, values = [], host }) => {
    if (host) {
      const result = await to.query(text, [...values])
      return answer(text, result, result.rows as Record<string, unknown>[])
    }
    const result = await to.query(text, toParameters(values), raw)
    const reader = new RowReader(result.fields)
    return answer(
      text,
      result,
      (result.rows as (string | null)[][]).map((row) => reader.read(row)),
    )
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
