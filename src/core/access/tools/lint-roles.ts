// Roles: those that nobody has, that give everything, that are too deep; and entries that say nothing.

import type { PermissionEntry } from '../../storage/access-tables.ts'
import { ALLOW, bitsOf, DENY, isUnconditional } from '../bits.ts'
import type { BookRole } from '../role-book.ts'
import type { Linted, LintFinding } from './lint.ts'
import { neverHolds } from './lint-conditions.ts'

/** Roles in a chain, from one to the one at its top. */
const DEEP = 10

export function lintRoles(linted: Linted): LintFinding[] {
  const { book, rows } = linted
  const held = heldRoles(linted)
  const parents = new Set(rows.roles.flatMap(({ parent_role_id: id }) => (id === null ? [] : [id])))
  return [...book.all()].flatMap((role) => [
    ...(role.system || held.has(role.id) || parents.has(role.id) ? [] : [unused(role)]),
    ...lintWhole(linted, role),
    ...lintEntries(linted, role),
  ])
}

function heldRoles({ rows }: Linted): ReadonlySet<string> {
  const held = new Set<string>([...rows.invited, ...rows.assignments.map(({ role_id }) => role_id)])
  for (const { role_id } of rows.members) if (role_id !== null) held.add(role_id)
  for (const { document } of rows.policies) {
    const { principals } = document as { readonly principals?: unknown }
    for (const one of Array.isArray(principals) ? (principals as { readonly role?: string }[]) : []) {
      if (typeof one?.role === 'string') held.add(one.role)
    }
  }
  return held
}

function unused({ key }: BookRole): LintFinding {
  return {
    code: 'role-unused',
    severity: 'info',
    path: `roles/${key}`,
    message: `Nobody has the role “${key}”, no role inherits from it, and no policy and no invitation names it.`,
    remedy: 'Assign it, or remove it.',
  }
}

function lintWhole({ book }: Linted, role: BookRole): LintFinding[] {
  const { key, system } = role
  // that owners and admins hold everything is said by code
  const byCode = system && book.declared.systemRoles[key as 'owner'] === '*'
  const { chain, bits } = book.closure(role)
  const found: LintFinding[] = []
  const all = book.permissions.names
  if (!byCode && all.every((_, id) => isUnconditional(bitsOf(bits, id)))) {
    found.push({
      code: 'role-grants-everything',
      severity: 'warning',
      path: `roles/${key}`,
      message: `The role “${key}” allows everything that there is, without conditions.`,
      remedy: 'Give it what its holders need, or give them the role owner, so that it shows who has everything.',
    })
  }
  if (chain.length > DEEP) {
    found.push({
      code: 'role-too-deep',
      severity: 'warning',
      path: `roles/${key}`,
      message: `The role “${key}” inherits through ${chain.length - 1} others: ${chain
        .slice(0, 4)
        .map((one) => one.key)
        .join(' < ')} < ...`,
      remedy: `Let it inherit from fewer; nobody reads a chain of more than ${DEEP}.`,
    })
  }
  return found
}

interface Said {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly plain: boolean
  readonly entry: PermissionEntry
  /** Where it stands. */
  readonly at: string
}

function lintEntries({ book, now }: Linted, role: BookRole): LintFinding[] {
  const { chain, bits } = book.closure(role)
  const above = chain.slice(1)
  const own = role.entries.flatMap((entry, i) => saidBy(role, entry, i))
  const found: LintFinding[] = []
  for (const [i, entry] of role.entries.entries()) {
    const at = `roles/${role.key}/permissions[${i}]`
    if (entry.conditions && neverHolds(entry.conditions, now)) found.push(never(at))
    for (const action of entry.actions) {
      const name = `${entry.resource}:${action}`
      const id = book.permissions.idOf(name)
      if (id === undefined) {
        found.push(undeclared(at, name))
        continue
      }
      if (entry.effect !== 'deny' && (bitsOf(bits, id) & DENY) !== 0) {
        found.push(shadowed(at, name, whoDenies(name, own, above)))
        continue
      }
      const by = whoSaysSo(
        { name, entry, at },
        own,
        above,
        (one) => (bitsOf(book.ownRules(one).bits, id) & ALLOW) !== 0,
      )
      if (by !== undefined) found.push(implied(at, name, by))
    }
  }
  return found
}

function saidBy({ key }: BookRole, entry: PermissionEntry, i: number): Said[] {
  const { resource, actions, effect = 'allow', conditions, fields } = entry
  const at = `roles/${key}/permissions[${i}]`
  return actions.map((action) => ({ name: `${resource}:${action}`, effect, plain: !conditions && !fields, entry, at }))
}

function whoDenies(name: string, own: readonly Said[], above: readonly BookRole[]): string {
  const all = [...own, ...above.flatMap((role) => role.entries.flatMap((entry, i) => saidBy(role, entry, i)))]
  return all.find((one) => one.name === name && one.effect === 'deny' && one.plain)?.at ?? 'another entry'
}

/** What says the same, and more: an entry of its own that comes before it or holds always, or a role that it inherits from. */
function whoSaysSo(
  { name, entry, at }: { readonly name: string; readonly entry: PermissionEntry; readonly at: string },
  own: readonly Said[],
  above: readonly BookRole[],
  isGivenBy: (role: BookRole) => boolean,
): string | undefined {
  const effect = entry.effect ?? 'allow'
  const plain = !entry.conditions && !entry.fields
  const others = own.filter((one) => one.name === name && one.effect === effect && one.at !== at)
  const first = others.find((one) => one.plain && (!plain || isBefore(one.at, at)))
  if (first) return first.at
  if (effect === 'allow') {
    const giver = above.find(isGivenBy)
    if (giver) return `the role “${giver.key}”`
  }
  const told = JSON.stringify([entry.conditions, entry.fields])
  const same = others.find(
    (one) => JSON.stringify([one.entry.conditions, one.entry.fields]) === told && isBefore(one.at, at),
  )
  return same?.at
}

function isBefore(a: string, b: string): boolean {
  const number = (at: string) => Number(/\[(\d+)\]$/.exec(at)?.[1])
  return number(a) < number(b)
}

function shadowed(path: string, name: string, by: string): LintFinding {
  return {
    code: 'entry-shadowed',
    severity: 'warning',
    path,
    message: `It allows ${name}, which ${by} denies in the same role without conditions: it never allows.`,
    remedy: 'Remove one of the two. Deny wins, wherever it is said.',
  }
}

function implied(path: string, name: string, by: string): LintFinding {
  return {
    code: 'entry-implied',
    severity: 'info',
    path,
    message: `It says of ${name} what ${by} says already.`,
    remedy: 'Remove it: it changes nothing.',
  }
}

function undeclared(path: string, name: string): LintFinding {
  return {
    code: 'permission-undeclared',
    severity: 'warning',
    path,
    message: `Nothing declares ${name} any more: it can neither be asked for nor given.`,
    remedy: 'Remove it, or declare it again.',
  }
}

export function never(path: string): LintFinding {
  return {
    code: 'condition-never',
    severity: 'warning',
    path,
    message: 'Its conditions can never hold together.',
    remedy: 'Look for two that exclude each other, or for a time that has passed. $or is for where one suffices.',
  }
}
