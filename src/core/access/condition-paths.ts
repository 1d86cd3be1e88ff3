// Where a condition looks: `principal.id`, `resource.owner.id`, `context.ip`. Only an object's own properties count,
// so that nothing inherited answers, and what is not there is told apart from what is null.

import { FreeholdError } from '../kernel/errors.ts'
import { isPlainText, PROTOTYPE_KEYS } from '../kernel/input.ts'

/** What a check is about, as conditions see it. */
export interface Facts {
  readonly principal: unknown
  readonly resource: unknown
  readonly context: unknown
  /** The moment of the check, in milliseconds since 1970: `context.time` where the context does not say another. */
  readonly now?: (() => number) | undefined
  /** More of the resource and the context may be told: nobody knows that something is not there. */
  readonly partial?: boolean
}

export type Root = 'principal' | 'resource' | 'context'

/** Reads one path; undefined when it is not there. */
export type Read = (facts: Facts) => unknown

const ROOTS: ReadonlySet<string> = new Set<Root>(['principal', 'resource', 'context'])
const MAXIMUM_KEYS = 8
const MAXIMUM_KEY_LENGTH = 64

/** The moment of the check. */
export const TIME = 'context.time'

/**
 * A path that can be read: a root, a dot, and one to eight keys. Keys are compared exactly: no case is folded.
 * @throws CONDITION_INVALID, naming the place `at`
 */
export function checkPath(path: unknown, at: string): string {
  const refused = (problem: string) => new FreeholdError('CONDITION_INVALID', { path: at, problem })
  if (typeof path !== 'string') throw refused('a path is a text')
  if (path.length > (MAXIMUM_KEYS + 1) * MAXIMUM_KEY_LENGTH) throw refused('the path is too long')
  const [root, ...keys] = path.split('.')
  if (!ROOTS.has(root!)) throw refused('a path starts with principal., resource. or context.')
  if (keys.length === 0) throw refused(`it looks at all of ${root}; name a part of it`)
  if (keys.length > MAXIMUM_KEYS) throw refused(`a path has at most ${MAXIMUM_KEYS} keys`)
  for (const key of keys) {
    if (key === '') throw refused('the path has an empty key')
    if (key.length > MAXIMUM_KEY_LENGTH) throw refused(`a key has at most ${MAXIMUM_KEY_LENGTH} characters`)
    if (!isPlainText(key)) throw refused('the path is not well-formed Unicode')
    if (PROTOTYPE_KEYS.has(key)) throw refused(`the path has the key ${key}`)
  }
  return path
}

/** Of a checked path. */
export function splitPath(path: string): readonly [root: Root, ...keys: string[]] {
  return path.split('.') as [Root, ...string[]]
}

/** A reader of a checked path. */
export function compilePath(path: string): Read {
  const [root, ...keys] = splitPath(path)
  if (path === TIME) return timeOf
  if (keys.length === 1) return shallow[root](keys[0]!)
  return (facts) => {
    let value = facts[root]
    for (const key of keys) {
      value = own(value, key)
      if (value === undefined) return undefined
    }
    return value
  }
}

/** One function for each root, so that each reads one property of the facts. */
const shallow: { readonly [R in Root]: (key: string) => Read } = {
  principal: (key) => (facts) => own(facts.principal, key),
  resource: (key) => (facts) => own(facts.resource, key),
  context: (key) => (facts) => own(facts.context, key),
}

function timeOf({ context, now }: Facts): unknown {
  const given = own(context, 'time')
  if (given !== undefined || now === undefined) return given
  return new Date(now())
}

/** A list has no keys: what stands in it is asked for by `$contains`. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}
