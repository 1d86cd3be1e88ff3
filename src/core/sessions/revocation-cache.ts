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
  readonly userId: string
  readonly answer: Promise<boolean>
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
    if (running) return running.answer
    const asOf = now()
    const answer = ask().then(
      (alive) => {
        // a notice that came meanwhile took the question away: the answer may be older than the notice
        if (settle()) keep(tenantId, sessionId, { asOf, userId, alive })
        return alive
      },
      (error) => {
        settle()
        throw error
      },
    )
    put(questions, tenantId, sessionId, { userId, answer })
    return answer

    function settle(): boolean {
      if (questions.get(tenantId)?.get(sessionId)?.answer !== answer) return false
      remove(questions, tenantId, sessionId)
      return true
    }
  }

  return {
    check(key, ask) {
      const entry = known(key.tenantId, key.sessionId)
      if (entry) {
        const age = now() - entry.asOf
        // a clock that went back makes no answer young
        if (age >= 0 && age < maximumAgeMs) return entry.alive
      }
      return question(key, ask)
    },
    forget(notice) {
      if (notice.kind !== 'session') return
      const { tenantId, userId, sessionId } = notice
      if (sessionId !== undefined) {
        const asked = remove(questions, tenantId, sessionId)
        // an end is for good; what was never asked about needs no entry
        if (asked || known(tenantId, sessionId)) keep(tenantId, sessionId, { asOf: now(), userId, alive: false })
        return
      }
      removeOf(young, tenantId, userId)
      removeOf(old, tenantId, userId)
      removeOf(questions, tenantId, userId)
    },
    forgetAll() {
      young = new Map()
      old = new Map()
      count = 0
      questions.clear()
    },
  }
}

function put<V>(places: Places<V>, tenantId: string, sessionId: string, value: V): void {
  const sessions = places.get(tenantId)
  if (sessions) sessions.set(sessionId, value)
  else places.set(tenantId, new Map([[sessionId, value]]))
}

function remove<V>(places: Places<V>, tenantId: string, sessionId: string): boolean {
  const sessions = places.get(tenantId)
  const removed = sessions?.delete(sessionId) ?? false
  if (sessions?.size === 0) places.delete(tenantId)
  return removed
}

function removeOf<V extends { readonly userId: string }>(places: Places<V>, tenantId: string, userId: string): void {
  for (const [sessionId, value] of places.get(tenantId) ?? []) {
    if (value.userId === userId) remove(places, tenantId, sessionId)
  }
}
