// Counting attempts: one upsert whose guard is looked at again on the row as the winner of a race left it.

import type { AttemptAnswer, AttemptTake } from '../../core/storage/verbs.ts'
import type { Answer, Send, Statement } from './link.ts'

const MS = `interval '1 millisecond'`
/** Columns round to the millisecond; a time that is over at once must not be rounded into the future. */
const NOW = `date_trunc('milliseconds', clock_timestamp())`
/** How often a race may make the answer stale before the stale answer has to do. */
const TURNS = 3

/** Parameters of the schedule, in the order of `scheduleValues`. */
export interface ScheduleParameters {
  readonly free: string
  readonly baseDelayMs: string
  readonly maxDelayMs: string
  readonly forgetAfterMs: string
}

export function scheduleValues(schedule: Omit<AttemptTake, 'pool' | 'subject'>): readonly number[] {
  return [schedule.free, schedule.baseDelayMs, schedule.maxDelayMs, schedule.forgetAfterMs]
}

/** A row of `attempted`. Refused by a row that the statement's snapshot does not show yet, it says neither how often nor for how long. */
interface Attempted {
  readonly allowed: boolean | null
  readonly failures: number | null
  readonly retry_after_ms: number | null
}

/** Sends a statement, and again where it was refused and cannot say yet for how long. `attempt`: undefined where there was none to count. */
export async function insist(
  send: Send,
  statement: Statement,
): Promise<{ readonly answer: Answer; readonly attempt: AttemptAnswer | undefined }> {
  for (let turn = 1; ; turn++) {
    const answer = await send(statement)
    const { allowed, failures, retry_after_ms } = answer.rows[0] as unknown as Attempted
    if (allowed === null) return { answer, attempt: undefined }
    if (allowed) return { answer, attempt: { allowed, failures: Number(failures) } }
    const retryAfterMs = Math.ceil(Number(retry_after_ms ?? 0))
    if (retryAfterMs > 0 || turn === TURNS) {
      const refused = { allowed, failures: Number(failures ?? 0), retryAfterMs: Math.max(1, retryAfterMs) }
      return { answer, attempt: refused }
    }
  }
}

export async function takeAttempt(
  send: Send,
  schema: string,
  tenantId: string,
  attempt: AttemptTake,
): Promise<AttemptAnswer> {
  return (await insist(send, attemptStatement(schema, tenantId, attempt))).attempt!
}

export function attemptStatement(
  schema: string,
  tenantId: string,
  { pool, subject, ...schedule }: AttemptTake,
): Statement {
  const values = [tenantId, pool, subject, ...scheduleValues(schedule)]
  return { name: 'take_attempt', text: takeText(schema), values }
}

function takeText(schema: string): string {
  const schedule = { free: '$4', baseDelayMs: '$5', maxDelayMs: '$6', forgetAfterMs: '$7' }
  return `
with ${takenText(schema, 'select $2::text as pool, $3::bytea as subject', schedule)}
select * from attempted`
}

/**
 * Two common table expressions: `taken` has a row where the attempt that `source` names (pool, subject) was counted,
 * `attempted` one where there was an attempt to count, with what became of it. The delay doubles; the exponent is kept
 * where a double can follow.
 */
export function takenText(schema: string, source: string, schedule: ScheduleParameters): string {
  const { free, baseDelayMs, maxDelayMs, forgetAfterMs } = schedule
  const failures = `case when a.updated_at + ${forgetAfterMs}::double precision * ${MS} <= clock_timestamp() then 1 else a.failures + 1 end`
  const delay = (count: string): string =>
    `case when ${count} <= ${free}::bigint then 0
      else least(${baseDelayMs}::double precision * power(2, least(${count} - ${free}::bigint - 1, 60)), ${maxDelayMs}::double precision) end * ${MS}`
  return `
source as materialized (${source}), taken as (
  insert into ${schema}.sign_in_attempts as a (tenant_id, pool, subject, failures, blocked_until, updated_at)
  select $1::uuid, pool, subject, 1, ${NOW} + ${delay('1')}, clock_timestamp() from source
  on conflict (tenant_id, pool, subject) do update set
    failures = ${failures},
    blocked_until = ${NOW} + ${delay(`(${failures})`)},
    updated_at = clock_timestamp()
  where a.blocked_until <= clock_timestamp()
  returning failures
), attempted as (
  select true as allowed, failures, 0::double precision as retry_after_ms from taken
  union all
  select false, a.failures, (extract(epoch from a.blocked_until - clock_timestamp()) * 1000)::double precision
  from source s left join ${schema}.sign_in_attempts a
    on a.tenant_id = $1::uuid and a.pool = s.pool and a.subject = s.subject
  where not exists (select from taken)
)`
}
