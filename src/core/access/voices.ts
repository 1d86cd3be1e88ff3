// Everything that has a say about one question, and what comes of it. Slow, for explanations: the decision itself looks
// at bits.

import type { Asked } from './asked.ts'
import { ALLOW, bitsOf, DENY } from './bits.ts'
import { FAILS, type Facts, HOLDS, UNKNOWN, type Verdict } from './conditions.ts'
import { gives, touches } from './evaluator.ts'
import type { Explanation } from './explanation.ts'
import { isWithin, type Place } from './place-tree.ts'
import type { Rule, Said } from './rules.ts'
import type { Source } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'

export interface Question {
  readonly permission: number
  readonly asked: Asked
  readonly facts: Facts
  readonly fields: readonly string[] | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** One thing that one source says of the permission. */
export interface Voice {
  readonly source: Source
  /** From the role assigned to the one that says it. */
  readonly roles: readonly string[]
  readonly effect: 'allow' | 'deny'
  /** Undefined: it holds always, and for every field. */
  readonly rule: Rule | undefined
  readonly verdict: Verdict
  readonly missing: readonly string[]
  readonly time: 'now' | 'future' | 'past'
}

export interface Outcome {
  readonly reason: Explanation['reason']
  readonly by?: Voice | undefined
  readonly missing?: readonly string[]
  /** Fields that nothing allows for certain; `*` where all are asked about. */
  readonly lacking: readonly string[]
}

export function judge(all: readonly Voice[], fields: readonly string[] | undefined): Outcome {
  const denies = denialsOf(all, fields)
  const allows = all.filter(({ effect, time }) => effect === 'allow' && time === 'now')
  const holding = allows.filter(({ verdict }) => verdict === HOLDS)
  const lacking = lackingOf(holding, fields)
  const denied = denies.filter(({ verdict }) => verdict === HOLDS)
  if (denied.length > 0) return { reason: 'denied-by-rule', by: plainFirst(denied), lacking }

  const open = allows.filter((voice) => voice.verdict === UNKNOWN && helps(voice, lacking))
  const possible = lackingOf([...holding, ...open], fields).length === 0
  const openDenies = denies.filter(({ verdict }) => verdict === UNKNOWN)
  if (openDenies.length > 0 && possible) return contextMissing([...openDenies, ...open], lacking)
  if (lacking.length === 0) {
    return { reason: 'allowed', by: plainFirst(holding.filter((voice) => helps(voice, fields ?? [WHOLE]))), lacking }
  }
  if (possible) return contextMissing(open, lacking)

  const failed = allows.find((voice) => voice.verdict === FAILS && helps(voice, lacking))
  if (failed) return { reason: 'condition-not-met', by: failed, lacking }
  const limited = plainFirst(holding.length > 0 ? holding : allows)
  if (limited) return { reason: 'fields-not-granted', by: limited, lacking }
  const absent = (time: Voice['time']) => all.find((voice) => voice.effect === 'allow' && voice.time === time)
  const coming = absent('future')
  if (coming) return { reason: 'not-yet', by: coming, lacking }
  const gone = absent('past')
  return gone ? { reason: 'expired', by: gone, lacking } : { reason: 'no-grant', lacking }
}

/** What denies now, or would if its conditions held. */
export function denialsOf(all: readonly Voice[], fields: readonly string[] | undefined): readonly Voice[] {
  return all.filter(({ effect, time, rule }) => effect === 'deny' && time === 'now' && (!rule || touches(rule, fields)))
}

/** Stands for every field. */
const WHOLE = '*'

/** What of the fields asked about these do not allow. */
function lackingOf(voices: readonly Voice[], fields: readonly string[] | undefined): readonly string[] {
  if (voices.some(isWhole)) return []
  return (fields ?? [WHOLE]).filter((field) => !voices.some((voice) => helps(voice, [field])))
}

function helps({ rule }: Voice, lacking: readonly string[]): boolean {
  return !rule || lacking.some((field) => gives(rule, field))
}

function isWhole({ rule }: Voice): boolean {
  return !rule?.fields
}

function contextMissing(open: readonly Voice[], lacking: readonly string[]): Outcome {
  return { reason: 'context-missing', by: open[0], missing: open.flatMap(({ missing }) => missing), lacking }
}

/** What is said without conditions says more than what happens to hold. */
function plainFirst(voices: readonly Voice[]): Voice | undefined {
  return voices.find(({ rule }) => !rule) ?? voices[0]
}

export function voices(book: TenantBook, sources: readonly Source[], question: Question): Voice[] {
  const found: Voice[] = []
  for (const source of sources) {
    if (bitsOf(source.said.bits, question.permission) === 0 || !countsAt(source, question.asked)) continue
    if (source.origin.kind === 'policy' || source.chain.length === 0) {
      speak(
        found,
        source,
        source.said,
        source.chain.map(({ key }) => key),
        question,
      )
      continue
    }
    const roles: string[] = []
    for (const role of source.chain) {
      roles.push(role.key)
      speak(found, source, book.ownRules(role), roles, question)
    }
  }
  return found
}

function speak(
  found: Voice[],
  source: Source,
  { bits, rules }: Said,
  path: readonly string[],
  question: Question,
): void {
  const { permission, facts, now } = question
  const code = bitsOf(bits, permission)
  if (code === 0) return
  const voice = { source, roles: [...path], time: timeOf(source, now) }
  const plain = { rule: undefined, verdict: HOLDS, missing: [] } as const
  if (code & DENY) found.push({ ...voice, effect: 'deny', ...plain })
  if (code & ALLOW) found.push({ ...voice, effect: 'allow', ...plain })
  for (const rule of rules) {
    if (rule.permission !== permission) continue
    const missing: string[] = []
    const verdict = rule.test ? rule.test(facts, missing) : HOLDS
    found.push({ ...voice, effect: rule.effect, rule, verdict, missing })
  }
}

export function countsAt({ place, exactly, resource }: Source, asked: Asked): boolean {
  if (resource && !(asked.resource?.type === resource.type && asked.resource.id === resource.id)) return false
  if (exactly) return asked.resource === undefined && isAsked(place, asked)
  return place.kind === 'tenant' || asked.places.some((one) => isWithin(place, one))
}

function isAsked(place: Place, { places }: Asked): boolean {
  return places.length === 0 ? place.kind === 'tenant' : places.includes(place)
}

export function timeOf({ starts, ends }: Source, now: number): Voice['time'] {
  if (ends <= now) return 'past'
  return starts > now ? 'future' : 'now'
}
