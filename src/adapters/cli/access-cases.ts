// The file of expected decisions, checked as it is read.

import { isPlainObject, shown } from '../../core/kernel/input.ts'
import { faulty } from './files.ts'

export interface CaseFile {
  /** What can be done, where neither the model nor --permissions says it. */
  readonly permissions?: unknown
  /** The model, from the folder of this file. */
  readonly model?: string
  readonly cases: readonly AccessCase[]
}

/** A user by address, a service account by name, or somebody who is made up: with roles, and facts of their own. */
export type CasePrincipal =
  | { readonly user: string }
  | { readonly serviceAccount: string }
  | { readonly roles: readonly string[]; readonly attributes?: Readonly<Record<string, unknown>> }

export interface AccessCase {
  readonly name: string
  readonly principal: CasePrincipal
  readonly permission: string
  /** `{ team: main/sales }`: an organization by key, a team or project as `organization/key`. */
  readonly place?: Readonly<Record<string, string>>
  readonly on?: { readonly type: string; readonly id: string }
  readonly resource?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly fields?: readonly string[]
  readonly at?: string
  readonly expect: 'allow' | 'deny'
  readonly reason?: string
}

const FIELDS = [
  'name',
  'principal',
  'permission',
  'place',
  'on',
  'resource',
  'context',
  'fields',
  'at',
  'expect',
  'reason',
]
const REASONS = [
  'allowed',
  'denied-by-rule',
  'no-grant',
  'fields-not-granted',
  'condition-not-met',
  'context-missing',
  'not-yet',
  'expired',
  'principal-inactive',
]

/** @throws FILE_INVALID with the path of the fault */
export function readCases(value: unknown, file: string): CaseFile {
  if (!isPlainObject(value)) throw faulty(file, 'it must be an object with `cases`, a list')
  for (const name of Object.keys(value)) {
    if (!['permissions', 'model', 'cases'].includes(name))
      throw faulty(`${file}: ${shown(name)}`, 'there is no such field')
  }
  const { permissions, model, cases } = value
  if (model !== undefined && typeof model !== 'string')
    throw faulty(`${file}: model`, 'it must be the name of a file, from the folder of this one')
  if (!Array.isArray(cases) || cases.length === 0)
    throw faulty(`${file}: cases`, 'it must be a list of at least one case')
  return {
    ...(permissions === undefined ? {} : { permissions }),
    ...(model === undefined ? {} : { model }),
    cases: cases.map((one: unknown, i) => checkCase(one, `${file}: cases[${i}]`)),
  }
}

function checkCase(value: unknown, at: string): AccessCase {
  if (!isPlainObject(value)) throw faulty(at, 'it must be an object with `principal`, `permission` and `expect`')
  for (const name of Object.keys(value)) {
    if (!FIELDS.includes(name)) throw faulty(`${at}.${shown(name)}`, 'there is no such field')
  }
  const { name, principal, permission, place, on, resource, context, fields, at: moment, expect, reason } = value
  if (expect !== 'allow' && expect !== 'deny')
    throw faulty(
      `${at}.expect`,
      `it must be allow or deny${expect === undefined ? '' : `, not ${shown(String(expect))}`}`,
    )
  if (typeof permission !== 'string') throw faulty(`${at}.permission`, 'it must be a permission, as note:read')
  if (reason !== undefined && !REASONS.includes(reason as string)) {
    throw faulty(`${at}.reason`, `it must be one of ${REASONS.join(', ')}`)
  }
  if (name !== undefined && typeof name !== 'string') throw faulty(`${at}.name`, 'it must be a text')
  if (place !== undefined && !isNamed(place, ['organization', 'team', 'project'])) {
    throw faulty(
      `${at}.place`,
      'it must be { organization: key }, { team: organization/key } or { project: organization/key }',
    )
  }
  if (on !== undefined && !(isPlainObject(on) && typeof on.type === 'string' && typeof on.id === 'string')) {
    throw faulty(`${at}.on`, 'it must be { type, id }')
  }
  for (const [field, facts] of Object.entries({ resource, context })) {
    if (facts !== undefined && !isPlainObject(facts)) throw faulty(`${at}.${field}`, 'it must be an object')
  }
  if (fields !== undefined && !Array.isArray(fields)) throw faulty(`${at}.fields`, 'it must be a list')
  // YAML's core schema has no times: they come as texts
  if (moment !== undefined && (typeof moment !== 'string' || Number.isNaN(Date.parse(moment)))) {
    throw faulty(`${at}.at`, 'it must be a time, as 2026-01-31T12:00:00Z')
  }
  const who = checkPrincipal(principal, `${at}.principal`)
  return { ...value, principal: who, permission, expect, name: name ?? `${nameOf(who)} ${permission}` } as AccessCase
}

function checkPrincipal(value: unknown, at: string): CasePrincipal {
  if (typeof value === 'string') return { user: value }
  if (isNamed(value, ['user', 'serviceAccount'])) return value as CasePrincipal
  if (isPlainObject(value) && Object.keys(value).every((name) => name === 'roles' || name === 'attributes')) {
    const { roles, attributes = {} } = value
    if (Array.isArray(roles) && roles.every((role) => typeof role === 'string') && isPlainObject(attributes)) {
      return { roles: roles as string[], attributes }
    }
  }
  throw faulty(
    at,
    'it must be an address, { user: address }, { serviceAccount: name } or { roles: [...], attributes: {...} }',
  )
}

function isNamed(value: unknown, names: readonly string[]): boolean {
  const [entry, ...others] = isPlainObject(value) ? Object.entries(value) : []
  return entry !== undefined && others.length === 0 && names.includes(entry[0]) && typeof entry[1] === 'string'
}

export function nameOf(principal: CasePrincipal): string {
  if ('roles' in principal) return `somebody with ${principal.roles.join(', ') || 'no role'}`
  return Object.values(principal)[0] as string
}
