// Whether conditions can hold at all. It finds what excludes itself on its face: two values at one path, an empty range, a
// time that has passed. What it does not find may still never hold.

import { FreeholdError } from '../../kernel/errors.ts'
import { isReference } from '../condition-operands.ts'
import { type ConditionNode, type Conditions, parseConditions, type Test } from '../condition-tree.ts'
import { equal, FAILS, momentOf, order, type Scalar } from '../condition-values.ts'
import { checkConditions } from '../conditions.ts'

/** `now` in milliseconds. What cannot be read never holds. */
export function neverHolds(conditions: Conditions, now: number): boolean {
  try {
    return isNever(parseConditions(checkConditions(conditions, 'conditions')), now)
  } catch (error) {
    if (FreeholdError.is(error, 'CONDITION_INVALID')) return true
    throw error
  }
}

function isNever(node: ConditionNode, now: number): boolean {
  switch (node.kind) {
    case 'unknown':
      return true
    case 'or':
      return node.nodes.every((one) => isNever(one, now))
    case 'and':
      return node.nodes.some((one) => isNever(one, now)) || excludesItself(flat(node.nodes), now)
    case 'not':
      return false
    default:
      return excludesItself([node], now)
  }
}

/** Those of inner $and among them. */
function flat(nodes: readonly ConditionNode[]): readonly ConditionNode[] {
  return nodes.flatMap((node) => (node.kind === 'and' ? flat(node.nodes) : [node]))
}

function excludesItself(nodes: readonly ConditionNode[], now: number): boolean {
  const paths = new Map<string, Test[]>()
  const absent = new Set<string>()
  for (const node of nodes) {
    if (node.kind === 'not' && node.node.kind === 'test' && node.node.operator === '$exists') absent.add(node.node.path)
    if (node.kind !== 'test') continue
    const others = paths.get(node.path)
    if (others) others.push(node)
    else paths.set(node.path, [node])
  }
  return [...paths].some(([path, tests]) => absent.has(path) || cannotBe(path, tests, now))
}

/** The values that a path may have. Undefined: any. */
function valuesOf(path: string, tests: readonly Test[]): readonly Scalar[] | undefined {
  // a principal that is not active is allowed nothing
  let values: readonly Scalar[] | undefined = path === 'principal.status' ? ['active'] : undefined
  for (const test of tests) {
    const named = namedBy(test)
    if (!named) continue
    const before: readonly Scalar[] | undefined = values
    values = before ? before.filter((value) => named.some((other) => equal(value, other) !== FAILS)) : named
  }
  return values
}

function namedBy({ operator, operand }: Test & { readonly operand?: unknown }): readonly Scalar[] | undefined {
  if (operator === '$eq') return isReference(operand) ? undefined : [operand as Scalar]
  if (operator !== '$in' || !Array.isArray(operand)) return undefined
  return operand.some(isReference) ? undefined : (operand as Scalar[])
}

function cannotBe(path: string, tests: readonly Test[], now: number): boolean {
  const values = valuesOf(path, tests)
  if (values?.length === 0) return true
  const bounds = tests.flatMap((test) => boundOf(test))
  if (values) return values.every((value) => bounds.some((bound) => !isInside(value, bound)))
  if (path === 'context.time' && bounds.some((bound) => isPast(bound, now))) return true
  return bounds.some((low) => low.side === 'low' && bounds.some((high) => high.side === 'high' && isEmpty(low, high)))
}

interface Bound {
  readonly side: 'low' | 'high'
  readonly value: Scalar
  /** The bound itself is outside. */
  readonly strict: boolean
}

function boundOf(test: Test): Bound[] {
  const { operator } = test
  if (operator !== '$lt' && operator !== '$lte' && operator !== '$gt' && operator !== '$gte') return []
  if (isReference(test.operand)) return []
  const side = operator.startsWith('$g') ? 'low' : 'high'
  return [{ side, value: test.operand as Scalar, strict: !operator.endsWith('e') }]
}

function isInside(value: Scalar, { side, value: bound, strict }: Bound): boolean {
  const place = order(value, bound)
  // what cannot be compared is not known, and so does not hold
  if (place === undefined || Number.isNaN(place)) return false
  if (place === 0) return !strict
  return side === 'low' ? place > 0 : place < 0
}

function isEmpty(low: Bound, high: Bound): boolean {
  const place = order(low.value, high.value)
  if (place === undefined || Number.isNaN(place)) return true
  return place > 0 || (place === 0 && (low.strict || high.strict))
}

function isPast({ side, value }: Bound, now: number): boolean {
  const moment = momentOf(value)
  return side === 'high' && moment !== undefined && moment <= now
}
