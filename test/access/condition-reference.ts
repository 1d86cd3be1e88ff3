// The meaning of conditions, written down naively over the JSON as it is: nothing compiled, nothing shared with the
// closures. Slow, and easy to read against docs/conditions.md.

import { BlockList, isIP } from 'node:net'

export type Truth = 'yes' | 'no' | 'unknown'
export interface Weighed {
  readonly truth: Truth
  readonly missing: readonly string[]
}

export interface Seen {
  readonly principal: unknown
  readonly resource: unknown
  readonly context: unknown
  /** Milliseconds since 1970. */
  readonly now: number
}

type Json = Readonly<Record<string, unknown>>
const NONE: readonly string[] = []
const yes: Weighed = { truth: 'yes', missing: NONE }
const no: Weighed = { truth: 'no', missing: NONE }
const unknown = (...missing: string[]): Weighed => ({ truth: 'unknown', missing })
const when = (so: boolean): Weighed => (so ? yes : no)

export function weigh(conditions: Json, seen: Seen): Weighed {
  return every(
    Object.entries(conditions).map(([key, value]) => {
      if (key === '$and') return every((value as Json[]).map((part) => weigh(part, seen)))
      if (key === '$or') return opposite(every((value as Json[]).map((part) => opposite(weigh(part, seen)))))
      if (key === '$not') return opposite(weigh(value as Json, seen))
      return weighPath(key, isObject(value) && !isRef(value) ? value : { $eq: value }, seen)
    }),
  )
}

function weighPath(path: string, asked: Json, seen: Seen): Weighed {
  return every(
    Object.entries(asked).map(([operator, operand]) => {
      if (operator === '$not') return opposite(weighPath(path, operand as Json, seen))
      if (operator === '$ne') return opposite(weighPath(path, { $eq: operand }, seen))
      if (operator === '$nin') return opposite(weighPath(path, { $in: operand }, seen))
      const value = look(path, seen)
      if (operator === '$exists') return when((value !== undefined) === operand)
      if (value === undefined) return unknown(path)
      if (operator === '$in' && !isRef(operand)) {
        return opposite(every((operand as unknown[]).map((item) => opposite(weighPath(path, { $eq: item }, seen)))))
      }
      const at = operator === '$withinLast' ? 'context.time' : isRef(operand) ? operand.$ref : undefined
      const other = at === undefined ? operand : look(at, seen)
      if (other === undefined) return unknown(at!)
      const truth = answer(operator, value, other, operand)
      return truth === 'unknown' ? unknown(path, ...(at === undefined ? [] : [at])) : { truth, missing: NONE }
    }),
  )
}

function answer(operator: string, value: unknown, other: unknown, operand: unknown): Truth {
  switch (operator) {
    case '$eq':
      return same(value, other)
    case '$in':
      return isOneOf(value, other)
    case '$contains':
      if (Array.isArray(value)) return isOneOf(other, value)
      return texts(value, other, (text, part) => text.split(part).length > 1)
    case '$startsWith':
      return texts(value, other, (text, part) => text.slice(0, part.length) === part)
    case '$cidr':
      return inNetworks(value, other)
    case '$timeBetween':
      if (value === null) return 'no'
      return time(value) === undefined ? 'unknown' : bool(inWindow(time(value)!, operand as Window))
    case '$withinLast': {
      const [stamp, now] = [time(value), time(other)]
      if (now === undefined) return 'unknown'
      if (value === null) return 'no'
      return stamp === undefined ? 'unknown' : bool(stamp >= now - durations(operand) && stamp <= now + 5000)
    }
  }
  const [a, b] = typeof value === 'string' && typeof other === 'string' ? codes(value, other) : [value, other]
  if (a === null || b === null) return 'no'
  const dates = a instanceof Date || b instanceof Date
  const [x, y] = dates ? [time(a), time(b)] : [a, b]
  if (typeof x !== 'number' || typeof y !== 'number') return 'unknown'
  return bool({ $lt: x < y, $lte: x <= y, $gt: x > y, $gte: x >= y }[operator]!)
}

const bool = (so: boolean): Truth => (so ? 'yes' : 'no')
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
const isRef = (value: unknown): value is { $ref: string } => isObject(value) && '$ref' in value
const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)

