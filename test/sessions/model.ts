// The reference model of a refresh-token family, written from the table and not from the code: plain state, one
// clock, no database. The state machine tests hold every storage against it.

export interface Issued {
  readonly text: string
  readonly generation: number
}

export interface Limits {
  readonly graceMs: number
  readonly idleMs: number
  readonly absoluteMs: number
  readonly retryCap: number
}

/** What a refresh must answer: a child that is new, the child that is live, or a refusal. */
export type Expected =
  | { readonly child: 'new' }
  | { readonly child: Issued }
  | { readonly reason: 'reused' | 'superseded' | 'throttled' | 'ahead' | 'ended'; readonly clear: boolean }

export interface User {
  epoch: number
  active: boolean
}

export interface Family {
  current: Issued
  previous: Issued | undefined
  rotatedAt: number
  previousRotatedAt: number | undefined
  retries: number
  epoch: number
  idleAt: number
  absoluteAt: number
  reason: string | null
}

export class Model {
  readonly user: User
  readonly limits: Limits
  family: Family
  /** Kinds of the security events, in order. */
  readonly events: string[] = []

  constructor(user: User, limits: Limits, first: Issued, now: number) {
    this.user = user
    this.limits = limits
    this.family = {
      current: first,
      previous: undefined,
      rotatedAt: now,
      previousRotatedAt: undefined,
      retries: 0,
      epoch: user.epoch,
      idleAt: now + limits.idleMs,
      absoluteAt: now + limits.absoluteMs,
      reason: null,
    }
  }

  /** It will never live again. */
  dead(now: number): boolean {
    const { reason, idleAt, absoluteAt, epoch } = this.family
    return reason !== null || now >= idleAt || now >= absoluteAt || epoch < this.user.epoch
  }

  refresh(token: Issued, now: number): Expected {
    const { family, limits } = this
    if (this.dead(now)) return { reason: 'ended', clear: true }
    if (!this.user.active) return { reason: 'ended', clear: false }
    if (token.text === family.current.text) return { child: 'new' }
    if (token.text === family.previous?.text && now < family.rotatedAt + limits.graceMs) {
      if (family.retries >= limits.retryCap) return { reason: 'throttled', clear: false }
      family.retries++
      return { child: family.current }
    }
    const behind = family.current.generation - token.generation
    if (behind < 0) {
      this.events.push('refresh-ahead')
      return { reason: 'ahead', clear: false }
    }
    if (behind === 0) return this.#revoke('forked', 'refresh-forked')
    const since = family.previousRotatedAt
    if (behind === 2 && since !== undefined && now < since + limits.graceMs)
      return { reason: 'superseded', clear: false }
    return this.#revoke('refresh-reuse', 'refresh-reuse')
  }

  #revoke(reason: string, event: string): Expected {
    this.family.reason = reason
    this.events.push(event)
    return { reason: 'reused', clear: true }
  }

  /** The child that a refresh answered as new. */
  rotated(child: Issued, now: number): void {
    const { family, limits } = this
    family.previous = family.current
    family.current = child
    family.previousRotatedAt = family.rotatedAt
    family.rotatedAt = now
    family.retries = 0
    family.idleAt = Math.min(now + limits.idleMs, family.absoluteAt)
  }

  /** True when it was live. */
  end(reason: string, now: number): boolean {
    if (this.dead(now)) return false
    this.family.reason = reason
    return true
  }

  /** The user's epoch is about to move on by one; a live family that is kept moves with it. */
  keep(now: number): void {
    if (!this.dead(now)) this.family.epoch++
  }
}
