// The texts of the session verbs. Fixed but for the schema; `$1` is the tenant in each of them.
//
// Written for READ COMMITTED: an UPDATE that waited for a row looks at it again as the winner left it, so its
// conditions and its CASEs speak of that row; `clock_timestamp()` is read then, not when the statement began. The
// user that is joined is read as of the statement's begin, though. That is safe: whatever ends a user's sessions
// moves the epoch and touches the session rows in one statement, and so the session row tells of it.

import { ROTATION_COLUMNS } from '../../core/storage/session-view.ts'
import type { OneSession } from '../../core/storage/steps.ts'
import { columnsOf } from '../../core/storage/tables.ts'
import type { SessionOpening } from '../../core/storage/verbs.ts'

export type SessionStatement = 'open' | 'look_up' | 'rotate' | 'judge' | 'end_one' | 'end_all'

const MS = `interval '1 millisecond'`

const sessionList = columnsOf('sessions')
  .map(([name]) => `s.${name}`)
  .join(', ')
export const viewedSession = columnsOf('sessions')
  .map(([name]) => name)
  .filter((name) => !ROTATION_COLUMNS.some((column) => column === name))
export const viewedUser = columnsOf('users')
  .map(([name]) => name)
  .filter((name) => name !== 'password_hash')
/** A session with its user, whose columns wear a prefix, as they are looked at; and the tenant's access version. */
const bothLists = `${viewedSession.map((name) => `s.${name}`).join(', ')},
  ${viewedUser.map((name) => `u.${name} as u_${name}`).join(', ')}, u.password_hash is not null as u_has_password,
  coalesce(c.value, 0) as access_version`
const counter = (schema: string): string =>
  `left join ${schema}.tenant_counters c on c.tenant_id = $1::uuid and c.name = 'access'`

const unexpired = 's.idle_expires_at > clock_timestamp() and s.absolute_expires_at > clock_timestamp()'
/** A session of an epoch that has passed is dead. A newer one than the user's is the kept session of a sign-out of all others, seen while it waits. */
const alive = `s.revoked_at is null and ${unexpired} and u.status = 'active' and u.session_epoch <= s.epoch`
/** Milliseconds in a parameter, after a moment. */
const within = (moment: string, parameter: string) =>
  `clock_timestamp() < ${moment} + ${parameter}::double precision * ${MS}`