function every(parts: readonly Weighed[]): Weighed {
  if (parts.some(({ truth }) => truth === 'no')) return no
  const open = parts.filter(({ truth }) => truth === 'unknown')
  return open.length > 0 ? unknown(...open.flatMap(({ missing }) => missing)) : yes
}

function opposite({ truth, missing }: Weighed): Weighed {
  return truth === 'unknown' ? { truth, missing } : when(truth === 'no')
}

function look(path: string, seen: Seen): unknown {
  let value: unknown = seen
  for (const key of path.split('.')) {
    value = isObject(value) && Object.keys(value).includes(key) ? value[key] : undefined
  }
  return path === 'context.time' && value === undefined ? new Date(seen.now) : value
}

function same(a: unknown, b: unknown): Truth {
  if (isPlain(a) && isPlain(b)) return bool(a === b)
  if (![a, b].every((value) => isPlain(value) || (value instanceof Date && !Number.isNaN(value.getTime())))) {
    return 'unknown'
  }
  return bool(time(a) !== undefined && time(a) === time(b))
}

function isOneOf(value: unknown, list: unknown): Truth {
  if (list === null) return 'no'
  if (!Array.isArray(list)) return 'unknown'
  const answers = Array.from(list, (item) => same(value, item))
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}

function texts(value: unknown, other: unknown, test: (text: string, part: string) => boolean): Truth {
  // the empty text is in all and asks nothing
  if (typeof value === 'string' && typeof other === 'string') return other === '' ? 'unknown' : bool(test(value, other))
  return value === null || other === null ? 'no' : 'unknown'
}

/** Two numbers in the order of two texts. */
function codes(a: string, b: string): [number, number] {
  const [x, y] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)!)) as [number[], number[]]
  const at = x.findIndex((code, i) => code !== y[i])
  return at < 0 ? [0, y.length - x.length] : [x[at]!, y[at] ?? -1]
}

function time(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime()
  if (typeof value !== 'string') return undefined
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:Z|([+-])(\d\d):(\d\d)))?$/.exec(
    value,
  )
  if (!parts) return undefined
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, number, number]
  const [zoneHours, zoneMinutes] = [Number(parts[9] ?? 0), Number(parts[10] ?? 0)]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (year < 1 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 14 || zoneMinutes > 59) return undefined
  date.setUTCHours(hour, minute, second, Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3)))
  return date.getTime() - (parts[8] === '-' ? -1 : 1) * (zoneHours * 60 + zoneMinutes) * 60_000
}

function inNetworks(value: unknown, given: unknown): Truth {
  if (value === null) return 'no'
  const plain = (text: string) => text.replace(/^::ffff:(?=\d+\.)/i, '')
  if (typeof value !== 'string' || value.includes('%') || isIP(value) === 0) return 'unknown'
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  const answers = [given ?? []].flat().map((network: unknown): Truth => {
    if (typeof network !== 'string' || !/^[^/]+(\/\d+)?$/.test(network)) return 'unknown'
    const [address = '', bits] = network.split('/')
    // a network is not written in the dress of another family
    if (isIP(address) === 0 || address.includes('%') || plain(address) !== address) return 'unknown'
    const list = new BlockList()
    list.addSubnet(address, Number(bits ?? (isIP(address) === 6 ? 128 : 32)), family(address))
    return bool(family(address) === family(plain(value)) && list.check(plain(value), family(plain(value))))
  })
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}

interface Window {
  readonly from: string
  readonly to: string
  readonly timeZone: string
  readonly days?: readonly string[]
}

/** Texts of a clock compare as they are: `09:00` before `17:00`. */
function inWindow(ms: number, { from, to, timeZone, days }: Window): boolean {
  const shown = (at: number) =>
    new Date(at).toLocaleString('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' })
  const [day = '', clock = ''] = shown(ms).toLowerCase().split(/[ ,]+/)
  const on = (name: string) => days === undefined || days.includes(name)
  const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
  if (from < to) return on(day) && clock >= from && clock < to
  return (on(day) && clock >= from) || (on(week[(week.indexOf(day) + 6) % 7]!) && clock < to)
}

function durations(operand: unknown): number {
  if (typeof operand === 'number') return operand
  const unit = { W: 604_800_000, D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 }
  return [...(operand as string).matchAll(/(\d+)([WDHMS])/g)].reduce(
    (sum, [, count, of]) => sum + Number(count) * unit[of as keyof typeof unit],
    0,
  )
}
