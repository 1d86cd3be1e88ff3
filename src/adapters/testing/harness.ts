// What an adapter must offer to sit the exam, and what it is asked.

import type { Storage, StorageTraits, TenantRef } from '../../core/storage/storage.ts'

/** One adapter under examination, on a migrated database that nobody else uses. */
export interface ExamHarness {
  readonly traits: StorageTraits
  /** An open storage; whoever opens it closes it. Every one sees the same database (in memory: its own). */
  open(): Promise<Storage>
  /** A tenant nobody used before. It need not have a row in `tenants`. */
  tenant(): Promise<TenantRef>
  /**
   * Lets so many milliseconds pass on the database's clock. Where that clock cannot be set, shift the times in all
   * tenants' rows back by as much, as a role behind no wall.
   */
  elapse(ms: number): Promise<void>
  close(): Promise<void>
}

/** One question. It does not know a test framework: `run` rejects when the answer is wrong. */
export interface ExamCase {
  readonly group: string
  readonly name: string
  /** Why an adapter with these traits cannot be asked; undefined: it can. */
  skip(traits: StorageTraits): string | undefined
  /** Asks as one tenant, again as another beside the first, and then in a race where there is one. */
  run(harness: ExamHarness): Promise<void>
}
