// Lists come in pages. A cursor is opaque to the host: the order columns of the last row, in canonical base64url,
// bound to the list that made it.

import { decodeBase64url, encodeBase64url } from './encoding.ts'
import { FreeholdError } from './errors.ts'
import { isId } from './ids.ts'
import { invalid, isPlainText } from './input.ts'

export interface PageRequest {
  /** Items at most, 1 to 200. Default 50. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly cursor?: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** The cursor of the next page, or null when this was the last. */
  readonly next: string | null
}

/** A column that a list is ordered by: a UUID, a text, a whole number, or a moment in milliseconds. */
export type CursorType = 'id' | 'text' | 'number' | 'time'

/**
 * What a list is ordered by, and under which name its cursors are known. Ids are UUIDv7 and sort by creation: prefer
 * `{ id: 'id' }`. A `time` column that the database keeps finer than milliseconds would show a row on two pages.
 */
export interface Listing<Row> {
  /** As `tenants`; part of each cursor, so that no other list takes it. */
  readonly name: string
  /** The order columns and the key, each with its type. */
  readonly columns: { readonly [C in keyof Row & string]?: CursorType }
}

/** What `Records.find` takes for a page: one row more than it holds tells whether another page follows. */
export interface PageQuery<Row> {
  readonly limit: number
  readonly after?: Partial<Row>
}

const DEFAULT_LIMIT = 50
const MAXIMUM_LIMIT = 200
const MAXIMUM_CURSOR = 1024
/** The end of the year 9999. */
const LATEST = 253_402_300_799_999

/**
 * Reads what the caller asked for.
 * @throws INPUT_INVALID (limit), CURSOR_INVALID (malformed, or of another list)
 */
export function pageQuery<Row>(listing: Listing<Row>, request: PageRequest = {}): PageQuery<Row> {
  if (typeof request !== 'object' || request === null) throw invalid('page', 'it is not an object')
  const { limit = DEFAULT_LIMIT } = request
  if (!Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_LIMIT) {
    throw invalid('limit', `it is 1 to ${MAXIMUM_LIMIT}`)
  }
  const { cursor } = request
  return cursor === undefined ? { limit: limit + 1 } : { limit: limit + 1, after: readCursor(listing, cursor) }
}

/** Makes the page of the rows that `find` answered for this query. */
export function pageOf<Row, Item>(
  listing: Listing<Row>,
  query: PageQuery<Row>,
  rows: readonly Row[],
  toItem: (row: Row) => Item,
): Page<Item> {
  const held = rows.slice(0, query.limit - 1)
  const last = rows.length > held.length ? held.at(-1) : undefined
  return { items: held.map(toItem), next: last ? writeCursor(listing, last) : null }
}

/** The cursor of what comes after this row, for a list that is not made by `find`. */
export function writeCursor<Row>(listing: Listing<Row>, row: Row): string {
  const values = columnsOf(listing).map(([column, type]) => {
    const value = row[column]
    return type === 'time' ? (value as Date).getTime() : value
  })
  return encodeBase64url(Buffer.from(JSON.stringify([listing.name, ...values])))
}

function readCursor<Row>(listing: Listing<Row>, cursor: unknown): Partial<Row> {
  const refused = new FreeholdError('CURSOR_INVALID')
  if (typeof cursor !== 'string' || cursor.length > MAXIMUM_CURSOR) throw refused
  const parts = parse(decodeBase64url(cursor))
  const columns = columnsOf(listing)
  if (!parts || parts.length !== columns.length + 1 || parts[0] !== listing.name) throw refused
  const after: Partial<Row> = {}
  for (const [i, [column, type]] of columns.entries()) {
    const value = columnValue(type, parts[i + 1])
    if (value === undefined) throw refused
    after[column] = value as Row[keyof Row & string]
  }
  return after
}

function columnsOf<Row>(listing: Listing<Row>): readonly (readonly [keyof Row & string, CursorType])[] {
  return Object.entries(listing.columns) as [keyof Row & string, CursorType][]
}

function parse(bytes: Uint8Array | undefined): readonly unknown[] | undefined {
  if (!bytes) return undefined
  try {
    const parts: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return Array.isArray(parts) ? parts : undefined
  } catch {
    return undefined
  }
}

function columnValue(type: CursorType, value: unknown): Date | string | number | undefined {
  if (type === 'id') return isId(value) ? value : undefined
  if (type === 'text') return typeof value === 'string' && isPlainText(value) ? value : undefined
  if (!Number.isSafeInteger(value)) return undefined
  if (type === 'number') return value as number
  return (value as number) >= 0 && (value as number) <= LATEST ? new Date(value as number) : undefined
}
