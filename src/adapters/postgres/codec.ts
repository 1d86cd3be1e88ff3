// How our own statements speak to the server: values as text (bytes as binary), rows by the type of each column.
// The driver's global type parsers are the host's and are neither used nor changed.

import { FreeholdError } from '../../core/kernel/errors.ts'

/** A value as a bind parameter: text, bytes, or null. */
export type Parameter = string | Buffer | null

/** @throws INPUT_INVALID for what has no such form (a circular object, an invalid Date); nothing has been sent then */
export function toParameters(values: readonly unknown[]): Parameter[] {
  try {
    return values.map(toParameter)
  } catch (cause) {
    throw new FreeholdError('INPUT_INVALID', { field: 'values', problem: 'a value cannot be sent' }, { cause })
  }
}

function toParameter(value: unknown): Parameter {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value)
  }
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return asBuffer(value)
  if (Array.isArray(value)) return toArray(value)
  return JSON.stringify(value)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** An array literal: `{"a","b",NULL}`. */
export function toArray(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (value === null || value === undefined) return 'NULL'
    if (Array.isArray(value)) return toArray(value)
    const item = toParameter(value)
    const text = Buffer.isBuffer(item) ? `\\x${item.toString('hex')}` : String(item)
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${items.join(',')}}`
}

type Parser = (text: string) => unknown

/** A field of a RowDescription message. */
export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** Turns the texts of a DataRow message into a row. */
export class RowReader {
  readonly #names: readonly string[]
  readonly #parsers: readonly (Parser | undefined)[]

  constructor(fields: readonly Field[]) {
    this.#names = fields.map(({ name }) => name)
    this.#parsers = fields.map(({ dataTypeID }) => parsers[dataTypeID])
  }

  read(texts: readonly (string | null)[]): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i] as string | null
      const parse = this.#parsers[i]
      row[this.#names[i]!] = text === null || parse === undefined ? text : parse(text)
    }
    return row
  }
}

/** By type oid (pg_type.dat); what is not here stays text. */
const parsers: { readonly [oid: number]: Parser } = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex'),
  20: toSafeInteger,
  21: Number,
  23: Number,
  26: Number,
  114: JSON.parse,
  700: Number,
  701: Number,
  1184: toDate,
  3802: JSON.parse,
  1000: (text) => fromArray(text, (item) => item === 't'),
  1005: (text) => fromArray(text, Number),
  1007: (text) => fromArray(text, Number),
  1009: (text) => fromArray(text),
  1015: (text) => fromArray(text),
  1016: (text) => fromArray(text, toSafeInteger),
  2951: (text) => fromArray(text),
}

function toSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw unreadable('22003', `the bigint ${text} is beyond what a number holds exactly`)
  return value
}

/** timestamptz in the ISO style: `2026-11-22 09:38:12.123+00`, the zone as the session has it. */
function toDate(text: string): Date {
  // by far the commonest: four-digit year, UTC
  if (text.length <= 29 && text[4] === '-' && text.endsWith('+00')) return utcDate(text)
  const parts = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d)(?::?(\d\d))?(?::?(\d\d))?( BC)?$/.exec(
    text,
  )
  if (!parts) throw unreadable('22008', `the timestamp ${text} is not one that a Date holds`)
  const [, year = '', month, day, time, fraction = '0', hours = '+00', minutes = '00', seconds = '00', bc] = parts
  const sign = hours.startsWith('-') ? -1 : 1
  const offset = sign * (Math.abs(Number(hours)) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000)
  const astronomical = bc ? 1 - Number(year) : Number(year)
  const padded = `${astronomical < 0 ? '-' : '+'}${String(Math.abs(astronomical)).padStart(6, '0')}`
  return new Date(Date.parse(`${padded}-${month}-${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`) - offset)
}

/** `2026-11-22 09:38:12.123+00`, where the fraction has none to six digits. */
function utcDate(text: string): Date {
  const fraction = Math.min(text.length - 23, 3)
  const milliseconds = fraction > 0 ? digits(text, 20, fraction) * 10 ** (3 - fraction) : 0
  const year = digits(text, 0, 4)
  const time = Date.UTC(
    year,
    digits(text, 5, 2) - 1,
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    digits(text, 17, 2),
    milliseconds,
  )
  // Date.UTC takes the years 0 to 99 for those of the last century
  return year < 100 ? new Date(new Date(time).setUTCFullYear(year)) : new Date(time)
}

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

const BARE = /^[A-Za-z0-9_:.,-]+$/

/** One-dimensional array literals, as `{a,"b c",NULL}`. */
function fromArray(text: string, parse: Parser = (item) => item): unknown[] {
  const inner = text.slice(text.indexOf('{') + 1, -1)
  if (inner === '') return []
  // words alone, as the names of methods and flags are
  if (BARE.test(inner)) return inner.split(',').map((item) => (item === 'NULL' ? null : parse(item)))
  const items: unknown[] = []
  for (const [, quoted, bare] of inner.matchAll(/(?:"((?:[^"\\]|\\.)*)"|([^,"]+))(?:,|$)/gs)) {
    if (bare === 'NULL') items.push(null)
    else items.push(parse(bare ?? (quoted ?? '').replace(/\\(.)/gs, '$1')))
  }
  return items
}

function unreadable(sqlstate: string, problem: string): FreeholdError {
  return new FreeholdError('STORAGE_FAILED', { sqlstate }, { cause: new RangeError(problem) })
}
