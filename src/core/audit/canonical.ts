// Canonical JSON (RFC 8785, JCS): one sequence of bytes for one value, so that a hash of it can be made again by
// anybody. No white space, members ordered by the UTF-16 code units of their names, numbers and strings written as
// ECMAScript does.

import { FreeholdError } from '../kernel/errors.ts'
import { invalid, PROTOTYPE_KEYS } from '../kernel/input.ts'

/** Levels of objects and arrays; deeper than anybody nests on purpose, and where a cycle ends. */
const MAXIMUM_DEPTH = 32
const LONE_SURROGATE = /\p{Surrogate}/u
/** Characters that JSON.stringify does more with than put them in quotes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/

/**
 * The canonical JSON of a plain value: null, booleans, numbers, texts, arrays, plain objects. Members that are
 * undefined are left out; only own members count, and `toJSON` is not asked.
 *
 * Refused is what JSON cannot say (NaN, Infinity, BigInt, functions, symbols, undefined items), what has no one meaning
 * (a Date, a Map, any instance), what JSON would leave out in silence (members that are not enumerable or named by a
 * symbol, members of an array beside its items), what throws when it is read, what cannot be stored (lone surrogates,
 * NUL), cycles and more than 32 levels, the names `__proto__`, `constructor` and `prototype`, and whole numbers beyond 2^53 - 1: a double may not hold what was
 * meant, and JCS would write its neighbour without a word (9007199254740993 becomes ...992). Give those as texts.
 *
 * @param maximumBytes of UTF-8 at most
 * @throws INPUT_INVALID (`field` is the path to what was refused), AUDIT_TOO_LARGE
 */
export function canonicalJson(value: unknown, maximumBytes: number): string {
  const walk: Walk = { path: [], left: maximumBytes, maximumBytes }
  const text = readable(value, walk)
  if (Buffer.byteLength(text) > maximumBytes) throw new FreeholdError('AUDIT_TOO_LARGE', { maximumBytes })
  return text
}

interface Walk {
  /** Names and positions from the root to the value at hand. */
  readonly path: (string | number)[]
  /** Characters that may still come: ends the walk of something huge early. */
  left: number
  readonly maximumBytes: number
}

/** A getter or a proxy may throw anything; where it stood says the path. */
function readable(value: unknown, walk: Walk): string {
  try {
    return write(value, walk)
  } catch (cause) {
    if (FreeholdError.is(cause)) throw cause
    throw refused(walk, 'it cannot be read')
  }
}

function write(value: unknown, walk: Walk): string {
  switch (typeof value) {
    case 'string':
      return writeText(value, walk)
    case 'number':
      return writeNumber(value, walk)
    case 'boolean':
      return spend(walk, value ? 'true' : 'false')
    case 'object':
      if (value === null) return spend(walk, 'null')
      // a cycle ends here too
      if (walk.path.length >= MAXIMUM_DEPTH) throw refused(walk, 'it is nested too deeply, or contains itself')
      return Array.isArray(value) ? writeArray(value, walk) : writeObject(value, walk)
    default:
      throw refused(walk, `it is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`)
  }
}

function writeText(value: string, walk: Walk): string {
  // the quotes are counted, the escapes by the last look at the whole
  spend(walk, value)
  if (!SPECIAL.test(value)) return `"${value}"`
  if (LONE_SURROGATE.test(value)) throw refused(walk, 'it is not well-formed Unicode')
  if (value.includes('\0')) throw refused(walk, 'it has a NUL character')
  // RFC 8785, section 3.2.2.2 is what ECMAScript writes
  return JSON.stringify(value)
}

function writeNumber(value: number, walk: Walk): string {
  if (!Number.isFinite(value)) throw refused(walk, 'JSON has no such number')
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw refused(walk, 'a whole number beyond 2^53 - 1 may not be what was meant; give it as a text')
  }
  // -0 is written 0 (RFC 8785, section 3.2.2.3)
  return spend(walk, String(value))
}

function writeArray(value: readonly unknown[], walk: Walk): string {
  // every item is a character at least: nothing huge is looked at
  spend(walk, '', value.length)
  walk.left += value.length
  // its items and its length; what lacks one of them is refused on the way
  if (Reflect.ownKeys(value).length > value.length + 1) throw refused(walk, 'it has members that are not items')
  let text = '['
  for (let i = 0; i < value.length; i++) {
    walk.path.push(i)
    text += i === 0 ? write(value[i], walk) : `,${write(value[i], walk)}`
    walk.path.pop()
  }
  return spend(walk, `${text}]`, 2)
}

function writeObject(value: object, walk: Walk): string {
  if (!isPlain(value)) throw refused(walk, `it is ${article(value)}, and no plain value`)
  // sorted by UTF-16 code units, as Array.sort does
  const names = Object.keys(value).sort()
  if (names.length !== Reflect.ownKeys(value).length) refuseHidden(value, walk)
  let text = '{'
  for (const name of names) {
    walk.path.push(name)
    if (PROTOTYPE_KEYS.has(name)) throw refused(walk, 'this name is not allowed')
    const member = (value as Record<string, unknown>)[name]
    // counted even when left out, so that nothing is walked without an end
    spend(walk, '', 1)
    if (member !== undefined) {
      text += `${text.length === 1 ? '' : ','}${writeText(name, walk)}:${write(member, walk)}`
    }
    walk.path.pop()
  }
  return spend(walk, `${text}}`, 2)
}

/** A log must not leave out in silence what it was told. */
function refuseHidden(value: object, walk: Walk): never {
  const symbols = Object.getOwnPropertySymbols(value).length > 0
  throw refused(walk, symbols ? 'it has a member whose name is a symbol' : 'it has a member that is not enumerable')
}

/** Another realm's Object (a vm context, a worker) is as plain as ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  )
}

function article(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${shown(name)}` : 'an instance of something'
}

/** @throws AUDIT_TOO_LARGE as soon as it is certain */
function spend(walk: Walk, text: string, characters = text.length): string {
  walk.left -= characters
  if (walk.left < 0) throw new FreeholdError('AUDIT_TOO_LARGE', { maximumBytes: walk.maximumBytes })
  return text
}

function refused({ path }: Walk, problem: string): FreeholdError<'INPUT_INVALID'> {
  return invalid(path.length === 0 ? 'value' : path.map(shown).join('.').slice(0, 200), problem)
}

/** A name of the caller's, fit for a message. */
function shown(part: string | number): string {
  const text = String(part)
  return SPECIAL.test(text) ? '?' : text.slice(0, 60)
}
