// What a filter says of a row, in two values: a row is in or out. What is not known has been decided by then, as a
// check decides it, so that whoever turns this into a query needs no third value and no `not`.

import type { OrderOperator } from './condition-tree.ts'
import type { WindowFrame } from './condition-windows.ts'

/**
 * What a column holds, and as what a check is told of it: `text` and `uuid` are texts, `integer`, `double` and `numeric` are
 * numbers, `time` is a Date, `json` what JSON.parse makes of it, `inet` an address as text, and the last three are lists.
 */
export type ColumnType =
  | 'text'
  | 'uuid'
  | 'integer'
  | 'double'
  | 'numeric'
  | 'boolean'
  | 'time'
  | 'json'
  | 'inet'
  | 'text[]'
  | 'uuid[]'
  | 'integer[]'

/** What stands in a column, or in JSON under these keys, one inside the other. */
export interface FilterColumn {
  readonly kind: 'column'
  /** The name under which conditions know it. */
  readonly name: string
  readonly type: ColumnType
  readonly keys: readonly string[]
}

/** A value that is the same for every row. */
export interface FilterValue {
  readonly kind: 'value'
  readonly value: unknown
}

export type FilterTerm = FilterColumn | FilterValue

/** What is asked of a row. At least one of the terms is a column. */
export type FilterQuestion =
  | {
      readonly operator: '$eq' | OrderOperator | '$startsWith' | '$contains'
      readonly left: FilterTerm
      readonly right: FilterTerm
    }
  /** One of several values, or one of what is in a list. */
  | { readonly operator: '$in'; readonly left: FilterTerm; readonly right: FilterTerm | readonly unknown[] }
  /** Two ids that stand side by side in one of these pairs. */
  | {
      readonly operator: '$pairs'
      readonly left: FilterColumn
      readonly right: FilterColumn
      readonly pairs: readonly (readonly [left: string, right: string])[]
    }
  | { readonly operator: '$exists'; readonly left: FilterColumn }
  /** `open`: there is a network that could not be read, so nobody knows who is in none. */
  | {
      readonly operator: '$cidr'
      readonly left: FilterColumn
      readonly networks: readonly string[]
      readonly open: boolean
    }
  | { readonly operator: '$timeBetween'; readonly left: FilterColumn; readonly window: WindowFrame }
  /** From and to these moments, both included, in milliseconds since 1970. */
  | { readonly operator: '$during'; readonly left: FilterColumn; readonly from: number; readonly to: number }

/** The row is in where the question certainly holds, or where it certainly fails. */
export type FilterTest = { readonly kind: 'test'; readonly sense: 'holds' | 'fails' } & FilterQuestion

export type FilterCondition = FilterTest | { readonly kind: 'and' | 'or'; readonly parts: readonly FilterCondition[] }

export type Formula = { readonly kind: 'always' } | { readonly kind: 'never' } | FilterCondition

export const ALWAYS: Formula = { kind: 'always' }
export const NEVER: Formula = { kind: 'never' }

export function all(formulas: readonly Formula[]): Formula {
  return joined('and', formulas, ALWAYS, NEVER)
}

export function any(formulas: readonly Formula[]): Formula {
  return joined('or', formulas, NEVER, ALWAYS)
}

function joined(kind: 'and' | 'or', formulas: readonly Formula[], neutral: Formula, decisive: Formula): Formula {
  const parts: FilterCondition[] = []
  for (const formula of formulas) {
    if (formula.kind === decisive.kind) return decisive
    if (formula.kind === neutral.kind) continue
    const part = formula as FilterCondition
    if (part.kind === kind) parts.push(...part.parts)
    else parts.push(part)
  }
  if (parts.length === 0) return neutral
  return parts.length === 1 ? parts[0]! : { kind, parts }
}
