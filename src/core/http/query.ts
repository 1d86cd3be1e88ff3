// Query strings, field by field. A name that the route does not know, or one given twice, is told and not ignored: a
// mistyped filter must not show everything.

import { parseId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { PageRequest } from '../kernel/page.ts'
import { type JsonObject, parseObject } from './body.ts'

export type Query<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** RFC 3339, with the day alone as midnight UTC. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2}))?$/

/** @throws INPUT_INVALID */
export function readQuery<const Name extends string>(url: URL, names: readonly Name[]): Query<Name> {
  const query: Partial<Record<string, string>> = {}
  for (const [name, value] of url.searchParams) {
    if (!names.includes(name as Name)) throw invalid('query', 'it has a field that is not known here')
    if (Object.hasOwn(query, name)) throw invalid(name, 'it is there twice')
    query[name] = value
  }
  return query as Query<Name>
}

/** @throws INPUT_INVALID (limit) */
export function pageRequest({ limit, cursor }: Query<'limit' | 'cursor'>): PageRequest {
  if (limit !== undefined && !/^[0-9]{1,4}$/.test(limit)) throw invalid('limit', 'it is not a whole number')
  return { ...(limit === undefined ? {} : { limit: Number(limit) }), ...(cursor === undefined ? {} : { cursor }) }
}

/** @throws INPUT_INVALID */
export function momentField<Name extends string>(query: Query<Name>, name: Name): Date | undefined {
  const text = query[name]
  return text === undefined ? undefined : readMoment(text, name)
}

/** @throws INPUT_INVALID */
export function readMoment(text: string, name: string): Date {
  const moment = MOMENT.test(text) && isDay(text.slice(0, 10)) ? new Date(text) : undefined
  if (!moment || Number.isNaN(moment.getTime())) throw invalid(name, 'it is a time as 2026-01-31T12:00:00Z')
  return moment
}

/** A 31st of February would be taken for the 3rd of March. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

/** @throws ID_INVALID */
export function idAsked<Id extends string>(query: Query<string>, name: string): Id | undefined {
  return query[name] === undefined ? undefined : parseId<Id>(query[name], name)
}

/** Null for `none`. @throws ID_INVALID */
export function idOrNone<Id extends string>(query: Query<string>, name: string): Id | null | undefined {
  return query[name] === 'none' ? null : idAsked<Id>(query, name)
}

/** A JSON object. @throws INPUT_INVALID */
export function objectField<Name extends string>(query: Query<Name>, name: Name): JsonObject | undefined {
  const text = query[name]
  if (text === undefined) return undefined
  try {
    return parseObject(Buffer.from(text))
  } catch {
    throw invalid(name, 'it is a JSON object')
  }
}
