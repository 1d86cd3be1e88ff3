// What a condition can ask of a value, each question as a closure. Most conditions ask one, and most of those compare a
// text with a text: that comes first, and looks at nothing else.

import { isInside, type Network, networksOf, readAddress, readNetwork } from './condition-networks.ts'
import { isReference, type Operand } from './condition-operands.ts'
import { compilePath, type Facts, TIME } from './condition-paths.ts'
import type { OrderOperator, Test } from './condition-tree.ts'
import { among, equal, FAILS, HOLDS, isScalar, momentOf, order, UNKNOWN, type Verdict } from './condition-values.ts'
import { compileWindow } from './condition-windows.ts'

type Question = (facts: Facts, missing?: string[]) => Verdict

/** Of two values that are there. */
type Comparison = (value: unknown, other: unknown) => Verdict

/** Longer lists of plain values are looked up instead of walked. */
const WALKED = 8
/** So far ahead of this clock a stamp of another may be. */
export const AHEAD_MS = 5000

export function compileTest(test: Test): Question {
  const { path } = test
  switch (test.operator) {
    case '$exists':
      return exists(path)
    case '$eq':
      return equals(path, test.operand)
    case '$in':
      return isReference(test.operand) ? compared(path, test.operand, among) : amongItems(path, test.operand)
    case '$cidr':
      return isReference(test.operand)
        ? compared(path, test.operand, insideThose)
        : asked(path, insideOf(test.operand.map((text) => readNetwork(text)!)))
    case '$timeBetween':
      return asked(path, duringWindow(compileWindow(test.operand)))
    case '$withinLast':
      return compared(path, { $ref: TIME }, within(test.operand))
    default:
      return compared(path, test.operand, comparisons[test.operator])
  }
}

/** Of values that are there; null is neither before nor after anything, nor does it have parts. */
const comparisons: { readonly [O in OrderOperator | '$startsWith' | '$contains']: Comparison } = {
  $lt: ordered((sign) => sign < 0),
  $lte: ordered((sign) => sign <= 0),
  $gt: ordered((sign) => sign > 0),
  $gte: ordered((sign) => sign >= 0),
  $startsWith: ofTexts((text, part) => text.startsWith(part)),
  $contains: contains,
}

function exists(path: string): Question {
  const read = compilePath(path)
  // of the principal all is known
  const absent = (facts: Facts) => (facts.partial && !path.startsWith('principal.') ? UNKNOWN : FAILS)
  return (facts) => (read(facts) === undefined ? absent(facts) : HOLDS)
}

/** Asks of the value alone. */
function asked(path: string, ask: (value: unknown) => Verdict): Question {
  const read = compilePath(path)
  return (facts, missing) => {
    const value = read(facts)
    if (value === undefined) return lacks(missing, path)
    const verdict = ask(value)
    return verdict === UNKNOWN ? lacks(missing, path) : verdict
  }
}

function compared(path: string, operand: Operand, compare: Comparison): Question {
  if (!isReference(operand)) return asked(path, (value) => compare(value, operand))
  const { $ref } = operand
  const read = compilePath(path)
  const readOther = compilePath($ref)
  return (facts, missing) => {
    const value = read(facts)
    if (value === undefined) return lacks(missing, path)
    const other = readOther(facts)
    if (other === undefined) return lacks(missing, $ref)
    const verdict = compare(value, other)
    return verdict === UNKNOWN ? lacks(missing, path, $ref) : verdict
  }
}

function equals(path: string, operand: Operand): Question {
  const read = compilePath(path)
  const inFull = compared(path, operand, equal)
  if (isReference(operand)) {
    const readOther = compilePath(operand.$ref)
    return (facts, missing) => {
      const value = read(facts)
      const other = readOther(facts)
      if (typeof value === 'string' && typeof other === 'string') return value === other ? HOLDS : FAILS
      return inFull(facts, missing)
    }
  }
  return (facts, missing) => {
    const value = read(facts)
    if (value === operand) return HOLDS
    return typeof value === 'string' ? FAILS : inFull(facts, missing)
  }
}