export const sessionStatements: Readonly<Record<SessionStatement, (schema: string) => string>> = {
  // Guarded by active and epoch; a sign-out of everything that commits meanwhile leaves this session in an epoch that has passed.
  open: (schema) => `
insert into ${schema}.sessions as s (tenant_id, id, user_id, epoch, current_hash, nonce, key_id, assurance_level,
  authentication_methods, ip, user_agent, created_at, authenticated_at, rotated_at, idle_expires_at, absolute_expires_at,
  country, city, risk_score, risk_flags, impersonator_id, impersonation_reason, device_id)
select u.tenant_id, $2::uuid, u.id, u.session_epoch, $5::bytea, $6::bytea, $7::integer, $8::integer,
  $9::text[], $10::text, $11::text, c.at, c.at, c.at,
  c.at + $12::double precision * ${MS}, c.at + $13::double precision * ${MS},
  $14::text, $15::text, $16::double precision, $17::text[], $18::uuid, $19::text, $20::uuid
from ${schema}.users u cross join (select clock_timestamp() as at) c
where u.tenant_id = $1::uuid and u.id = $3::uuid and u.status = 'active' and u.session_epoch = $4::integer
returning ${sessionList}`,

  look_up: (schema) => `
select ${bothLists}
from ${schema}.sessions s join ${schema}.users u on u.tenant_id = $1::uuid and u.id = s.user_id ${counter(schema)}
where s.tenant_id = $1::uuid and s.id = $2::uuid and ${alive}`,

  // The current token, and nothing else: no row is every other answer.
  rotate: (schema) => `
update ${schema}.sessions s set
  generation = s.generation + 1,
  previous_hash = s.current_hash,
  current_hash = $4::bytea,
  nonce = $5::bytea,
  key_id = $6::integer,
  previous_rotated_at = s.rotated_at,
  rotated_at = clock_timestamp(),
  retries = 0,
  idle_expires_at = least(clock_timestamp() + $7::double precision * ${MS}, s.absolute_expires_at)
from ${schema}.users u ${counter(schema)}
where s.tenant_id = $1::uuid and s.id = $2::uuid and u.tenant_id = $1::uuid and u.id = s.user_id and ${alive}
  and s.current_hash = $3::bytea
returning ${bothLists}`,

  // Every other token: locks the family, judges by the row as it then is, and does what follows from the verdict; what
  // ends the family or reports it only where $7 names the event.
  judge: (schema) => `
with judged as (
  select s.id, s.user_id, s.generation, case
    when s.revoked_at is not null or not (${unexpired}) or u.session_epoch > s.epoch then 'dead'
    when u.status <> 'active' then 'inactive'
    when s.current_hash = $3::bytea then 'again'
    when s.previous_hash = $3::bytea and ${within('s.rotated_at', '$5')}
      then case when s.retries < $6::integer then 'repeated' else 'throttled' end
    when $4::bigint > s.generation then 'ahead'
    when $4::bigint = s.generation then 'forked'
    when $4::bigint = s.generation - 2 and ${within('s.previous_rotated_at', '$5')} then 'superseded'
    else 'reused' end as verdict
  from ${schema}.sessions s join ${schema}.users u on u.tenant_id = $1::uuid and u.id = s.user_id
  where s.tenant_id = $1::uuid and s.id = $2::uuid
  for update of s
), counted as (
  update ${schema}.sessions s set retries = s.retries + 1
  from judged j
  where s.tenant_id = $1::uuid and s.id = j.id and j.verdict = 'repeated'
  returning s.*
), revoked as (
  update ${schema}.sessions s set revoked_at = clock_timestamp(),
    revoke_reason = case j.verdict when 'forked' then 'forked' else 'refresh-reuse' end
  from judged j
  where s.tenant_id = $1::uuid and s.id = j.id and j.verdict in ('reused', 'forked') and $7::uuid is not null
), told as (
  insert into ${schema}.security_events (tenant_id, id, kind, user_id, session_id, details)
  select $1::uuid, $7::uuid,
    case j.verdict when 'ahead' then 'refresh-ahead' when 'forked' then 'refresh-forked' else 'refresh-reuse' end,
    j.user_id, j.id, jsonb_build_object('presented', $4::bigint, 'current', j.generation)
  from judged j where j.verdict in ('reused', 'forked', 'ahead') and $7::uuid is not null
)
select ${bothLists}, s.nonce, s.key_id, j.verdict, j.user_id as owner
from judged j
join ${schema}.users u on u.tenant_id = $1::uuid and u.id = j.user_id ${counter(schema)}
left join counted s on s.id = j.id`,

  end_one: (schema) => `
update ${schema}.sessions s set revoked_at = clock_timestamp(), revoke_reason = $3::text
from ${schema}.users u
where s.tenant_id = $1::uuid and s.user_id = $2::uuid and s.id = $4::uuid and u.tenant_id = $1::uuid and u.id = $2::uuid
  and s.revoked_at is null and ${unexpired} and u.session_epoch <= s.epoch
returning s.id`,

  // The epoch moves on, and the session that is kept moves with it: what is opened or refreshed meanwhile under the
  // old epoch is dead, though this statement cannot see it. A call that waited for the user sees the sessions as they
  // stood before the winner: it takes them of any epoch, and tells by the row as the winner left it which of them
  // lived. What was dead by its epoch is marked, and not answered.
  end_all: (schema) => `
with moved as (
  update ${schema}.users set session_epoch = session_epoch + 1
  where tenant_id = $1::uuid and id = $2::uuid
  returning session_epoch, session_epoch - 1 as passed
)
update ${schema}.sessions s set
  epoch = case when s.id = $4::uuid and s.epoch = moved.passed then moved.session_epoch else s.epoch end,
  revoked_at = case when s.id = $4::uuid and s.epoch = moved.passed then null else clock_timestamp() end,
  revoke_reason = case when s.id = $4::uuid and s.epoch = moved.passed then null else $3::text end
from moved
where s.tenant_id = $1::uuid and s.user_id = $2::uuid and s.revoked_at is null and ${unexpired}
returning s.id, s.epoch = moved.passed as lived`,
}

/** Of `open`, after the tenant. */
export function openValues(opening: SessionOpening): readonly unknown[] {
  return [
    opening.id,
    opening.userId,
    opening.epoch,
    opening.currentHash,
    opening.nonce,
    opening.keyId,
    opening.assuranceLevel,
    opening.authenticationMethods,
    opening.ip,
    opening.userAgent,
    Math.min(opening.idleTimeoutMs, opening.absoluteTimeoutMs),
    opening.absoluteTimeoutMs,
    opening.country ?? null,
    opening.city ?? null,
    opening.riskScore ?? null,
    opening.riskFlags ?? [],
    opening.impersonatorId ?? null,
    opening.impersonationReason ?? null,
    opening.deviceId ?? null,
  ]
}

/** Of `end_one`, after the tenant. */
export function endOneValues({ userId, reason, only }: OneSession): readonly unknown[] {
  return [userId, reason, only]
}
