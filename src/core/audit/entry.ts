// What may be written: checked for the host, whose entries come from anywhere, and for ourselves.

import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { AuditOutcome } from '../storage/audit-tables.ts'
import { name } from './actor.ts'
import type { AuditEntry, AuditTarget } from './audit.ts'
import { firstWord, type OwnEntry, ownActions, ownWords } from './catalog.ts'

const FIELDS = ['action', 'targets', 'outcome', 'changes', 'details', 'complianceFlags'] as const
const ACTION = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/
const FLAG = /^[a-z0-9][a-z0-9_.-]{0,49}$/
const OUTCOMES: readonly AuditOutcome[] = ['success', 'failure', 'denied']
const MAXIMUM_ACTION = 100
const MAXIMUM_TYPE = 100
/** Targets, and flags, of one event. */
const MAXIMUM_ITEMS = 100
/** How names end whose values are never written. */
const SECRET =
  /(password|passphrase|passwordhash|token|tokens|secret|secrets|hash|nonce|cookie|authorization|credential|credentials|privatekey|apikey|otp|totp|recoverycodes?)$/

/**
 * An entry of the host's. Values are checked when they are written as canonical JSON.
 * @throws INPUT_INVALID: another field than these, one that is hidden, or an action that is not `noun.verb` or starts
 * with a word of ours
 */
export function checkHostEntry(entry: AuditEntry): AuditEntry {
  try {
    return checked(entry)
  } catch (cause) {
    // a getter or a proxy may throw anything
    throw FreeholdError.is(cause) ? cause : invalid('entry', 'it cannot be read')
  }
}

function checked(entry: AuditEntry): AuditEntry {
  checkKeys(entry, 'entry', FIELDS)
  refuseHidden(entry, 'entry')
  const { targets, outcome, changes, details, complianceFlags } = entry
  if (outcome !== undefined) checkOutcome(outcome)
  if (details !== undefined) {
    checkKeys(details, 'details', Object.keys(details ?? {}))
    refuseHidden(details, 'details')
  }
  if (changes !== undefined) {
    checkKeys(changes, 'changes', Object.keys(changes ?? {}))
    refuseHidden(changes, 'changes')
    for (const change of Object.values(changes)) checkKeys(change, 'changes', ['from', 'to'])
  }
  return {
    ...entry,
    action: hostAction(entry.action),
    ...(targets === undefined ? {} : { targets: list(targets, 'targets', target) }),
    ...(complianceFlags === undefined ? {} : { complianceFlags: list(complianceFlags, 'complianceFlags', flag) }),
  }
}

/**
 * An entry of ours, with the flags of the catalog. @throws INTERNAL when it names a secret: a mistake in our own code
 */
export function checkOwnEntry(entry: OwnEntry): AuditEntry {
  for (const part of [entry.changes, entry.details]) {
    for (const field of Object.keys(part ?? {})) {
      if (SECRET.test(field.toLowerCase().replaceAll(/[_-]/g, ''))) {
        throw new FreeholdError('INTERNAL', {}, { cause: new Error(`audit: ${entry.action} names ${field}`) })
      }
    }
  }
  const { complianceFlags } = ownActions[entry.action]
  return { ...entry, complianceFlags: [...new Set([...complianceFlags, ...(entry.complianceFlags ?? [])])] }
}

/** @throws INPUT_INVALID */
export function checkOutcome(outcome: AuditOutcome): AuditOutcome {
  if (!OUTCOMES.includes(outcome)) throw invalid('outcome', `it is one of ${OUTCOMES.join(', ')}`)
  return outcome
}

/** What is copied here is told whole, or not at all. @throws INPUT_INVALID */
function refuseHidden(value: object, field: string): void {
  if (Reflect.ownKeys(value).length !== Object.keys(value).length) throw invalid(field, 'it has a hidden member')
}

function hostAction(action: unknown): string {
  if (typeof action !== 'string' || action.length > MAXIMUM_ACTION || !ACTION.test(action)) {
    throw invalid(
      'action',
      `it is a noun and a verb, as note.archived, in at most ${MAXIMUM_ACTION} of a-z, 0-9, - and _`,
    )
  }
  const word = firstWord(action)
  if (ownWords.has(word)) throw invalid('action', `actions that start with ${word} are Freehold's own`)
  return action
}

function list<Item>(value: unknown, field: string, check: (item: unknown, field: string) => Item): Item[] {
  if (!Array.isArray(value)) throw invalid(field, 'it is not a list')
  if (value.length > MAXIMUM_ITEMS) throw invalid(field, `it has more than ${MAXIMUM_ITEMS} items`)
  // its items and its length: no holes, and nothing beside them
  if (Reflect.ownKeys(value).length !== value.length + 1) throw invalid(field, 'it has more, or less, than its items')
  return value.map((item, i) => check(item, `${field}.${i}`))
}

function target(value: unknown, field: string): AuditTarget {
  checkKeys(value as AuditTarget, field, ['type', 'id'])
  refuseHidden(value as AuditTarget, field)
  const { type, id } = value as AuditTarget
  const checked = name(type, `${field}.type`, MAXIMUM_TYPE)
  return id === undefined ? { type: checked } : { type: checked, id: name(id, `${field}.id`) }
}

function flag(value: unknown, field: string): string {
  if (typeof value !== 'string' || !FLAG.test(value)) throw invalid(field, 'it is 1 to 50 of a-z, 0-9, - _ and .')
  return value
}
