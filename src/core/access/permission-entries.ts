// The permissions of a role as they are written: checked against the catalog, so that nothing is stored that no code
// declares. `*` is not a name here: what a tenant's role holds is said one by one, and does not grow by itself when
// the host adds a permission.

import { inShort } from '../audit/in-short.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, invalid, PROTOTYPE_KEYS, shown } from '../kernel/input.ts'
import type { PermissionEntry } from '../storage/access-tables.ts'
import { checkConditions } from './conditions.ts'
import type { PermissionIds } from './permission-ids.ts'

/** Of the JSON text, in an audit event, which holds two of them and more. */
const MAXIMUM_BYTES_IN_FULL = 12_288
const MAXIMUM_ENTRIES = 1000
const MAXIMUM_FIELDS = 100
const FIELD = /^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/
/** Of the JSON text; the table holds 256 KiB in its own form. */
const MAXIMUM_BYTES = 131_072

/** The permissions that can be named: of the code, or of one tenant. */
export type NameBook = Pick<PermissionIds, 'has' | 'names'>

/**
 * The entries, copied.
 * @throws PERMISSION_UNKNOWN, CONDITION_INVALID (with the place of the fault), INPUT_INVALID
 */
export function checkEntries(value: unknown, permissions: NameBook): PermissionEntry[] {
  if (!Array.isArray(value)) throw invalid('permissions', 'it is not a list')
  if (value.length > MAXIMUM_ENTRIES) throw invalid('permissions', `it has more than ${MAXIMUM_ENTRIES} entries`)
  const entries = Array.from(value, (entry: unknown, i) => checkEntry(entry, `permissions[${i}]`, permissions))
  if (Buffer.byteLength(JSON.stringify(entries)) > MAXIMUM_BYTES) throw invalid('permissions', 'it is too large')
  return entries
}

/** The entries as an audit event shows them: in full, or, where they are many, what they can be compared with. */
export function entriesInShort(entries: readonly PermissionEntry[]): unknown {
  return inShort(entries, MAXIMUM_BYTES_IN_FULL)
}

function checkEntry(value: unknown, at: string, permissions: NameBook): PermissionEntry {
  const entry = value as PermissionEntry
  checkKeys(entry, at, ['resource', 'actions', 'effect', 'conditions', 'fields'])
  const { resource, effect } = entry
  if (typeof resource !== 'string') throw invalid(`${at}.resource`, 'it is not a text')
  if (effect !== undefined && effect !== 'allow' && effect !== 'deny') {
    throw invalid(`${at}.effect`, 'it is allow or deny')
  }
  return {
    resource,
    actions: checkActions(resource, entry.actions, at, permissions),
    ...(effect === undefined ? {} : { effect }),
    ...(entry.conditions === undefined ? {} : { conditions: checkConditions(entry.conditions, `${at}.conditions`) }),
    ...(entry.fields === undefined ? {} : { fields: checkFieldNames(entry.fields, `${at}.fields`) }),
  }
}

/** As they are compared: exactly. */
function checkFieldNames(fields: unknown, at: string): string[] {
  if (!Array.isArray(fields)) throw invalid(at, 'it is not a list')
  if (fields.length === 0) throw invalid(at, 'it is empty; leave it out for every field')
  if (fields.length > MAXIMUM_FIELDS) throw invalid(at, `it has more than ${MAXIMUM_FIELDS} fields`)
  for (const field of fields as unknown[]) {
    if (typeof field !== 'string' || !FIELD.test(field) || PROTOTYPE_KEYS.has(field)) {
      throw invalid(at, 'a field is 1 to 63 of letters, digits, _, - and ., and begins with a letter or _')
    }
  }
  return [...new Set(fields as string[])]
}

function checkActions(resource: string, actions: unknown, at: string, permissions: NameBook): string[] {
  if (!Array.isArray(actions)) throw invalid(`${at}.actions`, 'it is not a list')
  if (actions.length === 0) throw invalid(`${at}.actions`, 'it is empty')
  if (actions.length > permissions.names.length) throw invalid(`${at}.actions`, 'it has more actions than there are')
  const checked = new Set<string>()
  for (const action of actions as unknown[]) {
    if (typeof action !== 'string') throw invalid(`${at}.actions`, 'an action is not a text')
    // a declared name holds one colon, so no two pairs make the same one
    const name = `${resource}:${action}`
    if (!permissions.has(name)) throw new FreeholdError('PERMISSION_UNKNOWN', { permission: shown(name) })
    checked.add(action)
  }
  return [...checked]
}
