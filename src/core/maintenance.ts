// Housekeeping: what a tenant's rows are no longer needed for goes, in steps so small that no request waits for one.
// Without it they grow for ever, some at a stranger's will: an attempt at a made-up address is a row.

import type { Context } from './context.ts'
import { checkInteger, checkKeys } from './kernel/input.ts'
import { type ReencryptionEvent, type ReencryptionOptions, reencrypt } from './reencryption.ts'
import type { Where } from './storage/records.ts'
import type { TenantScope } from './storage/storage.ts'
import { fromNow } from './storage/tables.ts'
import type { Directory } from './tenancy/directory.ts'
import { roundOf } from './tenancy/round.ts'

export interface MaintenanceOptions {
  /** How long a session is kept after it was over, in milliseconds: for session lists and inquiries. Default 30 days. */
  readonly keepSessionsMs?: number
  /** How long a security event is kept, in milliseconds. Default 400 days. */
  readonly keepEventsMs?: number
  /** How long an invitation is kept after it was answered or revoked, or expired, in milliseconds. Default 90 days. */
  readonly keepInvitationsMs?: number
}

export interface MaintenanceReport {
  /** Tenants that were looked after; those being moved or purged are left alone. */
  readonly tenants: number
  readonly removed: {
    /** Failures that are forgotten: older than `attempts.forgetAfterMs`. */
    readonly attempts: number
    /** Buckets of rate limits that nobody took from for a day: they are full again. */
    readonly rates: number
    /** Counts of failed sign-ins of which nothing is left. */
    readonly failures: number
    /** Links and codes that nobody can use any more, for a day. */
    readonly challenges: number
    readonly sessions: number
    readonly events: number
    readonly invitations: number
  }
}

export interface Maintenance {
  /**
   * Goes through all tenants once. Run it daily, from one process; two at once do no harm, and one that was interrupted has
   * only done less.
   * @throws INPUT_INVALID, STORAGE_UNAVAILABLE
   */
  run(options?: MaintenanceOptions): Promise<MaintenanceReport>
  /**
   * Seals again with the current root key whatever an older one sealed, in all tenants, and tells how far it is; the last event
   * says which keys are used by nothing any more. Does its work while it is iterated, and stops when that is. One that was
   * stopped is resumed by another call: what was moved is only read. Run it once every process has the new current key.
   * @throws INPUT_INVALID at once; STORAGE_UNAVAILABLE, CONFLICT: what was moved until then stays moved
   */
  reencrypt(options?: ReencryptionOptions): AsyncIterable<ReencryptionEvent>
}

const DAY = 86_400_000
/** A year, and the time to ask about its last day. */
const DEFAULTS = { keepSessionsMs: 30 * DAY, keepEventsMs: 400 * DAY, keepInvitationsMs: 90 * DAY }
/** Rows removed by one statement. */
const STEP = 1_000
/** Half-lives after which nothing that anybody would see is left of a count. */
const FADED = 30

export function createMaintenance(context: Context, directory: Directory): Maintenance {
  const { settings } = context
  return {
    reencrypt: (options) => reencrypt(context, directory, options),
    async run(options = {}) {
      checkKeys(options, 'options', ['keepSessionsMs', 'keepEventsMs', 'keepInvitationsMs'])
      const keepSessionsMs = checkInteger(options.keepSessionsMs ?? DEFAULTS.keepSessionsMs, 'keepSessionsMs', 0)
      const keepEventsMs = checkInteger(options.keepEventsMs ?? DEFAULTS.keepEventsMs, 'keepEventsMs', 0)
      const { keepInvitationsMs: kept = DEFAULTS.keepInvitationsMs } = options
      const keepInvitationsMs = checkInteger(kept, 'keepInvitationsMs', 0)
      const removed = { attempts: 0, rates: 0, failures: 0, challenges: 0, sessions: 0, events: 0, invitations: 0 }
      let tenants = 0
      for await (const { scope } of roundOf(context, directory)) {
        if (!scope) continue
        removed.attempts += await removeAttempts(scope, settings.attempts.forgetAfterMs)
        removed.rates += await scope.records.remove('rate_limits', { updated_at: { before: fromNow(-DAY) } })
        removed.failures += await scope.records.remove('failure_counts', {
          updated_at: { before: fromNow(-FADED * settings.risk.halfLifeMs) },
        })
        removed.challenges += await removeById(scope, 'challenges', { expires_at: { before: fromNow(-DAY) } })
        // each row falls under one of the two at least, and is counted by the first that finds it
        removed.sessions += await removeById(scope, 'sessions', {
          idle_expires_at: { before: fromNow(-keepSessionsMs) },
        })
        removed.sessions += await removeById(scope, 'sessions', { revoked_at: { before: fromNow(-keepSessionsMs) } })
        removed.events += await removeById(scope, 'security_events', {
          created_at: { before: fromNow(-keepEventsMs) },
        })
        // ended or not: one whose time was over so long ago is of no use to anybody
        removed.invitations += await removeById(scope, 'invitations', {
          expires_at: { before: fromNow(-keepInvitationsMs) },
        })
        removed.invitations += await removeById(scope, 'invitations', {
          ended_at: { before: fromNow(-keepInvitationsMs) },
        })
        tenants++
      }
      return { tenants, removed }
    },
  }
}

async function removeById<T extends 'challenges' | 'sessions' | 'security_events' | 'invitations'>(
  { records }: TenantScope,
  table: T,
  where: Where<T>,
): Promise<number> {
  let removed = 0
  for (;;) {
    const rows: readonly { readonly id: string }[] = await records.find(table, { where, limit: STEP })
    if (rows.length === 0) return removed
    const found = { ...where, id: { in: rows.map(({ id }) => id) } } as Where<T>
    removed += await records.remove(table, found)
    if (rows.length < STEP) return removed
  }
}

/** The guard is said again where it is removed: an address that is tried in this very moment keeps its count. */
async function removeAttempts({ records }: TenantScope, forgetAfterMs: number): Promise<number> {
  const where: Where<'sign_in_attempts'> = { updated_at: { before: fromNow(-forgetAfterMs) } }
  let removed = 0
  for (;;) {
    const rows = await records.find('sign_in_attempts', { where, limit: STEP })
    for (const pool of new Set(rows.map((row) => row.pool))) {
      const subjects = rows.filter((row) => row.pool === pool).map(({ subject }) => subject)
      removed += await records.remove('sign_in_attempts', { ...where, pool, subject: { in: subjects } })
    }
    if (rows.length < STEP) return removed
  }
}
