// The verbs of risk in memory. Each runs while nobody else holds the storage.

import { decayed } from '../../core/authentication/risk/failure-memory.ts'
import type { FailedSignIn, FailureKey, LearnedSignIn } from '../../core/storage/risk-verbs.ts'
import { fromNow } from '../../core/storage/tables.ts'
import type { Statements } from './statements.ts'

export function countFailure(statements: Statements, { halfLifeMs, counts, accounts }: FailedSignIn): void {
  const fresh = accounts.filter(({ accountAt }) => isFresh(statements, accountAt, halfLifeMs))
  for (const key of [...counts, ...fresh.map(({ place }) => place)]) {
    const failures = left(statements, key, halfLifeMs) + 1
    const { pool, subject } = key
    const [counted] = statements.update('failure_counts', { pool, subject }, { failures, updated_at: fromNow() })
    if (!counted) statements.insert('failure_counts', [{ pool, subject, failures }])
  }
}

export function left(statements: Statements, { pool, subject }: FailureKey, halfLifeMs: number): number {
  const row = statements.get('failure_counts', { pool, subject })
  return row ? decayed(row.failures, statements.now() - row.updated_at.getTime(), halfLifeMs) : 0
}

function isFresh(statements: Statements, subject: Uint8Array, halfLifeMs: number): boolean {
  const key = { pool: 'account-at', subject } as const
  const row = statements.get('failure_counts', key)
  if (row && row.updated_at.getTime() + halfLifeMs > statements.now()) return false
  if (row) statements.update('failure_counts', key, { updated_at: fromNow() })
  else statements.insert('failure_counts', [{ ...key, failures: 1 }])
  return true
}

export function learnSignIn(statements: Statements, learning: LearnedSignIn): void {
  const { userId, country, latitude, longitude, accuracyKm } = learning
  const now = statements.now()
  const held = statements.get('sign_in_profiles', { user_id: userId })
  const hour = String(new Date(now).getUTCHours())
  const profile = {
    sign_ins: (held?.sign_ins ?? 0) + 1,
    last_at: fromNow(),
    last_country: country,
    last_latitude: latitude,
    last_longitude: longitude,
    last_accuracy_km: accuracyKm,
    countries: { ...held?.countries, ...(country === null ? {} : { [country]: now }) },
    hours: { ...held?.hours, [hour]: (held?.hours[hour] ?? 0) + 1 },
    updated_at: fromNow(),
  }
  if (held) statements.update('sign_in_profiles', { user_id: userId }, profile)
  else statements.insert('sign_in_profiles', [{ user_id: userId, ...profile }])
}
