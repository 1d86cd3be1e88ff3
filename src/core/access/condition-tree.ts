// Conditions, taken apart: what is written in several ways is one thing here. The closures of a check and the SQL of a
// filter are both made of it, so that they cannot read the same text differently.

import { isPlainObject } from '../kernel/input.ts'
import { readDuration } from './condition-moments.ts'
import { isReference, type Operand, type Reference } from './condition-operands.ts'
import type { TimeWindow } from './condition-windows.ts'

/** As they are written and stored. */
export type Conditions = Readonly<Record<string, unknown>>

/** One thing that is asked of what stands at a path. */
export type Test = { readonly kind: 'test'; readonly path: string } & (
  | { readonly operator: '$eq'; readonly operand: Operand }
  | { readonly operator: '$in'; readonly operand: readonly Operand[] | Reference }
  | { readonly operator: OrderOperator; readonly operand: Operand }
  | { readonly operator: '$startsWith'; readonly operand: string | Reference }
  | { readonly operator: '$contains'; readonly operand: Operand }
  | { readonly operator: '$exists' }
  | { readonly operator: '$cidr'; readonly operand: readonly string[] | Reference }
  | { readonly operator: '$timeBetween'; readonly operand: TimeWindow }
  /** Milliseconds. */
  | { readonly operator: '$withinLast'; readonly operand: number }
)
export type OrderOperator = '$lt' | '$lte' | '$gt' | '$gte'

export type ConditionNode =
  | Test
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly ConditionNode[] }
  | { readonly kind: 'not'; readonly node: ConditionNode }
  /** What this code cannot read: it is never known. */
  | { readonly kind: 'unknown' }

/** Of conditions that `checkConditions` answered. */
export function parseConditions(conditions: Conditions): ConditionNode {
  return all(Object.entries(conditions).flatMap(([key, value]) => parseEntry(key, value)))
}

function parseEntry(key: string, value: unknown): readonly ConditionNode[] {
  switch (key) {
    case '$and':
      return (value as Conditions[]).map(parseConditions)
    case '$or':
      return [any((value as Conditions[]).map(parseConditions))]
    case '$not':
      return [not(parseConditions(value as Conditions))]
  }
  if (!isPlainObject(value) || isReference(value)) return [parseTest(key, '$eq', value)]
  return Object.entries(value).map(([operator, operand]) => parseTest(key, operator, operand))
}

function parseTest(path: string, operator: string, operand: unknown): ConditionNode {
  switch (operator) {
    case '$ne':
      return not(parseTest(path, '$eq', operand))
    case '$nin':
      return not(parseTest(path, '$in', operand))
    case '$not':
      return not(all(Object.entries(operand as Conditions).map(([name, inner]) => parseTest(path, name, inner))))
    case '$exists': {
      const test = { kind: 'test', path, operator } as const
      return operand === true ? test : not(test)
    }
    case '$cidr':
      return { kind: 'test', path, operator, operand: typeof operand === 'string' ? [operand] : (operand as Reference) }
    case '$withinLast':
      return { kind: 'test', path, operator, operand: readDuration(operand)! }
  }
  return { kind: 'test', path, operator, operand } as Test
}

function all(nodes: readonly ConditionNode[]): ConditionNode {
  return nodes.length === 1 ? nodes[0]! : { kind: 'and', nodes }
}

function any(nodes: readonly ConditionNode[]): ConditionNode {
  return nodes.length === 1 ? nodes[0]! : { kind: 'or', nodes }
}

function not(node: ConditionNode): ConditionNode {
  return node.kind === 'not' ? node.node : { kind: 'not', node }
}
