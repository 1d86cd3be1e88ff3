// What is remembered, for writes, of what a tenant's principals are read with: each asks whether it is still so, and reads all of
// it only where it is not.

import type { KnownPrincipal, PrincipalKey } from './principals.ts'
import type { TenantBook } from './tenant-book.ts'

export interface BookMemory {
  book(): TenantBook | undefined
  /** Read with this book, however old. */
  principal(key: PrincipalKey): KnownPrincipal | undefined
  /** It is what was committed when it was asked for, `asOf` in milliseconds. */
  keep(book: TenantBook, asOf: number): void
  /** Of one transaction: it is what that has made of it by now. */
  follow?(book: TenantBook): void
}

/**
 * For a transaction of many writes, so that ten thousand roles are not read ten thousand times. No part of it may roll back
 * alone: what is remembered would have the version of what is written next.
 */
export function booksWithin(committed: BookMemory | undefined): BookMemory {
  let own: TenantBook | undefined
  return {
    book: () => own ?? committed?.book(),
    // a transaction reads them as it finds them
    principal: () => undefined,
    keep: () => undefined,
    follow(book) {
      own = book
    },
  }
}
