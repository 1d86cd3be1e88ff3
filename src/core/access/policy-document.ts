// What a policy says: whom, what and where, as it is written and stored. Checked as it is written, and told with the
// path of the fault.

import { FreeholdError } from '../kernel/errors.ts'
import { isPlainObject, isPlainText, shown } from '../kernel/input.ts'
import { type Conditions, checkConditions } from './conditions.ts'

/** Everyone, or one of these by id. A role is named by key or id, and stored by id. */
export type PolicyPrincipal =
  | '*'
  | { readonly user: string }
  | { readonly serviceAccount: string }
  | { readonly team: string }
  | { readonly role: string }

/** Everything in the tenant, in one of its places, or one resource as the host names it. */
export type PolicyResource =
  | '*'
  | { readonly organization: string }
  | { readonly team: string }
  | { readonly project: string }
  | { readonly type: string; readonly id: string }

export interface PolicyDocument {
  readonly effect: 'allow' | 'deny'
  /** 1 to 200. Who holds a role that is named is meant where the role is held. */
  readonly principals: readonly PolicyPrincipal[]
  /** 1 to 200 permissions; `note:*` is every action on notes, and `*` everything: also what is declared later. */
  readonly actions: readonly string[]
  /** 1 to 200. */
  readonly resources: readonly PolicyResource[]
  readonly conditions?: Conditions
}

const AT_MOST = 200
const MAXIMUM_TEXT = 200
/** Of the JSON text. */
const MAXIMUM_BYTES = 32_768
const PRINCIPALS = ['user', 'serviceAccount', 'team', 'role']
const PLACES = ['organization', 'team', 'project']

/**
 * The document, copied. Whether what it names is there is looked at where it is written.
 * @throws POLICY_INVALID, CONDITION_INVALID, each with the path of the fault, as `document.principals[0].team`
 */
export function checkDocument(value: unknown, at = 'document'): PolicyDocument {
  const document = keysOf(value, at, ['effect', 'principals', 'actions', 'resources', 'conditions'])
  const { effect, conditions } = document
  if (effect !== 'allow' && effect !== 'deny') throw refused(`${at}.effect`, 'it is allow or deny')
  const copy: PolicyDocument = {
    effect,
    principals: list(document.principals, `${at}.principals`, checkPrincipal),
    actions: list(document.actions, `${at}.actions`, checkAction),
    resources: list(document.resources, `${at}.resources`, checkResource),
    ...(conditions === undefined ? {} : { conditions: checkConditions(conditions, `${at}.conditions`) }),
  }
  if (Buffer.byteLength(JSON.stringify(copy)) > MAXIMUM_BYTES) throw refused(at, 'it is too large')
  return copy
}

export function refused(path: string, problem: string): FreeholdError<'POLICY_INVALID'> {
  return new FreeholdError('POLICY_INVALID', { path, problem })
}

function checkPrincipal(value: unknown, at: string): PolicyPrincipal {
  if (value === '*') return value
  const [[kind, name] = [], ...others] = isPlainObject(value) ? Object.entries(value) : []
  if (others.length > 0 || !PRINCIPALS.includes(kind as string)) {
    throw refused(at, "it is '*', or one of { user }, { serviceAccount }, { team } and { role }")
  }
  return { [kind as string]: text(name, `${at}.${kind}`) } as unknown as PolicyPrincipal
}

function checkAction(value: unknown, at: string): string {
  return text(value, at)
}

function checkResource(value: unknown, at: string): PolicyResource {
  if (value === '*') return value
  if (isPlainObject(value) && Object.hasOwn(value, 'type')) {
    const { type, id } = keysOf(value, at, ['type', 'id'])
    return { type: text(type, `${at}.type`), id: text(id, `${at}.id`) }
  }
  const [[kind, name] = [], ...others] = isPlainObject(value) ? Object.entries(value) : []
  if (others.length > 0 || !PLACES.includes(kind as string)) {
    throw refused(at, "it is '*', or one of { organization }, { team }, { project } and { type, id }")
  }
  return { [kind as string]: text(name, `${at}.${kind}`) } as unknown as PolicyResource
}

function keysOf(value: unknown, at: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw refused(at, 'it is not an object')
  const strange = Object.keys(value).find((key) => !keys.includes(key))
  if (strange !== undefined) throw refused(`${at}.${shown(strange)}`, 'there is no such field')
  return value
}

function list<Item>(value: unknown, at: string, check: (item: unknown, at: string) => Item): Item[] {
  if (!Array.isArray(value)) throw refused(at, 'it is not a list')
  if (value.length === 0) throw refused(at, 'it is empty')
  if (value.length > AT_MOST) throw refused(at, `it has more than ${AT_MOST} entries`)
  return Array.from(value, (item: unknown, i) => check(item, `${at}[${i}]`))
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '') throw refused(at, 'it is not a text')
  if (value.length > MAXIMUM_TEXT) throw refused(at, `the text has more than ${MAXIMUM_TEXT} characters`)
  if (!isPlainText(value)) throw refused(at, 'the text is not well-formed Unicode')
  return value
}
