// takeRates in memory: one token bucket at a time, while nobody else holds the storage.

import { fromNow } from '../../core/storage/tables.ts'
import type { RateAnswer, RateTake } from '../../core/storage/verbs.ts'
import type { Statements } from './statements.ts'

export function takeRate(statements: Statements, { name, subject, limit, windowMs, amount = 1 }: RateTake): RateAnswer {
  const before = statements.get('rate_limits', { name, subject })
  const elapsedMs = before ? Math.max(0, statements.now() - before.updated_at.getTime()) : 0
  const held = before ? Math.min(limit, before.tokens + (elapsedMs * limit) / windowMs) : limit
  const tokens = Math.min(limit, held - amount)
  // a bucket that is not there yet is full
  if (before && tokens < 0) return { allowed: false, tokens: held }
  const bucket = { capacity: limit, window_ms: windowMs, tokens, updated_at: fromNow() }
  if (before) statements.update('rate_limits', { name, subject }, bucket)
  else statements.insert('rate_limits', [{ name, subject, ...bucket }])
  return { allowed: true, tokens }
}
