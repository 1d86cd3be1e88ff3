// What is believed of an object that a provider tells of: when its word is taken, when it is asked for, when nothing it
// says counts any more. The clock compared here is always the provider's, and believed to the second.

import type { BillingProvider } from '../ports/billing-provider.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'

/** What all snapshots have. */
export interface Snapshot {
  readonly id: string
  readonly customerId: string
  readonly deleted: boolean
  readonly asOf: Date
}

/** What all rows have that mirror one. */
export interface MirrorRow {
  readonly id: string
  readonly status: string
  readonly provider_updated_at: Date
  readonly version: number
  readonly updated_at: Date
  readonly deleted_at: Date | null
}

/** What an event, or a question to the provider, says of an object. */
export interface Facts<S> {
  /** Undefined: the provider has no such object any more. */
  readonly snapshot: S | undefined
  /** The provider was asked, after the event had been claimed. */
  readonly fetched: boolean
  /** The version of the row (0: there was none) as it was seen before the provider was asked. */
  readonly seen?: number
}

export type Verdict =
  /** Newer: write it. */
  | 'apply'
  /** Older, or about what is gone. */
  | 'skip'
  /** The clock does not decide, there is nothing to compare with, or what was answered may be old: ask the provider. */
  | 'fetch'

/**
 * `claimedAt` is on the database's clock, as `updated_at` is: a row that was written before the event was claimed holds
 * what was known before the provider was asked.
 */
export function judge<S extends Snapshot>(row: MirrorRow | undefined, facts: Facts<S>, claimedAt: Date): Verdict {
  const { snapshot, fetched } = facts
  if (row?.deleted_at) return 'skip'
  if (!snapshot) return row ? 'apply' : 'skip'
  if (fetched) return isFresh(row, facts.seen, claimedAt) ? 'apply' : 'fetch'
  if (snapshot.deleted) return 'apply'
  // first sight: it may be late, and what it tells of long gone
  if (!row) return 'fetch'
  const said = second(snapshot.asOf)
  const known = second(row.provider_updated_at)
  if (said === known) return 'fetch'
  return said > known ? 'apply' : 'skip'
}

/** Nobody wrote after the provider was asked: the version says so, or the clock does where there was no time to look. */
function isFresh(row: MirrorRow | undefined, seen: number | undefined, claimedAt: Date): boolean {
  if (seen !== undefined) return seen === versionOf(row)
  return !row || row.updated_at.getTime() < claimedAt.getTime()
}

export function versionOf(row: MirrorRow | undefined): number {
  return row?.version ?? 0
}

/**
 * As of when the facts hold: what was fetched is no older than the event that made us ask, nor than what is known. It
 * may well be newer, and the events that will tell so are newer too.
 */
export function stampOf(row: MirrorRow | undefined, facts: Facts<Snapshot>, occurredAt: Date): Date {
  const times = [occurredAt, facts.snapshot?.asOf, row?.provider_updated_at].flatMap((time) =>
    time ? [second(time)] : [],
  )
  return new Date(Math.max(...times) * 1000)
}

function second(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

/** What every write of a row moves. */
export function moved() {
  return { version: { add: 1 }, updated_at: fromNow() }
}

/** Field -> before and after, as the log has them. */
export type Changes = Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>

/** Whose an object is, and where it is written. */
export interface Place {
  readonly provider: BillingProvider
  readonly unit: TenantUnit
  newId(): string
}

/** One kind of object, as it is kept. */
export interface Ledger<S extends Snapshot, R extends MirrorRow> {
  readonly kind: 'subscription' | 'invoice'
  fetch(provider: BillingProvider, id: string): Promise<S | undefined>
  /** The row, held until the unit of work ends. */
  lock(place: Place, providerId: string): Promise<R | undefined>
  /** Undefined when somebody else was quicker. @throws CUSTOMER_UNKNOWN */
  insert(place: Place, snapshot: S, stamp: Date): Promise<R | undefined>
  /** Writes the row and answers what is different now. */
  update(place: Place, row: R, snapshot: S, stamp: Date): Promise<Changes>
  bury(place: Place, row: R, stamp: Date): Promise<void>
}

/** What differs between a row and the columns about to be written; dates as ISO 8601. */
export function differences<C extends object>(row: { readonly [K in keyof C]?: unknown }, columns: C): Changes {
  const changes: Record<string, { from: unknown; to: unknown }> = {}
  for (const [column, value] of Object.entries(columns)) {
    const from = written(row[column as keyof C])
    const to = written(value)
    if (from !== to) changes[column] = { from, to }
  }
  return changes
}

function written(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : (value ?? null)
}
