// Which rows may this principal act on? The answer of a check for rows that are still in the database: all of them,
// none, or those that meet a condition.

import type { FilterCondition } from './filter-formula.ts'

/** `always`: every row. `never`: no row; the query can be left out. */
export type Filter =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'conditional'; readonly where: FilterCondition }
