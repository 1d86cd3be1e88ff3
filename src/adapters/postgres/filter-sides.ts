// One side of a comparison as PostgreSQL sees it: what it may be, and for each kind of value an expression that is null
// where it is of another kind. JSON may be anything, so it has all of them; a column has one.

import { MOMENT_PATTERN } from '../../core/access/condition-moments.ts'
import { isScalar, momentOf } from '../../core/access/condition-values.ts'
import type { ColumnType, FilterColumn, FilterTerm } from '../../core/access/filter-formula.ts'
import { type Sql, type Sure, sql, value } from './filter-pieces.ts'

export interface Side {
  /** Something is there, be it null. */
  readonly present: Sure
  readonly isNull: Sure
  /** What equals or differs: null among it, lists and objects not. */
  readonly scalar: Sure
  readonly text?: Sql
  readonly number?: NumberSide
  readonly boolean?: Sql
  /** To the millisecond, as a Date has it. */
  readonly time?: Sql
  /** A text read as a time. */
  readonly moment?: Sql
  /** It is the same for every row. */
  readonly fixed: boolean
}

export interface NumberSide {
  /** As it is stored; not there for JSON, whose numbers may be too large for anything but numeric. */
  readonly stored?: Sql
  readonly exact: Sql
  readonly mayBeNaN: boolean
}

export function sideOf(term: FilterTerm): Side {
  return term.kind === 'value' ? sideOfValue(term.value) : sideOfColumn(term)
}

export function columnOf({ name }: FilterColumn): Sql {
  return [{ column: name }]
}

/** The JSON there; null where there is none. The column itself is there even if it is null. */
export function jsonOf(column: FilterColumn): Sql {
  const whole = columnOf(column)
  if (column.keys.length === 0) return sql`coalesce(${whole}, 'null'::jsonb)`
  return sql`(${column.keys.reduce((json, key) => sql`${json} -> ${keyOf(key)}`, whole)})`
}

export function sideOfValue(of: unknown): Side {
  const moment = of === null ? undefined : momentOf(of)
  const kind = typeof of
  return {
    present: true,
    isNull: of === null,
    scalar: isScalar(of) || moment !== undefined,
    fixed: true,
    ...(kind === 'string' ? { text: value(of as string, 'text') } : {}),
    ...(kind === 'number' ? { number: sideOfNumber(of as number) } : {}),
    ...(kind === 'boolean' ? { boolean: value(String(of), 'boolean') } : {}),
    ...(moment === undefined ? {} : { [kind === 'string' ? 'moment' : 'time']: timestamp(moment) }),
  }
}

/** What stands in a list of JSON. */
export function sideOfJson(json: Sql): Side {
  const typed = (type: string, then: Sql): Sql => sql`case when jsonb_typeof(${json}) = '${type}' then ${then} end`
  return {
    present: sql`${json} is not null`,
    isNull: sql`${json} = 'null'::jsonb`,
    scalar: sql`jsonb_typeof(${json}) in ('string', 'number', 'boolean', 'null')`,
    fixed: false,
    ...sideOfText(typed('string', sql`${json} #>> '{}'`)),
    number: { exact: typed('number', sql`(${json})::numeric`), mayBeNaN: false },
    boolean: typed('boolean', sql`(${json})::boolean`),
  }
}

export function sideOfColumn(column: FilterColumn): Side {
  if (column.type !== 'json') return sideOfStored(columnOf(column), column.type)
  const side = sideOfJson(jsonOf(column))
  return column.keys.length === 0 ? { ...side, present: true } : side
}

/** What stands in a column, or in a list of such. */
export function sideOfStored(of: Sql, type: Exclude<ColumnType, 'json'>): Side {
  return { present: true, isNull: sql`${of} is null`, scalar: true, fixed: false, ...kindsOf(of, type) }
}

function kindsOf(of: Sql, type: Exclude<ColumnType, 'json'>): Partial<Side> {
  switch (type) {
    case 'text':
      return sideOfText(of)
    case 'uuid':
      return sideOfText(sql`${of}::text`)
    case 'inet':
      return sideOfText(sql`case when ${isAddress(of)} then host(${of}) else ${of}::text end`)
    case 'integer':
      return { number: { stored: of, exact: sql`${of}::numeric`, mayBeNaN: false } }
    case 'double':
      // through text, whose digits are those that JavaScript shows
      return { number: { stored: of, exact: sql`${of}::text::numeric`, mayBeNaN: true } }
    case 'numeric':
      return { number: { exact: of, mayBeNaN: true } }
    case 'boolean':
      return { boolean: of }
    case 'time':
      return {
        time: sql`case when isfinite(${of}) then date_trunc('milliseconds', ${of}) end`,
        // the ends of time are numbers to pg
        number: { exact: sql`case when not isfinite(${of}) then ${of}::text::numeric end`, mayBeNaN: false },
      }
    default:
      return { scalar: sql`${of} is null` }
  }
}

function sideOfText(text: Sql): Pick<Side, 'text' | 'moment'> {
  return {
    text,
    moment: sql`case when ${text} ~ '${MOMENT_PATTERN}' then date_trunc('milliseconds',
      (case when length(${text}) = 10 then ${text} || 'T00:00:00Z' else ${text} end)::timestamptz) end`,
  }
}

function sideOfNumber(number: number): NumberSide {
  return { stored: double(number), exact: value(String(number), 'numeric'), mayBeNaN: Number.isNaN(number) }
}

/** An address, not a network. */
export function isAddress(inet: Sql): Sql {
  return sql`masklen(${inet}) = case family(${inet}) when 4 then 32 else 128 end`
}

export function double(number: number): Sql {
  return value(String(number), 'double precision')
}

export function json(of: unknown): Sql {
  return value(JSON.stringify(of), 'jsonb')
}

/** A moment that this many milliseconds after 1970 is, as far as a timestamp reaches. */
export function timestamp(ms: number): Sql {
  const date = new Date(Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS))
  const year = date.getUTCFullYear()
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return value(`${shown}${date.toISOString().slice(-20)}${year > 0 ? '' : ' BC'}`, 'timestamptz')
}

const EARLIEST_MS = Date.UTC(-4712, 0, 1)
/** The last that a Date holds. */
const LATEST_MS = 8.64e15

/** Written out where it is harmless, so that an index on the same expression serves. */
function keyOf(key: string): Sql {
  return /^[\w-]+$/.test(key) ? sql`'${key}'` : value(key, 'text')
}
