// Why, or why not: the slow path over the same tables as the decision. It looks at every rule that could have a say,
// and answers the one that decided.

import type { Explanation } from './access.ts'
import { ALLOW, bitsOf, DENY } from './bits.ts'
import { type Conditions, FAILS, type Facts, HOLDS, UNKNOWN, type Verdict } from './conditions.ts'
import type { Grant } from './principal-row.ts'
import type { KnownPrincipal } from './principals.ts'
import type { RoleBook } from './role-book.ts'

export interface Question {
  readonly permission: number
  readonly organization: string | undefined
  readonly resource: unknown
  readonly context: unknown
  /** Milliseconds since 1970. */
  readonly now: number
}

/** One rule of one role that one assignment brings. */
interface Voice {
  readonly grant: Grant
  /** From the role assigned to the one that has the rule. */
  readonly roles: readonly string[]
  readonly effect: 'allow' | 'deny'
  readonly conditions: Conditions | undefined
  readonly verdict: Verdict
  readonly missing: readonly string[]
  readonly time: 'now' | 'future' | 'past'
}

type Outcome = Pick<Explanation, 'reason'> & { readonly by?: Voice | undefined; readonly missing?: readonly string[] }

export function explain(book: RoleBook, principal: KnownPrincipal, question: Question): Explanation {
  const {
    reason,
    by,
    missing = [],
  } = principal.active ? judge(voices(book, principal, question)) : ({ reason: 'principal-inactive' } as Outcome)
  return {
    allowed: reason === 'allowed',
    reason,
    ...(by ? { by: shownVoice(by) } : {}),
    missing: [...new Set(missing)],
    version: { tenant: book.version, principal: principal.version },
  }
}

function judge(all: readonly Voice[]): Outcome {
  const present = all.filter(({ time }) => time === 'now')
  const denies = present.filter(({ effect }) => effect === 'deny')
  const denied = plainFirst(denies.filter(({ verdict }) => verdict === HOLDS))
  if (denied) return { reason: 'denied-by-rule', by: denied }

  const allows = present.filter(({ effect }) => effect === 'allow')
  const allowed = plainFirst(allows.filter(({ verdict }) => verdict === HOLDS))
  const openDenies = denies.filter(({ verdict }) => verdict === UNKNOWN)
  const openAllows = allowed ? [] : allows.filter(({ verdict }) => verdict === UNKNOWN)
  if (openDenies.length > 0 && (allowed || openAllows.length > 0)) return contextMissing([...openDenies, ...openAllows])
  if (allowed) return { reason: 'allowed', by: allowed }
  if (openAllows.length > 0) return contextMissing(openAllows)

  const failed = allows.find(({ verdict }) => verdict === FAILS)
  if (failed) return { reason: 'condition-not-met', by: failed }
  const absent = (time: Voice['time']) => all.find((voice) => voice.effect === 'allow' && voice.time === time)
  const coming = absent('future')
  if (coming) return { reason: 'not-yet', by: coming }
  const gone = absent('past')
  return gone ? { reason: 'expired', by: gone } : { reason: 'no-grant' }
}

function contextMissing(open: readonly Voice[]): Outcome {
  return { reason: 'context-missing', by: open[0], missing: open.flatMap(({ missing }) => missing) }
}

/** A rule without conditions says more than one whose conditions happen to hold. */
function plainFirst(voices: readonly Voice[]): Voice | undefined {
  return voices.find(({ conditions }) => conditions === undefined) ?? voices[0]
}

function voices(book: RoleBook, principal: KnownPrincipal, question: Question): Voice[] {
  const { permission, organization, resource, context, now } = question
  const facts: Facts = { principal: principal.facts, resource, context, now: () => now }
  const found: Voice[] = []
  for (const grant of principal.grants) {
    if (grant.organization_id !== null && grant.organization_id !== organization) continue
    const assigned = book.byId(grant.role_id)
    if (!assigned) continue
    const time = timeOf(grant, now)
    const roles: string[] = []
    for (const role of book.closure(assigned).chain) {
      roles.push(role.key)
      const voice = { grant, roles: [...roles], time }
      const { bits, rules } = book.ownRules(role)
      const code = bitsOf(bits, permission)
      const plain = { conditions: undefined, verdict: HOLDS, missing: [] } as const
      if (code & DENY) found.push({ ...voice, effect: 'deny', ...plain })
      if (code & ALLOW) found.push({ ...voice, effect: 'allow', ...plain })
      for (const rule of rules) {
        if (rule.permission !== permission) continue
        const missing: string[] = []
        const verdict = rule.test(facts, missing)
        found.push({ ...voice, effect: rule.effect, conditions: rule.conditions, verdict, missing })
      }
    }
  }
  return found
}

function timeOf({ starts_at, expires_at }: Grant, now: number): Voice['time'] {
  if (expires_at && expires_at.getTime() <= now) return 'past'
  return starts_at && starts_at.getTime() > now ? 'future' : 'now'
}

function shownVoice({ grant, roles, effect, conditions }: Voice): NonNullable<Explanation['by']> {
  return {
    assignmentId: grant.id,
    roles,
    scope: grant.organization_id === null ? { kind: 'tenant' } : { kind: 'organization', id: grant.organization_id },
    effect,
    ...(conditions ? { conditions } : {}),
  }
}
