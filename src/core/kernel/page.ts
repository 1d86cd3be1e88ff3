// Lists come in pages. A cursor is opaque to the host: the order columns of the last row, in canonical base64url.

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
