// takeRates as one statement: every bucket is an upsert whose guard is looked at again on the row as the winner of a
// race left it, so that no crowd takes more than there is.

import type { RateAnswer, RateTake } from '../../core/storage/verbs.ts'
import type { Send } from './link.ts'

export async function takeRates(
  send: Send,
  schema: string,
  tenantId: string,
  rates: readonly RateTake[],
): Promise<readonly RateAnswer[]> {
  if (rates.length === 0) return []
  const { rows } = await send({
    name: 'take_rates',
    text: rateText(schema),
    values: [
      tenantId,
      rates.map(({ name }) => name),
      rates.map(({ subject }) => subject),
      rates.map(({ limit }) => limit),
      rates.map(({ windowMs }) => windowMs),
      rates.map(({ amount = 1 }) => amount),
    ],
  })
  return rows.map((row) => ({ allowed: row.allowed as boolean, tokens: Number(row.tokens) }))
}

/**
 * `excluded` carries what this call wants: capacity, window, and (capacity less amount) as what a new bucket is left
 * with. Rows are locked in the order of their keys, so that two calls never wait for each other. What a refused bucket
 * holds is read from before the statement, and is only told.
 */
function rateText(schema: string): string {
  const filled = (bucket: string, capacity: string, window: string): string =>
    `least(${capacity}::double precision, ${bucket}.tokens + greatest(0::double precision,
      (extract(epoch from clock_timestamp() - ${bucket}.updated_at) * 1000)::double precision) * ${capacity} / ${window})`
  const left = `${filled('r', 'excluded.capacity', 'excluded.window_ms')} - (excluded.capacity - excluded.tokens)`
  return `
with wanted as (
  select * from unnest($2::text[], $3::bytea[], $4::bigint[], $5::bigint[], $6::double precision[])
    with ordinality as w (name, subject, capacity, window_ms, amount, place)
), taken as (
  insert into ${schema}.rate_limits as r (tenant_id, name, subject, capacity, window_ms, tokens, updated_at)
  select $1::uuid, name, subject, capacity, window_ms, capacity - amount, clock_timestamp()
  from wanted order by name, subject
  on conflict (tenant_id, name, subject) do update set
    capacity = excluded.capacity,
    window_ms = excluded.window_ms,
    tokens = least(excluded.capacity, ${left}),
    updated_at = clock_timestamp()
  where ${left} >= 0
  returning name, subject, tokens
)
select t.name is not null as allowed,
  least(w.capacity, coalesce(t.tokens, ${filled('r', 'w.capacity', 'w.window_ms')}, 0)) as tokens
from wanted w
left join taken t on t.name = w.name and t.subject = w.subject
left join ${schema}.rate_limits r on r.tenant_id = $1::uuid and r.name = w.name and r.subject = w.subject
order by w.place`
}
