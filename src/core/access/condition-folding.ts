// Conditions of rows that are not there yet: what the principal and the request say is worked out, and what remains is
// asked of the columns. Nothing is read differently than in a check: what has no column is not there.

import { invalid, isPlainText } from '../kernel/input.ts'
import { networksOf } from './condition-networks.ts'
import { isReference, type Operand } from './condition-operands.ts'
import { compilePath, type Facts, splitPath, TIME } from './condition-paths.ts'
import { AHEAD_MS, compileTest } from './condition-questions.ts'
import type { ConditionNode, Test } from './condition-tree.ts'
import { FAILS, HOLDS, momentOf, type Verdict } from './condition-values.ts'
import { frameOf } from './condition-windows.ts'
import {
  ALWAYS,
  all,
  any,
  type ColumnType,
  type FilterColumn,
  type FilterQuestion,
  type FilterTerm,
  type FilterTest,
  type Formula,
  NEVER,
} from './filter-formula.ts'

/** What is known before there is a row. */
export interface Known {
  readonly facts: Omit<Facts, 'resource'>
  /** By the name under which conditions know them. */
  readonly columns: ReadonlyMap<string, ColumnType>
}

/** What rows must be for the condition to be so: to hold, or to fail. */
export function foldCondition(node: ConditionNode, sense: FilterTest['sense'], known: Known): Formula {
  switch (node.kind) {
    case 'unknown':
      return NEVER
    case 'not':
      return foldCondition(node.node, opposite(sense), known)
    case 'test':
      return foldTest(node, sense, known)
  }
  const parts = node.nodes.map((part) => foldCondition(part, sense, known))
  // all hold, or any fails; any holds, or all fail
  return (node.kind === 'and') === (sense === 'holds') ? all(parts) : any(parts)
}

function foldTest(test: Test, sense: FilterTest['sense'], known: Known): Formula {
  const left = termAt(test.path, known)
  const asked = (question: FilterQuestion): Formula => ({ kind: 'test', sense, ...question })
  if (test.operator === '$in' && !isReference(test.operand)) return foldList(test.path, test.operand, sense, known)
  if (left?.kind !== 'column' && !refersToColumn(test, known)) return constant(test, sense, known)
  // what it needs is not there, whatever the row
  if (left === undefined) return NEVER
  switch (test.operator) {
    case '$exists':
      return asked({ operator: '$exists', left: left as FilterColumn })
    case '$timeBetween':
      return asked({ operator: '$timeBetween', left: left as FilterColumn, window: frameOf(test.operand) })
    case '$withinLast': {
      const now = momentOf(valueAt(TIME, known))
      if (now === undefined) return NEVER
      return asked({ operator: '$during', left: left as FilterColumn, from: now - test.operand, to: now + AHEAD_MS })
    }
    case '$cidr': {
      const given = isReference(test.operand) ? valueAt(test.operand.$ref, known) : test.operand
      if (given === undefined) return NEVER
      const networks = networksOf(given)
      const texts = networks.flatMap((network) => (network ? [network.text] : []))
      const open = networks.includes(undefined)
      return asked({ operator: '$cidr', left: left as FilterColumn, networks: texts, open })
    }
  }
  const right = termOf(test.operand as Operand, known)
  if (right === undefined) return NEVER
  if (test.operator !== '$in' || right.kind === 'column') return asked({ operator: test.operator, left, right })
  // a list among the facts
  if (right.value === null) return asked({ operator: '$in', left, right: [] })
  return Array.isArray(right.value) ? asked({ operator: '$in', left, right: Array.from(right.value) }) : NEVER
}

/** One of these: any of them equals it, or none does. */
function foldList(path: string, items: readonly Operand[], sense: FilterTest['sense'], known: Known): Formula {
  const left = termAt(path, known)
  const apart = (item: Operand) => left?.kind !== 'column' || termOf(item, known)?.kind !== 'value'
  const equal = (operand: Operand): Test => ({ kind: 'test', path, operator: '$eq', operand })
  const parts = items.filter(apart).map((item) => foldTest(equal(item), sense, known))
  const values = items.filter((item) => !apart(item)).map((item) => (termOf(item, known) as { value: unknown }).value)
  if (values.length > 0 && left) parts.push({ kind: 'test', sense, operator: '$in', left, right: values })
  return sense === 'holds' ? any(parts) : all(parts)
}

/** The same for every row. */
function constant(test: Test, sense: FilterTest['sense'], { facts }: Known): Formula {
  const wanted: Verdict = sense === 'holds' ? HOLDS : FAILS
  return compileTest(test)({ ...facts, resource: undefined }) === wanted ? ALWAYS : NEVER
}

function refersToColumn(test: Test, known: Known): boolean {
  return 'operand' in test && isReference(test.operand) && termAt(test.operand.$ref, known)?.kind === 'column'
}

function termOf(operand: Operand, known: Known): FilterTerm | undefined {
  return isReference(operand) ? termAt(operand.$ref, known) : { kind: 'value', value: operand }
}

/** Undefined: it is not there, in no row. */
function termAt(path: string, known: Known): FilterTerm | undefined {
  const [root, ...keys] = splitPath(path)
  if (root === 'resource') return columnAt(keys, known)
  const value = valueAt(path, known)
  return value === undefined ? undefined : { kind: 'value', value }
}

/** The column of that name, or one of JSON that has the rest of it inside. */
function columnAt(keys: readonly string[], { columns }: Known): FilterColumn | undefined {
  for (let length = keys.length; length > 0; length--) {
    const name = keys.slice(0, length).join('.')
    const type = columns.get(name)
    if (type !== undefined && (length === keys.length || type === 'json')) {
      return { kind: 'column', name, type, keys: keys.slice(length) }
    }
  }
  return undefined
}

/** @throws INPUT_INVALID for a text that no database can be asked about */
function valueAt(path: string, { facts }: Known): unknown {
  const value = compilePath(path)({ ...facts, resource: undefined })
  for (const part of Array.isArray(value) ? value : [value]) {
    if (typeof part === 'string' && !isPlainText(part)) {
      throw invalid(path.split('.')[0]!, 'it holds a text that is not well-formed Unicode')
    }
  }
  return value
}

function opposite(sense: FilterTest['sense']): FilterTest['sense'] {
  return sense === 'holds' ? 'fails' : 'holds'
}
