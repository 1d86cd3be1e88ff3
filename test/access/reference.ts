// The rules of access, written down naively: plain data, no tables, no bits, nothing shared with the evaluator. Slow,
// and easy to read against docs/access.md.

import type { Explanation } from '../../src/core/access/access.ts'
import { type Truth, weigh } from './condition-reference.ts'

export interface Entry {
  readonly resource: string
  readonly actions: readonly string[]
  readonly effect?: 'allow' | 'deny'
  readonly conditions?: Readonly<Record<string, unknown>>
}

export interface World {
  readonly roles: readonly { id: string; key: string; parent: string | null; entries: readonly Entry[] }[]
  readonly assignments: readonly {
    id: string
    role: string
    organization: string | null
    startsAt: number | null
    expiresAt: number | null
  }[]
  readonly active: boolean
  readonly principal: Readonly<Record<string, unknown>>
}

export interface Ask {
  readonly permission: string
  readonly organization?: string
  readonly resource?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly now: number
}

type Answer = Pick<Explanation, 'allowed' | 'reason' | 'missing' | 'by'>

export function judge(world: World, ask: Ask): Answer {
  if (!world.active) return { allowed: false, reason: 'principal-inactive', missing: [] }
  const rules = rulesFor(world, ask)
  const current = rules.filter((rule) => rule.when === 'current')
  const pick = (effect: 'allow' | 'deny', truth: Truth) =>
    current.filter((rule) => rule.effect === effect && rule.truth === truth)
  const answer = (reason: Answer['reason'], chosen: readonly Rule[], missing: readonly string[] = []): Answer => {
    const by = chosen.find((rule) => rule.conditions === undefined) ?? chosen[0]
    return { allowed: reason === 'allowed', reason, missing: [...new Set(missing)], ...(by ? { by: shown(by) } : {}) }
  }
  const gaps = (open: readonly Rule[]) => open.flatMap((rule) => rule.missing)

  const denied = pick('deny', 'yes')
  if (denied.length > 0) return answer('denied-by-rule', denied)
  const allowed = pick('allow', 'yes')
  const maybeDenied = pick('deny', 'unknown')
  const maybeAllowed = allowed.length > 0 ? [] : pick('allow', 'unknown')
  if (maybeDenied.length > 0 && (allowed.length > 0 || maybeAllowed.length > 0)) {
    return answer('context-missing', maybeDenied, gaps([...maybeDenied, ...maybeAllowed]))
  }
  if (allowed.length > 0) return answer('allowed', allowed)
  if (maybeAllowed.length > 0) return answer('context-missing', maybeAllowed, gaps(maybeAllowed))
  const failed = pick('allow', 'no')
  if (failed.length > 0) return answer('condition-not-met', failed.slice(0, 1))
  for (const [when, reason] of [
    ['later', 'not-yet'],
    ['over', 'expired'],
  ] as const) {
    const found = rules.filter((rule) => rule.when === when && rule.effect === 'allow')
    if (found.length > 0) return answer(reason, found.slice(0, 1))
  }
  return { allowed: false, reason: 'no-grant', missing: [] }
}

interface Rule {
  readonly when: 'current' | 'later' | 'over'
  readonly effect: 'allow' | 'deny'
  readonly conditions: Readonly<Record<string, unknown>> | undefined
  readonly truth: Truth
  readonly missing: readonly string[]
  readonly assignment: World['assignments'][number]
  readonly path: readonly string[]
}

function rulesFor(world: World, ask: Ask): Rule[] {
  const rules: Rule[] = []
  const seen = { principal: world.principal, resource: ask.resource, context: ask.context, now: ask.now }
  const sorted = [...world.assignments].sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const assignment of sorted) {
    if (assignment.organization !== null && assignment.organization !== ask.organization) continue
    const over = assignment.expiresAt !== null && ask.now >= assignment.expiresAt
    const later = assignment.startsAt !== null && ask.now < assignment.startsAt
    const when = over ? 'over' : later ? 'later' : 'current'
    const path: string[] = []
    let role = world.roles.find(({ id }) => id === assignment.role)
    while (role) {
      path.push(role.key)
      const own = role.entries.filter(({ resource, actions }) =>
        actions.some((action) => `${resource}:${action}` === ask.permission),
      )
      // in one role, what is said without conditions first, and denials before the rest
      const plain = own.filter(({ conditions }) => !conditions)
      const place = { when, assignment, path: [...path] } as const
      for (const effect of ['deny', 'allow'] as const) {
        if (plain.some((entry) => (entry.effect ?? 'allow') === effect)) {
          rules.push({ ...place, effect, conditions: undefined, truth: 'yes', missing: [] })
        }
      }
      for (const { effect = 'allow', conditions } of own) {
        if (conditions) rules.push({ ...place, effect, conditions, ...weigh(conditions, seen) })
      }
      const { parent } = role
      role = world.roles.find(({ id }) => id === parent)
    }
  }
  return rules
}

function shown({ assignment, path, effect, conditions }: Rule): NonNullable<Answer['by']> {
  return {
    assignmentId: assignment.id,
    roles: path,
    scope:
      assignment.organization === null ? { kind: 'tenant' } : { kind: 'organization', id: assignment.organization },
    effect,
    ...(conditions ? { conditions } : {}),
  }
}
