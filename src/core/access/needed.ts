// What would have to be otherwise for a refusal to become a permission.

import { ALLOW, ALLOW_IF, bitsOf, DENY } from './bits.ts'
import { HOLDS } from './conditions.ts'
import { causeOf } from './explain.ts'
import type { Need } from './explanation.ts'
import type { Scope } from './grants.ts'
import { type Source, scopeOfSource } from './sources.ts'
import type { TenantBook } from './tenant-book.ts'
import { countsAt, denialsOf, judge, type Question, timeOf, type Voice } from './voices.ts'

/** Of anything that is named. */
const AT_MOST = 10

/** Of a principal who is active. What denies comes first; then what is needed if nothing did. */
export function neededFor(
  book: TenantBook,
  sources: readonly Source[],
  question: Question,
  all: readonly Voice[],
): readonly Need[] {
  const { asked, fields } = question
  const { reason, by, missing = [], lacking } = judge(all, fields)
  if (reason === 'allowed') return []
  if (reason === 'denied-by-rule') {
    const denies = denialsOf(all, fields).filter(({ verdict }) => verdict === HOLDS)
    const others = all.filter((voice) => !denies.includes(voice))
    const removals = denies.slice(0, AT_MOST).map((voice) => ({ kind: 'removal', of: causeOf(voice, asked) }) as const)
    return [...removals, ...neededFor(book, sources, question, others)]
  }
  if (reason === 'context-missing') return [{ kind: 'facts', paths: [...new Set(missing)] }]
  if (reason === 'fields-not-granted') return [{ kind: 'fields', fields: lacking }]
  if (reason === 'condition-not-met') return [{ kind: 'conditions', conditions: by?.rule?.conditions ?? {} }]
  if (reason === 'not-yet') return [{ kind: 'time', from: new Date(by!.source.starts) }]
  const needs: Need[] = reason === 'expired' ? [{ kind: 'renewal', endedAt: new Date(by!.source.ends) }] : []
  if (reason === 'no-grant') needs.push({ kind: 'role', roles: book.allowing(question.permission) })
  const scopes = elsewhere(sources, question)
  if (scopes.length > 0) needs.push({ kind: 'place', scopes })
  return needs
}

/** Where else it is allowed now. */
function elsewhere(sources: readonly Source[], { permission, asked, now }: Question): Scope[] {
  const scopes = new Map<string, Scope>()
  for (const source of sources) {
    if (scopes.size === AT_MOST) break
    const code = bitsOf(source.said.bits, permission)
    if ((code & (ALLOW | ALLOW_IF)) === 0 || (code & DENY) !== 0) continue
    if (timeOf(source, now) !== 'now' || countsAt(source, asked)) continue
    const scope = scopeOfSource(source)
    scopes.set(JSON.stringify(scope), scope)
  }
  return [...scopes.values()]
}