function amongItems(path: string, items: readonly Operand[]): Question {
  const read = compilePath(path)
  const plain: readonly unknown[] = items.filter((item) => !isReference(item))
  const known = plain.length > WALKED ? new Set(plain) : undefined
  const isPlain = known ? (value: unknown) => known.has(value) : (value: unknown) => plain.includes(value)
  const others = items.filter(isReference).map(({ $ref }) => ({ $ref, read: compilePath($ref) }))
  return (facts, missing) => {
    const value = read(facts)
    if (value === undefined) return lacks(missing, path)
    if (isScalar(value)) {
      if (isPlain(value)) return HOLDS
      if (others.length === 0) return FAILS
    }
    let verdict = isScalar(value) ? FAILS : among(value, plain)
    if (verdict === HOLDS) return HOLDS
    const gaps: string[] = verdict === UNKNOWN ? [path] : []
    for (const { $ref, read: readOther } of others) {
      const other = readOther(facts)
      const answer = other === undefined ? UNKNOWN : equal(value, other)
      if (answer === HOLDS) return HOLDS
      if (answer === UNKNOWN) {
        verdict = UNKNOWN
        if (other !== undefined) gaps.push(path)
        gaps.push($ref)
      }
    }
    return verdict === UNKNOWN ? lacks(missing, ...gaps) : FAILS
  }
}

function ordered(isSo: (sign: number) => boolean): Comparison {
  return (value, other) => {
    const sign = order(value, other)
    if (sign === undefined) return UNKNOWN
    return isSo(sign) ? HOLDS : FAILS
  }
}

/** The empty text is in every text: it asks nothing, so that who has an empty prefix does not have all. */
function ofTexts(isSo: (text: string, part: string) => boolean): Comparison {
  return (value, other) => {
    if (typeof value === 'string' && typeof other === 'string') {
      if (other === '') return UNKNOWN
      return isSo(value, other) ? HOLDS : FAILS
    }
    return value === null || other === null ? FAILS : UNKNOWN
  }
}

/** A part of a text, or one of a list. */
function contains(value: unknown, other: unknown): Verdict {
  return Array.isArray(value) ? among(other, value) : partOf(value, other)
}
const partOf = ofTexts((text, part) => text.includes(part))

function insideOf(networks: readonly (Network | undefined)[]): (value: unknown) => Verdict {
  return (value) => {
    if (value === null) return FAILS
    const address = typeof value === 'string' ? readAddress(value) : undefined
    if (!address) return UNKNOWN
    if (networks.some((network) => network && isInside(address, network))) return HOLDS
    return networks.includes(undefined) ? UNKNOWN : FAILS
  }
}

/** Networks that are read anew each time: one, or a list. */
function insideThose(value: unknown, networks: unknown): Verdict {
  return insideOf(networksOf(networks))(value)
}

function duringWindow(isInWindow: (ms: number) => boolean): (value: unknown) => Verdict {
  return (value) => {
    if (value === null) return FAILS
    const ms = momentOf(value)
    if (ms === undefined) return UNKNOWN
    return isInWindow(ms) ? HOLDS : FAILS
  }
}

/** Not before so many milliseconds before now, and not after it. */
function within(lastMs: number): Comparison {
  return (value, time) => {
    const now = momentOf(time)
    if (now === undefined) return UNKNOWN
    if (value === null) return FAILS
    const ms = momentOf(value)
    if (ms === undefined) return UNKNOWN
    return ms >= now - lastMs && ms <= now + AHEAD_MS ? HOLDS : FAILS
  }
}

/** Notes what is not there, or cannot be compared. */
function lacks(missing: string[] | undefined, ...paths: string[]): typeof UNKNOWN {
  missing?.push(...paths)
  return UNKNOWN
}
