// A filter as SQL. It says of each row what a check says: null is a value, the order of texts is that of their code
// points, a time is as fine as a Date, and nothing is converted.

import type { FilterColumn, FilterCondition, FilterTerm, FilterTest } from '../../core/access/filter-formula.ts'
import { type Comparison, fails, holds, timeDuring } from './filter-comparisons.ts'
import { isIn, isList, isNoneOfThese, isNotIn, isOneOfThese, isPair } from './filter-lists.ts'
import { insideNetworks, isAddressOf } from './filter-networks.ts'
import { every, not, type Sql, type Sure, some, sql, value } from './filter-pieces.ts'
import { columnOf, type Side, sideOf } from './filter-sides.ts'

export function filterSql(condition: FilterCondition): Sure {
  switch (condition.kind) {
    case 'and':
      return every(...condition.parts.map(filterSql))
    case 'or':
      return some(...condition.parts.map(filterSql))
    case 'test':
      return testSql(condition)
  }
}

function testSql(test: FilterTest): Sure {
  const isSo = test.sense === 'holds'
  switch (test.operator) {
    case '$exists':
      return isSo ? sideOf(test.left).present : not(sideOf(test.left).present)
    case '$in':
      return among(test.left, test.right, isSo)
    case '$pairs':
      return isSo ? isPair(test) : not(isPair(test))
    case '$contains':
      return isSo ? contains(test.left, test.right) : containsNot(test.left, test.right)
    case '$startsWith':
      return ofTexts(test.left, test.right, isSo, startsWith)
    case '$cidr':
      return inNetworks(test.left, test.networks, test.open, isSo)
    case '$timeBetween': {
      const { from, to, timeZone, days, overnight } = test.window
      return ofTime(test.left, isSo, (time) => inWindow(time, { from, to, timeZone, days, overnight }))
    }
    case '$during':
      return during(test.left, test.from, test.to, isSo)
    default:
      return (isSo ? holds : fails)(test.operator satisfies Comparison, test.left, test.right)
  }
}

type Of<Operator> = Extract<FilterTest, { operator: Operator }>

function among(left: FilterTerm, right: Of<'$in'>['right'], isSo: boolean): Sure {
  if ('kind' in right) {
    // a list among the facts is given as what is in it
    if (right.kind === 'value') return false
    return isSo ? isIn(left, right) : isNotIn(left, right)
  }
  return isSo ? isOneOfThese(left, right) : isNoneOfThese(left, right)
}

/** A part of a text, or one of a list. */
function contains(left: FilterTerm, right: FilterTerm): Sure {
  if (left.kind === 'value' && Array.isArray(left.value)) return isOneOfThese(right, left.value)
  const inText = ofTexts(left, right, true, partOf(right))
  return left.kind === 'column' ? some(isIn(right, left), inText) : inText
}

function containsNot(left: FilterTerm, right: FilterTerm): Sure {
  if (left.kind === 'value' && Array.isArray(left.value)) return isNoneOfThese(right, left.value)
  const notInText = ofTexts(left, right, false, partOf(right))
  if (left.kind === 'value') return notInText
  const list = isList(left)
  return some(every(list, isNotIn(right, left)), every(not(list), notInText))
}

type TextTest = (text: Sql, part: Sql) => Sql

/** Two texts are asked; null has no parts and is none. The empty text asks nothing. */
function ofTexts(left: FilterTerm, right: FilterTerm, isSo: boolean, test: TextTest): Sure {
  const [whole, side] = [sideOf(left), sideOf(right)]
  const [text, part] = [whole.text, side.text]
  const asks = right.kind === 'value' ? right.value !== '' : part !== undefined && sql`${part} <> ''`
  const found = text && part ? every(asks, test(text, part)) : false
  if (isSo) return found
  const eitherNull = some(every(whole.isNull, side.present), every(side.isNull, whole.present))
  return some(eitherNull, every(isText(whole), isText(side), asks, not(found)))
}

function isText({ text, fixed }: Side): Sure {
  return text !== undefined && (fixed || sql`${text} is not null`)
}

/** An index on the text in the order "C" serves, or one with text_pattern_ops. */
const startsWith: TextTest = (text, part) => sql`${text} collate "C" ^@ ${part}`

/** An index of trigrams serves a fixed part. */
function partOf(right: FilterTerm): TextTest {
  if (right.kind === 'column' || typeof right.value !== 'string')
    return (text, part) => sql`position(${part} in ${text}) > 0`
  const pattern = `%${right.value.replaceAll(/[\\%_]/g, '\\$&')}%`
  return (text) => sql`${text}::text like ${value(pattern, 'text')}`
}

function inNetworks(column: FilterColumn, networks: readonly string[], open: boolean, isSo: boolean): Sure {
  const found = insideNetworks(column, networks)
  if (isSo) return found
  return some(sideOf(column).isNull, !open && every(isAddressOf(column), not(found)))
}

/** A text that says a time is one. */
function ofTime(column: FilterColumn, isSo: boolean, test: (time: Sql) => Sql): Sure {
  const { isNull, time, moment } = sideOf(column)
  const of = time ?? moment
  const found = of ? test(of) : false
  if (isSo) return found
  return some(isNull, of ? every(sql`${of} is not null`, not(found)) : false)
}

function during(column: FilterColumn, from: number, to: number, isSo: boolean): Sure {
  if (isSo && column.type === 'time') return timeDuring(columnOf(column), from, to)
  return ofTime(column, isSo, (time) => timeDuring(time, from, to))
}

function inWindow(time: Sql, { from, to, timeZone, days, overnight }: Of<'$timeBetween'>['window']): Sql {
  const local = sql`(${time} at time zone ${value(timeZone, 'text')})`
  const clock = sql`${local}::time`
  const day = sql`extract(isodow from ${local})`
  const on = (names: readonly number[]) => sql`${day} = any(${value(names.map(String), 'integer[]')})`
  const [begins, ends] = [sql`${clock} >= '${clockOf(from)}'`, sql`${clock} < '${clockOf(to)}'`]
  if (!overnight) return sql`(${begins} and ${ends} and ${on(days)})`
  // the rest of a night is on the day after it began
  return sql`(${begins} and ${on(days)} or ${ends} and ${on(days.map((name) => (name % 7) + 1))})`
}

function clockOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
