// Conditions of a permission: JSON in the database, closures in the process, and nothing evaluated as code.
//
//   { 'resource.owner_id': { $ref: 'principal.id' },        // a plain value or a reference: equals
//     'resource.status': { $in: ['draft', 'review'] },
//     'principal.department': { $eq: 'sales' } }            // all of them must hold

import { isPlainObject } from '../kernel/input.ts'
import {
  absent,
  checkOperand,
  FAILS,
  HOLDS,
  isReference,
  operators,
  type Question,
  refused,
  UNKNOWN,
  type Verdict,
} from './condition-operators.ts'
import { checkPath, compilePath, type Facts, type Read } from './condition-paths.ts'

export { FAILS, HOLDS, UNKNOWN, type Verdict } from './condition-operators.ts'
export type { Facts } from './condition-paths.ts'

export type Conditions = Readonly<Record<string, unknown>>

/**
 * Three-valued: fails when any part certainly fails, is unknown when a part needs what is not there, else holds. The
 * paths that were not there are added to `missing` where the answer is unknown.
 */
export type Condition = (facts: Facts, missing?: string[]) => Verdict

/** Paths that one condition may look at. */
const MAXIMUM_PATHS = 32

/**
 * The conditions, checked and copied. An empty object is refused: what was meant as a condition must not become a
 * grant without one.
 * @throws CONDITION_INVALID with the place of the fault, as `conditions["resource.status"].$in[3]`
 */
export function checkConditions(value: unknown, at: string): Conditions {
  if (!isPlainObject(value)) throw refused(at, 'conditions are an object: path -> what it must be')
  const paths = Object.keys(value)
  if (paths.length === 0) throw refused(at, 'it is empty; leave it out for a permission without conditions')
  if (paths.length > MAXIMUM_PATHS) throw refused(at, `it has more than ${MAXIMUM_PATHS} paths`)
  const copy: Record<string, unknown> = {}
  for (const path of paths) {
    const here = `${at}[${JSON.stringify(path.slice(0, 100))}]`
    copy[checkPath(path, here)] = checkTest(value[path], here)
  }
  return copy
}

/** A closure of conditions that `checkConditions` answered. */
export function compileConditions(conditions: Conditions): Condition {
  const parts = Object.entries(conditions).map(([path, test]) => compilePart(path, test))
  if (parts.length === 1) return only(parts[0]!)
  return (facts, missing) => {
    const gaps: string[] | undefined = missing && []
    let verdict: Verdict = HOLDS
    for (const part of parts) {
      const answer = ask(part, facts, gaps)
      if (answer === FAILS) return FAILS
      if (answer === UNKNOWN) verdict = UNKNOWN
    }
    if (gaps) missing?.push(...gaps)
    return verdict
  }
}

/** Most conditions ask one question. */
function only(part: Part): Condition {
  const { path, read, questions } = part
  if (questions.length !== 1) return (facts, missing) => ask(part, facts, missing)
  const question = questions[0]!
  return (facts, missing) => {
    const value = read(facts)
    return value === undefined ? absent(path, missing) : question(value, facts, missing)
  }
}

interface Part {
  readonly path: string
  readonly read: Read
  readonly questions: readonly Question[]
}

function checkTest(test: unknown, at: string): unknown {
  if (!isPlainObject(test) || isReference(test)) return checkOperand(test, at)
  const names = Object.keys(test)
  if (names.length === 0) throw refused(at, 'it asks nothing')
  const copy: Record<string, unknown> = {}
  for (const name of names) {
    const operator = operators.get(name)
    if (!operator) throw refused(at, `there is no operator ${JSON.stringify(name.slice(0, 40))}`)
    copy[name] = operator.check(test[name], `${at}.${name}`)
  }
  return copy
}

function compilePart(path: string, test: unknown): Part {
  const asked = isPlainObject(test) && !isReference(test) ? Object.entries(test) : [['$eq', test] as const]
  return {
    path,
    read: compilePath(path),
    questions: asked.map(([name, operand]) => operators.get(name)!.compile(operand)),
  }
}

function ask({ path, read, questions }: Part, facts: Facts, missing?: string[]): Verdict {
  const value = read(facts)
  if (value === undefined) return absent(path, missing)
  let verdict: Verdict = HOLDS
  const gaps: string[] | undefined = missing && []
  for (const question of questions) {
    const answer = question(value, facts, gaps)
    if (answer === FAILS) return FAILS
    if (answer === UNKNOWN) verdict = UNKNOWN
  }
  if (gaps) missing?.push(...gaps)
  return verdict
}
