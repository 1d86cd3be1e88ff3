// Counting attempts in memory, while nobody else holds the storage.

import { fromNow } from '../../core/storage/tables.ts'
import type { AttemptAnswer, AttemptTake } from '../../core/storage/verbs.ts'
import type { Statements } from './statements.ts'

export function takeAttempt(statements: Statements, attempt: AttemptTake): AttemptAnswer {
  const { pool, subject } = attempt
  const now = statements.now()
  const before = statements.get('sign_in_attempts', { pool, subject })
  if (before && now < before.blocked_until.getTime()) {
    return { allowed: false, failures: before.failures, retryAfterMs: before.blocked_until.getTime() - now }
  }
  const forgotten = !before || before.updated_at.getTime() + attempt.forgetAfterMs <= now
  const failures = forgotten ? 1 : before.failures + 1
  const delay = failures > attempt.free ? attempt.baseDelayMs * 2 ** (failures - attempt.free - 1) : 0
  const taken = { failures, blocked_until: fromNow(Math.min(delay, attempt.maxDelayMs)), updated_at: fromNow() }
  if (before) statements.update('sign_in_attempts', { pool, subject }, taken)
  else statements.insert('sign_in_attempts', [{ pool, subject, ...taken }])
  return { allowed: true, failures }
}
