// Policies: those that another beats always, that give everything to everyone, and that name what is gone.

import { isWithin, type PlaceKind, type PlaceTree } from '../place-tree.ts'
import { permissionsOfAction } from '../policy-book.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from '../policy-document.ts'
import type { TenantBook } from '../tenant-book.ts'
import type { Linted, LintFinding } from './lint.ts'
import { neverHolds } from './lint-conditions.ts'
import { never } from './lint-roles.ts'

interface Policy {
  readonly key: string
  readonly document: PolicyDocument
  readonly permissions: ReadonlySet<string>
}

export function lintPolicies(linted: Linted): LintFinding[] {
  const { rows, book, now } = linted
  const policies = rows.policies
    .filter(({ enabled }) => enabled)
    .map(({ key, document }): Policy => {
      const read = document as unknown as PolicyDocument
      const permissions = new Set(read.actions.flatMap((action) => permissionsOfAction(action, book.permissions)))
      return { key, document: read, permissions }
    })
  const denials = policies.filter(({ document }) => document.effect === 'deny' && !document.conditions)
  const gone = goneFrom(linted)
  return policies.flatMap((policy, index) => {
    const { key, document } = policy
    const path = `policies/${key}`
    const found: LintFinding[] = []
    if (document.conditions && neverHolds(document.conditions, now)) found.push(never(path))
    if (document.effect === 'allow') {
      const by = denials.find((denial) => covers(denial, policy, book.places))
      if (by) found.push(shadowed(path, by.key))
      if (givesEverything(policy, book.permissions.names)) found.push(everything(path))
    }
    for (const action of document.actions) {
      if (permissionsOfAction(action, book.permissions).length === 0) found.push(undeclared(path, action))
    }
    for (const [i, one] of document.principals.entries()) {
      if (gone.principal(one)) found.push(dangling(`${path}/principals[${i}]`, 'somebody'))
    }
    for (const [i, one] of document.resources.entries()) {
      if (gone.resource(one)) found.push(dangling(`${path}/resources[${i}]`, 'a place'))
    }
    // what is to be mended anyway is not told off for this as well
    const saying = found.length > 0 ? undefined : sayingSo(policies, index, book)
    return saying ? [implied(path, saying.key)] : found
  })
}

/** Another one that says all of this one, and is no fault itself; of two that say the same, the first by key. */
function sayingSo(policies: readonly Policy[], index: number, { places, permissions }: TenantBook): Policy | undefined {
  const policy = policies[index]!
  return policies.find(
    (other, i) =>
      i !== index &&
      saysSo(other, policy, places) &&
      (other.key < policy.key || !saysSo(policy, other, places)) &&
      !(other.document.effect === 'allow' && givesEverything(other, permissions.names)),
  )
}

/** Whether the other says the same of all that this one is about, and of more. */
function saysSo(other: Policy, policy: Policy, places: PlaceTree): boolean {
  const [wide, narrow] = [other.document, policy.document]
  const always = wide.conditions === undefined || JSON.stringify(wide.conditions) === JSON.stringify(narrow.conditions)
  return wide.effect === narrow.effect && always && policy.permissions.size > 0 && covers(other, policy, places)
}

/** Whether whoever, whatever and wherever this one is about, the other is about too. */
function covers(other: Policy, { document, permissions }: Policy, places: PlaceTree): boolean {
  const { principals, resources } = other.document
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  const everyone = principals.includes('*')
  const everywhere = resources.includes('*')
  return (
    document.principals.every((wanted) => everyone || principals.some((one) => isSame(one, wanted))) &&
    document.resources.every(
      (wanted) => everywhere || resources.some((one) => isSame(one, wanted) || isInside(one, wanted, places)),
    ) &&
    [...permissions].every((name) => other.permissions.has(name))
  )
}

/** Whether both are places, and the second is in the first. */
function isInside(around: PolicyResource, inside: PolicyResource, places: PlaceTree): boolean {
  const [outer, inner] = [around, inside].map((one) => {
    if (one === '*' || 'type' in one) return undefined
    const [kind, id] = Object.entries(one)[0] as [PlaceKind, string]
    return places.find(kind, id)
  })
  return outer !== undefined && inner !== undefined && isWithin(outer, inner)
}

function givesEverything({ document, permissions }: Policy, all: readonly string[]): boolean {
  const { conditions, principals, resources } = document
  return (
    !conditions && principals.includes('*') && resources.includes('*') && all.every((name) => permissions.has(name))
  )
}

function goneFrom({ rows, names, book }: Linted) {
  const accounts = new Set(rows.serviceAccounts.map(({ id }) => id))
  return {
    principal(one: PolicyPrincipal): boolean {
      if (one === '*') return false
      if ('user' in one) return names.user(one.user) === one.user
      if ('serviceAccount' in one) return !accounts.has(one.serviceAccount)
      return 'team' in one ? !book.places.find('team', one.team) : !book.byId(one.role)
    },
    resource(one: PolicyResource): boolean {
      if (one === '*' || 'type' in one) return false
      const [kind, id] = Object.entries(one)[0] as ['organization' | 'team' | 'project', string]
      return !book.places.find(kind, id)
    },
  }
}

function shadowed(path: string, by: string): LintFinding {
  return {
    code: 'policy-shadowed',
    severity: 'warning',
    path,
    message: `It never allows anything: the policy “${by}” denies all of it, to the same principals in the same places, without conditions.`,
    remedy: 'Remove one of the two, or narrow the denial.',
  }
}

function implied(path: string, by: string): LintFinding {
  return {
    code: 'policy-implied',
    severity: 'info',
    path,
    message: `The policy “${by}” says all of it already, of the same principals in the same places.`,
    remedy: 'Remove it: it changes nothing.',
  }
}

function everything(path: string): LintFinding {
  return {
    code: 'policy-grants-everything',
    severity: 'error',
    path,
    message: 'It allows everything, everywhere, to everyone in the tenant.',
    remedy: 'Name who is meant, what, or where.',
  }
}

function undeclared(path: string, action: string): LintFinding {
  return {
    code: 'permission-undeclared',
    severity: 'warning',
    path,
    message: `Nothing declares ${action} any more.`,
    remedy: 'Remove it from the policy, or declare it again.',
  }
}

function dangling(path: string, what: string): LintFinding {
  return {
    code: 'policy-dangling',
    severity: 'warning',
    path,
    message: `It names ${what} that is no longer there.`,
    remedy: 'Take it out of the policy.',
  }
}
