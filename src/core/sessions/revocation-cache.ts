// What this process knows of sessions: alive as of a moment, or ended. Never older than its limit, told of endings
// at once, bounded, and keyed by ids alone: a token's text is no key, since one token can be dressed up as another.

import type { Notice } from '../storage/verbs.ts'

export interface SessionKey {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
}

export interface RevocationCache {
  /**
   * Is the session alive? At once from memory where the answer is young enough; otherwise asks, one question per
   * session at a time. When the question fails, so does this: what cannot be known is not alive.
   */
  check(key: SessionKey, ask: () => Promise<boolean>): boolean | Promise<boolean>
  /** A notice that sessions ended: they are not believed alive from now on, not even by an answer under way. */
  forget(notice: Notice): void
  /** Notices may have been missed: every answer is asked for again. */
  forgetAll(): void
}

interface Entry {
  /** When the question was asked: the answer can be no younger. */
  readonly asOf: number
  readonly userId: string
  readonly alive: boolean
}

interface Question {
  readonly asOf: number
  readonly userId: string
  readonly answer: Promise<boolean>
  /** A notice came meanwhile: the answer may be older than it. */
  noticed: boolean
  /** One that was asked so long ago that nobody joins it any more, and has no answer yet. */
  readonly older: Question | undefined
}

/** tenant id -> session id -> what is known: no joined strings, so that no two places can collide. */
type Places<V> = Map<string, Map<string, V>>

/** Entries in one of the two halves. Some 200 bytes each. */
const HALF = 25_000

/**
 * `now` in milliseconds; an answer counts for `maximumAgeMs` after it was asked for. Entries live in two halves: when
 * the young one is full it becomes the old one, and what was in the old one is dropped.
 */
export function createRevocationCache(now: () => number, maximumAgeMs: number, half = HALF): RevocationCache {
  let young: Places<Entry> = new Map()
  let old: Places<Entry> = new Map()
  let count = 0
  const questions: Places<Question> = new Map()

  const known = (tenantId: string, sessionId: string): Entry | undefined =>
    young.get(tenantId)?.get(sessionId) ?? old.get(tenantId)?.get(sessionId)

  function keep(tenantId: string, sessionId: string, entry: Entry): void {
    if (count >= half) {
      old = young
      young = new Map()
      count = 0
    }
    if (!young.get(tenantId)?.has(sessionId)) count++
    put(young, tenantId, sessionId, entry)
  }

  function question({ tenantId, userId, sessionId }: SessionKey, ask: () => Promise<boolean>): Promise<boolean> {
    const running = questions.get(tenantId)?.get(sessionId)
    if (running && isYoung(running)) return running.answer
    const asOf = now()
    const answer = ask().then(
      (alive) => {
        leave()
        // who was told of an end while waiting asks again: of all but one session, this may be the one
        if (asked.noticed) return alive && check({ tenantId, userId, sessionId }, ask)
        if ((known(tenantId, sessionId)?.asOf ?? asOf) <= asOf) keep(tenantId, sessionId, { asOf, userId, alive })
        return alive
      },
      (error) => {
        leave()
        throw error
      },
    )
    const asked: Question = { asOf, userId, answer, noticed: false, older: running }
    put(questions, tenantId, sessionId, asked)
    return answer

    function leave(): void {
      if (questions.get(tenantId)?.get(sessionId) === asked) remove(questions, tenantId, sessionId)
    }
  }

  /** A clock that went back makes nothing young. */
  function isYoung({ asOf }: { readonly asOf: number }): boolean {
    const age = now() - asOf
    return age >= 0 && age < maximumAgeMs
  }

  function check(key: SessionKey, ask: () => Promise<boolean>): boolean | Promise<boolean> {
    const entry = known(key.tenantId, key.sessionId)
    return entry && isYoung(entry) ? entry.alive : question(key, ask)
  }

  return {
    check,
    forget(notice) {
      if (notice.kind !== 'session') return
      const { tenantId, userId, sessionId } = notice
      if (sessionId !== undefined) {
        const asked = tell(questions.get(tenantId)?.get(sessionId))
        remove(questions, tenantId, sessionId)
        // an end is for good; what was never asked about needs no entry
        if (asked || known(tenantId, sessionId)) keep(tenantId, sessionId, { asOf: now(), userId, alive: false })
        return
      }
      removeOf(young, tenantId, userId)
      removeOf(old, tenantId, userId)
      removeOf(questions, tenantId, userId, tell)
    },
    forgetAll() {
      young = new Map()
      old = new Map()
      count = 0
      for (const sessions of questions.values()) for (const asked of sessions.values()) tell(asked)
      questions.clear()
    },
  }
}

/** True when there was a question. */
function tell(question: Question | undefined): boolean {
  for (let asked = question; asked; asked = asked.older) asked.noticed = true
  return question !== undefined
}

function put<V>(places: Places<V>, tenantId: string, sessionId: string, value: V): void {
  const sessions = places.get(tenantId)
  if (sessions) sessions.set(sessionId, value)
  else places.set(tenantId, new Map([[sessionId, value]]))
}

function remove<V>(places: Places<V>, tenantId: string, sessionId: string): void {
  const sessions = places.get(tenantId)
  sessions?.delete(sessionId)
  if (sessions?.size === 0) places.delete(tenantId)
}

function removeOf<V extends { readonly userId: string }>(
  places: Places<V>,
  tenantId: string,
  userId: string,
  told?: (value: V) => void,
): void {
  for (const [sessionId, value] of places.get(tenantId) ?? []) {
    if (value.userId !== userId) continue
    told?.(value)
    remove(places, tenantId, sessionId)
  }
}
