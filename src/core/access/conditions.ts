// Conditions of a permission: JSON in the database, closures in the process, and nothing evaluated as code.
//
//   { 'resource.owner_id': { $ref: 'principal.id' },        // a plain value or a reference: equals
//     'resource.status': { $in: ['draft', 'review'] },
//     $or: [{ 'principal.department': 'sales' }, { 'context.ip': { $cidr: '10.0.0.0/8' } }] }   // all of them must hold

import { FreeholdError } from '../kernel/errors.ts'
import { isPlainObject } from '../kernel/input.ts'
import { type Condition, compileNode } from './condition-closures.ts'
import {
  checkBound,
  checkDuration,
  checkFlag,
  checkList,
  checkMember,
  checkNetworks,
  checkOperand,
  checkPart,
  checkWindow,
  isReference,
  refused,
} from './condition-operands.ts'
import { checkPath } from './condition-paths.ts'
import { type Conditions, parseConditions } from './condition-tree.ts'

export type { Condition } from './condition-closures.ts'
export type { Facts } from './condition-paths.ts'
export type { Conditions } from './condition-tree.ts'
export { FAILS, HOLDS, UNKNOWN, type Verdict } from './condition-values.ts'

/** Paths that one object may look at. */
const MAXIMUM_PATHS = 32
/** Conditions in $and, $or and $not of one another. */
const MAXIMUM_DEPTH = 8
/** Operators in all. */
const MAXIMUM_TESTS = 200
/** Of the JSON text. */
const MAXIMUM_BYTES = 32_768

/** By name: the operand, copied. A Map, so that no name of an object's prototype is an operator. */
const operands: ReadonlyMap<string, (operand: unknown, at: string) => unknown> = new Map<
  string,
  (operand: unknown, at: string) => unknown
>([
  ['$eq', checkOperand],
  ['$ne', checkOperand],
  ['$in', checkList],
  ['$nin', checkList],
  ['$lt', checkBound],
  ['$lte', checkBound],
  ['$gt', checkBound],
  ['$gte', checkBound],
  ['$exists', checkFlag],
  ['$startsWith', checkPart],
  ['$contains', checkMember],
  ['$cidr', checkNetworks],
  ['$timeBetween', checkWindow],
  ['$withinLast', checkDuration],
])

/**
 * The conditions, checked and copied. An empty object is refused: what was meant as a condition must not become a
 * grant without one.
 * @throws CONDITION_INVALID with the place of the fault, as `conditions.$or[1]["resource.status"].$in[3]`
 */
export function checkConditions(value: unknown, at: string): Conditions {
  const copy = checkAll(value, at, { depth: 0, tests: { left: MAXIMUM_TESTS } })
  if (Buffer.byteLength(JSON.stringify(copy)) > MAXIMUM_BYTES) {
    throw refused(at, `it has more than ${MAXIMUM_BYTES} bytes`)
  }
  return copy
}

/** A closure of conditions that `checkConditions` answered. */
export function compileConditions(conditions: Conditions): Condition {
  return compileNode(parseConditions(conditions))
}

/** What another version of the code or a person's SQL stored and this code cannot read is never known: it allows nothing, and denies. */
export function readConditions(stored: Conditions): Condition {
  try {
    return compileConditions(checkConditions(stored, 'conditions'))
  } catch (error) {
    if (!FreeholdError.is(error, 'CONDITION_INVALID')) throw error
    return compileNode({ kind: 'unknown' })
  }
}

/** Carried along: how deep this is, and how much may still be asked. */
interface Walk {
  readonly depth: number
  readonly tests: { left: number }
}

function checkAll(value: unknown, at: string, walk: Walk): Conditions {
  if (!isPlainObject(value)) throw refused(at, 'conditions are an object: path -> what it must be')
  if (walk.depth > MAXIMUM_DEPTH) throw refused(at, `it is nested in more than ${MAXIMUM_DEPTH} conditions`)
  const keys = Object.keys(value)
  if (keys.length === 0) throw refused(at, 'it is empty; leave it out for a permission without conditions')
  if (keys.length > MAXIMUM_PATHS) throw refused(at, `it has more than ${MAXIMUM_PATHS} paths`)
  const copy: Record<string, unknown> = {}
  for (const key of keys) {
    if (key === '$and' || key === '$or') copy[key] = checkSeveral(value[key], `${at}.${key}`, walk)
    else if (key === '$not') copy[key] = checkAll(value[key], `${at}.$not`, { ...walk, depth: walk.depth + 1 })
    else {
      const here = `${at}[${JSON.stringify(key.slice(0, 100))}]`
      copy[checkPath(key, here)] = checkTest(value[key], here, walk)
    }
  }
  return copy
}

function checkSeveral(value: unknown, at: string, walk: Walk): Conditions[] {
  if (!Array.isArray(value)) throw refused(at, 'it is a list of conditions')
  if (value.length === 0) throw refused(at, 'the list is empty')
  if (value.length > walk.tests.left) throw tooMany(at)
  return Array.from(value, (item: unknown, i) => checkAll(item, `${at}[${i}]`, { ...walk, depth: walk.depth + 1 }))
}

function checkTest(test: unknown, at: string, walk: Walk): unknown {
  if (!isPlainObject(test) || isReference(test)) {
    if (--walk.tests.left < 0) throw tooMany(at)
    return checkOperand(test, at)
  }
  if (walk.depth > MAXIMUM_DEPTH) throw refused(at, `it is nested in more than ${MAXIMUM_DEPTH} conditions`)
  const names = Object.keys(test)
  if (names.length === 0) throw refused(at, 'it asks nothing')
  const copy: Record<string, unknown> = {}
  for (const name of names) {
    if (name === '$not') {
      const inner = test[name]
      // a plain value is no question: `{ $not: 'x' }` may be meant as $ne, and may be a slip
      if (!isPlainObject(inner) || isReference(inner)) throw refused(`${at}.$not`, 'it is an object of operators')
      copy[name] = checkTest(inner, `${at}.$not`, { ...walk, depth: walk.depth + 1 })
      continue
    }
    const check = operands.get(name)
    if (!check) throw refused(at, `there is no operator ${JSON.stringify(name.slice(0, 40))}`)
    if (--walk.tests.left < 0) throw tooMany(at)
    copy[name] = check(test[name], `${at}.${name}`)
  }
  return copy
}

function tooMany(at: string) {
  return refused(at, `it asks more than ${MAXIMUM_TESTS} things`)
}
