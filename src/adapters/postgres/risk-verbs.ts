// The verbs of risk: the two statements that it learns by, each of which counts on from what a concurrent one left.

import type { FailedSignIn, LearnedSignIn } from '../../core/storage/risk-verbs.ts'
import type { Statement } from './link.ts'

const MS = `interval '1 millisecond'`
/** Columns round to the millisecond: a moment must not be rounded into the future. */
const NOW = `date_trunc('milliseconds', clock_timestamp())`

/** What a count has left; after 60 half-lives nothing that anybody would see, and no power that is too small to be. */
export function left(row: string, halfLifeMs: string): string {
  const elapsedMs = `(extract(epoch from clock_timestamp() - ${row}.updated_at) * 1000)::double precision`
  return `${row}.failures * power(0.5::double precision,
    least(60::double precision, greatest(0::double precision, ${elapsedMs}) / ${halfLifeMs}::double precision))`
}

/** Rows are locked in the order of their keys, the accounts before what counts them: two calls never wait for each other. */
export function failureStatement(
  schema: string,
  tenantId: string,
  { halfLifeMs, counts, accounts }: FailedSignIn,
): Statement {
  return {
    name: 'count_failure',
    text: `
with placed as (
  select * from unnest($5::text[], $6::bytea[], $7::bytea[]) as p (pool, subject, account_at)
), fresh as (
  insert into ${schema}.failure_counts as f (tenant_id, pool, subject, failures, updated_at)
  select $1::uuid, 'account-at', account_at, 1, ${NOW} from placed order by account_at
  on conflict (tenant_id, pool, subject) do update set updated_at = ${NOW}
  where f.updated_at + $2::double precision * ${MS} <= clock_timestamp()
  returning subject
), counted as (
  select * from unnest($3::text[], $4::bytea[]) as c (pool, subject)
  union all
  select p.pool, p.subject from placed p join fresh on fresh.subject = p.account_at
)
insert into ${schema}.failure_counts as f (tenant_id, pool, subject, failures, updated_at)
select $1::uuid, pool, subject, 1, ${NOW} from counted order by pool, subject
on conflict (tenant_id, pool, subject) do update set failures = ${left('f', '$2')} + 1, updated_at = ${NOW}`,
    values: [
      tenantId,
      halfLifeMs,
      counts.map(({ pool }) => pool),
      counts.map(({ subject }) => subject),
      accounts.map(({ place }) => place.pool),
      accounts.map(({ place }) => place.subject),
      accounts.map(({ accountAt }) => accountAt),
    ],
  }
}

export function learnStatement(
  schema: string,
  tenantId: string,
  { userId, country, latitude, longitude, accuracyKm }: LearnedSignIn,
): Statement {
  const hour = (moment: string): string => `extract(hour from ${moment} at time zone 'UTC')::integer::text`
  return {
    name: 'learn_sign_in',
    text: `
insert into ${schema}.sign_in_profiles as p (tenant_id, user_id, sign_ins, last_at, last_country, last_latitude,
  last_longitude, last_accuracy_km, countries, hours, updated_at)
select $1::uuid, $2::uuid, 1, n.at, $3::text, $4::double precision, $5::double precision, $6::double precision,
  case when $3::text is null then '{}'::jsonb
    else jsonb_build_object($3::text, floor(extract(epoch from n.at) * 1000)::bigint) end,
  jsonb_build_object(${hour('n.at')}, 1), n.at
from (select ${NOW} as at) n
on conflict (tenant_id, user_id) do update set
  sign_ins = p.sign_ins + 1,
  last_at = excluded.last_at,
  last_country = excluded.last_country,
  last_latitude = excluded.last_latitude,
  last_longitude = excluded.last_longitude,
  last_accuracy_km = excluded.last_accuracy_km,
  countries = p.countries || excluded.countries,
  hours = p.hours || jsonb_build_object(${hour('excluded.last_at')},
    coalesce((p.hours ->> ${hour('excluded.last_at')})::bigint, 0) + 1),
  updated_at = excluded.updated_at`,
    values: [tenantId, userId, country, latitude, longitude, accuracyKm],
  }
}
