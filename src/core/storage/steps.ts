// A transaction that is known before it begins. Its steps are said all at once, so they travel in one round trip; what
// another transaction would decide by looking, a step demands: its one row is there, or nothing of it all happens.

import type { Change, Where } from './records.ts'
import type { FailedSignIn, LearnedSignIn } from './risk-verbs.ts'
import type { NewRow, Row, TenantTableName } from './tables.ts'
import type { AttemptAnswer, AttemptTake, Notice, SessionEnding, SessionOpening } from './verbs.ts'

declare const answered: unique symbol

/** Known again by itself, so that no transaction has one of them twice. `R` is the row that it answers. */
export interface Step<R = unknown> {
  readonly deed: Deed
  readonly [answered]?: R
}

/** What a step does. Those that demand a row say so. */
export type Deed =
  /** Nobody else changes the row before the transaction ends. */
  | { readonly kind: 'hold'; readonly table: TenantTableName; readonly key: object }
  /** Demands the one row that it changes. */
  | { readonly kind: 'changeOne'; readonly table: TenantTableName; readonly where: object; readonly change: object }
  /** Changes the rows that match, if any. */
  | { readonly kind: 'change'; readonly table: TenantTableName; readonly where: object; readonly change: object }
  | { readonly kind: 'add'; readonly table: TenantTableName; readonly row: object }
  | { readonly kind: 'addAll'; readonly table: TenantTableName; readonly rows: readonly object[] }
  | { readonly kind: 'remove'; readonly table: TenantTableName; readonly where: object }
  /** Demands that one row matches, as the steps before have left it. */
  | { readonly kind: 'there'; readonly table: TenantTableName; readonly where: object }
  /** Demands that no more rows match, as the steps before have left them. */
  | { readonly kind: 'atMost'; readonly table: TenantTableName; readonly where: object; readonly maximum: number }
  /** As the verb; demands that the user is active and in the epoch. */
  | { readonly kind: 'openSession'; readonly opening: SessionOpening }
  /** As the verb, for one session; demands that it was live. */
  | { readonly kind: 'endSession'; readonly ending: OneSession }
  /** As the verb; demands nothing, and answers whether it was allowed. */
  | { readonly kind: 'takeAttempt'; readonly attempt: AttemptTake }
  | { readonly kind: 'learnSignIn'; readonly learning: LearnedSignIn }
  | { readonly kind: 'countFailure'; readonly failure: FailedSignIn }
  | { readonly kind: 'appendAudit'; readonly events: readonly Row<'audit_events'>[] }
  | { readonly kind: 'publish'; readonly notice: Notice }

export type OneSession = Pick<SessionEnding, 'userId' | 'reason'> & { readonly only: string }

/** What became of steps: all of them are done, or none is. */
export type Outcome = Done | Lost

export interface Done {
  readonly done: true
  /** The row that a step changed, added or opened, or what it answers. */
  row<R>(step: Step<R>): R
}

export interface Lost {
  readonly done: false
  /** The first that did not find what it demands. */
  readonly lost: Step
}

const of = <R = never>(deed: Deed): Step<R> => ({ deed })

export function hold<T extends TenantTableName>(table: T, key: Where<T>): Step<never> {
  return of({ kind: 'hold', table, key })
}

export function changeOne<T extends TenantTableName>(table: T, where: Where<T>, change: Change<T>): Step<Row<T>> {
  return of({ kind: 'changeOne', table, where, change })
}

export function change<T extends TenantTableName>(table: T, where: Where<T>, change: Change<T>): Step<never> {
  return of({ kind: 'change', table, where, change })
}

export function add<T extends TenantTableName>(table: T, row: NewRow<T>): Step<Row<T>> {
  return of({ kind: 'add', table, row })
}

export function addAll<T extends TenantTableName>(table: T, rows: readonly NewRow<T>[]): Step<never> {
  return of({ kind: 'addAll', table, rows })
}

export function remove<T extends TenantTableName>(table: T, where: Where<T>): Step<never> {
  return of({ kind: 'remove', table, where })
}

export function there<T extends TenantTableName>(table: T, where: Where<T>): Step<never> {
  return of({ kind: 'there', table, where })
}

export function atMost<T extends TenantTableName>(maximum: number, table: T, where: Where<T>): Step<never> {
  return of({ kind: 'atMost', table, where, maximum })
}

export const openSession = (opening: SessionOpening): Step<Row<'sessions'>> => of({ kind: 'openSession', opening })
export const endSession = (ending: OneSession): Step<never> => of({ kind: 'endSession', ending })
export const takeAttempt = (attempt: AttemptTake): Step<Pick<AttemptAnswer, 'allowed'>> =>
  of({ kind: 'takeAttempt', attempt })
export const learnSignIn = (learning: LearnedSignIn): Step<never> => of({ kind: 'learnSignIn', learning })
export const countFailure = (failure: FailedSignIn): Step<never> => of({ kind: 'countFailure', failure })
export const publish = (notice: Notice): Step<never> => of({ kind: 'publish', notice })

/** Takes what an audit writer appends as a further step. */
export function told(steps: Step[]): { readonly verbs: { appendAudit(events: AuditEvents): Promise<void> } } {
  return {
    verbs: {
      async appendAudit(events) {
        steps.push(of({ kind: 'appendAudit', events }))
      },
    },
  }
}

type AuditEvents = readonly Row<'audit_events'>[]
