// What permission entries say, compiled: bits for what holds whatever the circumstances are, and a rule for each part
// that asks for conditions or is about some fields only.

import type { PermissionEntry } from '../storage/access-tables.ts'
import { ALLOW, ALLOW_IF, type BitRow, type Bits, bitsOf, DENY, DENY_IF } from './bits.ts'
import { type Condition, type Conditions, readConditions } from './conditions.ts'
import type { PermissionIds } from './permission-ids.ts'

/** One permission under conditions, or for some fields, or both. */
export interface Rule {
  readonly permission: number
  readonly effect: 'allow' | 'deny'
  readonly conditions: Conditions | undefined
  /** Undefined: it holds always. */
  readonly test: Condition | undefined
  /** Undefined: it is about every field. */
  readonly fields: readonly string[] | undefined
}

/** The rules that decide about one permission. */
export interface Tests {
  readonly allows: readonly Rule[]
  readonly denies: readonly Rule[]
}

/** What one who speaks says of every permission. All about whom it is said share it. */
export class Said {
  readonly bits: Bits
  readonly rules: readonly Rule[]
  #tests: Map<number, Tests> | undefined = undefined

  constructor(bits: Bits, rules: readonly Rule[]) {
    this.bits = bits
    this.rules = rules
  }

  /** Whether a rule has a part in what is said of it. */
  hasRules(permission: number): boolean {
    return (bitsOf(this.bits, permission) & (ALLOW_IF | DENY_IF)) !== 0
  }

  tests(permission: number): Tests {
    let tests = this.#tests?.get(permission)
    if (tests === undefined) {
      tests = testsOf(this.rules.filter((rule) => rule.permission === permission))
      this.#tests ??= new Map()
      this.#tests.set(permission, tests)
    }
    return tests
  }
}

export function testsOf(rules: Iterable<Rule>): Tests {
  const allows: Rule[] = []
  const denies: Rule[] = []
  for (const rule of rules) (rule.effect === 'deny' ? denies : allows).push(rule)
  return { allows, denies }
}

/** What these entries say, beside what `bits` say already. */
export function saidIn(entries: readonly PermissionEntry[], ids: PermissionIds, bits: BitRow): Said {
  return new Said(bits, compileEntries(entries, ids, bits))
}

/** Adds to `bits`, and answers the rules. What nobody declares any more cannot be asked for either, and is left out. */
function compileEntries(entries: readonly PermissionEntry[], ids: PermissionIds, bits: BitRow): readonly Rule[] {
  const rules: Rule[] = []
  for (const entry of entries) {
    const effect = entry.effect === 'deny' ? 'deny' : 'allow'
    const [always, sometimes] = effect === 'deny' ? [DENY, DENY_IF] : [ALLOW, ALLOW_IF]
    const { conditions } = entry
    const fields = fieldsOf(entry, effect)
    const test = conditions === undefined ? undefined : readConditions(conditions)
    for (const action of entry.actions) {
      const permission = ids.idOf(`${entry.resource}:${action}`)
      if (permission === undefined) continue
      if (!test && !fields) bits.add(permission, always)
      else {
        bits.add(permission, sometimes)
        rules.push({ permission, effect, conditions, test, fields })
      }
    }
  }
  return rules.length > 0 ? rules : NO_RULES
}

/** Shared, since most have none. */
const NO_RULES: readonly Rule[] = []

/** What cannot be read allows no field, and denies all. */
function fieldsOf({ fields }: PermissionEntry, effect: 'allow' | 'deny'): readonly string[] | undefined {
  if (fields === undefined) return undefined
  if (Array.isArray(fields) && fields.every((field) => typeof field === 'string')) return fields
  return effect === 'deny' ? undefined : []
}
