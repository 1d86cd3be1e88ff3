// The texts of beginSignIn: one for each way of saying who signs in. Whoever is not there has the tenant's id, which is no
// user's, so that the same indexes are asked for them.

import {
  FACTORS_AT_MOST,
  RECOVERY_CODE,
  ROLES_AT_MOST,
  SESSIONS_AT_MOST,
  type SignInSubject,
} from '../../core/storage/sign-in-verbs.ts'
import { columnsOf, type TenantTableName } from '../../core/storage/tables.ts'
import { takenText } from './attempt-verbs.ts'
import { left } from './risk-verbs.ts'

export interface SignInShape {
  readonly kind: SignInSubject['kind']
  /** An attempt is counted. */
  readonly counted: boolean
  /** The risk is asked for. */
  readonly judged: boolean
}

export type SignInTexts = (shape: SignInShape) => { readonly name: string; readonly text: string }

export function createSignInTexts(schema: string): SignInTexts {
  const texts = new Map<string, string>()
  return (shape) => {
    const name = `begin_sign_in ${shape.kind} ${shape.counted} ${shape.judged}`
    const text = texts.get(name) ?? textOf(schema, shape)
    texts.set(name, text)
    return { name, text }
  }
}

/** A table's columns, and what they are called beside those of others. */
export function worn(table: TenantTableName): readonly (readonly [name: string, worn: string])[] {
  return wearing.get(table)!
}

const wearing = new Map(
  (['users', 'sign_in_profiles', 'devices', 'webauthn_credentials', 'challenges'] as const).map(
    (table): [TenantTableName, [string, string][]] => [
      table,
      columnsOf(table).map(([name]) => [name, `${table}_${name}`]),
    ],
  ),
)

function list(table: TenantTableName, alias: string): string {
  return worn(table)
    .map(([name, as]) => `${alias}.${name} as ${as}`)
    .join(', ')
}

/** `$1` the tenant, `$2` are roles asked for, `$3` hashes of devices, `$4` are sessions asked for; then what names the subject. */
const SUBJECT_AT = 5
const SUBJECT_VALUES = { email: 1, user: 1, passkey: 1, pending: 4 } as const

function textOf(schema: string, { kind, counted, judged }: SignInShape): string {
  const next = SUBJECT_AT + SUBJECT_VALUES[kind]
  const risk = next + (counted ? 6 : 0)
  const withs = kind === 'pending' ? pending(schema, counted, next) : direct(schema, kind, counted, next)
  return `
with ${withs.join(', ')}
select clock_timestamp() as at,
  ${counted ? 'attempted.allowed, attempted.failures, attempted.retry_after_ms,' : ''}
  person.*, ${list('devices', 'd')},
  coalesce(d.trusted_until >= clock_timestamp(), false) as device_trusted,
  exists (select from ${schema}.devices o where o.tenant_id = $1::uuid and o.user_id = w.id) as has_devices,
  (select coalesce(json_agg(row_to_json(m)), '[]') from (
    select ${columnsOf('mfa_methods')
      .map(([name]) => name)
      .join(', ')}
    from ${schema}.mfa_methods where tenant_id = $1::uuid and user_id = w.id and confirmed_at is not null
    order by created_at, id limit ${FACTORS_AT_MOST}
  ) m) as methods,
  (select count(*) from ${schema}.recovery_codes c
    where c.tenant_id = $1::uuid and c.user_id = w.id and c.used_at is null) as recovery_codes,
  case when $2::boolean then (select coalesce(json_agg(r.key), '[]') from (
    select r.key from ${schema}.role_assignments a join ${schema}.roles r on r.tenant_id = $1::uuid and r.id = a.role_id
    where a.tenant_id = $1::uuid and a.user_id = w.id limit ${ROLES_AT_MOST}
  ) r) end as role_keys,
  case when $4::boolean then (select coalesce(json_agg(s.id), '[]') from (
    select s.id from ${schema}.sessions s
    where s.tenant_id = $1::uuid and s.user_id = w.id and s.revoked_at is null and s.impersonator_id is null
      and s.epoch >= person.users_session_epoch and s.idle_expires_at >= clock_timestamp()
    order by s.created_at desc, s.id desc limit ${SESSIONS_AT_MOST}
  ) s) end as sessions
  ${judged ? `, ${list('sign_in_profiles', 'p')}, (${countedText(schema, risk)}) as counted` : ''}
from (select coalesce((select users_id from person), $1::uuid) as id) w
left join person on true
${counted ? 'left join attempted on true' : ''}
left join lateral (
  select * from ${schema}.devices
  where tenant_id = $1::uuid and user_id = w.id and secret_hash = any($3::bytea[]) and revoked_at is null
  order by last_seen_at desc, id desc limit 1
) d on true
${judged ? `left join ${schema}.sign_in_profiles p on p.tenant_id = $1::uuid and p.user_id = w.id` : ''}`
}

/** Who is named by themselves: an attempt is counted first, and without it nobody is looked for. */
function direct(schema: string, kind: 'email' | 'user' | 'passkey', counted: boolean, next: number): string[] {
  const named = `$${SUBJECT_AT}`
  const key = {
    email: `u.email_norm = ${named}::text`,
    user: `u.id = ${named}::uuid`,
    passkey: `k.credential_id = ${named}::bytea`,
  }[kind]
  const passkey = kind === 'passkey'
  const person = `person as materialized (
  select ${list('users', 'u')} ${passkey ? `, ${list('webauthn_credentials', 'k')}` : ''}
  from ${schema}.users u
  ${passkey ? `join ${schema}.webauthn_credentials k on k.tenant_id = $1::uuid and k.user_id = u.id` : ''}
  where u.tenant_id = $1::uuid and ${key} and u.status = 'active' ${counted ? 'and exists (select from taken)' : ''}
)`
  return counted
    ? [takenText(schema, `select $${next}::text as pool, $${next + 1}::bytea as subject`, schedule(next + 2)), person]
    : [person]
}

/** Whose sign-in waits: the factor that is answered is looked up, its attempt counted, and its key read where it is a passkey. */
function pending(schema: string, counted: boolean, next: number): string[] {
  const [id, secret, purpose, factor] = [0, 1, 2, 3].map((i) => `$${SUBJECT_AT + i}`)
  const person = `person as materialized (
  select waiting.*, ${list('webauthn_credentials', 'k')} from waiting
  left join chosen on true
  left join ${schema}.webauthn_credentials k on k.tenant_id = $1::uuid and k.id = chosen.method_id and chosen.type = 'webauthn'
)`
  const subject = `sha256($${next + 1}::bytea || convert_to(users_id::text, 'UTF8') || '\\x00'::bytea || convert_to(chosen.id, 'UTF8'))`
  return [
    `waiting as materialized (
  select ${list('users', 'u')}, ${list('challenges', 'c')}
  from ${schema}.challenges c join ${schema}.users u on u.tenant_id = $1::uuid and u.id = c.user_id
  where c.tenant_id = $1::uuid and c.id = ${id}::uuid and c.secret_hash = ${secret}::bytea and c.purpose = ${purpose}::text
    and c.recipient_hash is null and c.consumed_at is null and c.expires_at >= clock_timestamp()
    and u.status = 'active' and u.session_epoch = c.epoch
)`,
    `wanted as materialized (
  select users_id as user_id, coalesce(${factor}::text, challenges_data ->> 'factor') as id from waiting
)`,
    `chosen as materialized (
  select wanted.id, m.type, m.id as method_id from wanted join ${schema}.mfa_methods m
    on m.tenant_id = $1::uuid and m.user_id = wanted.user_id and m.id::text = wanted.id and m.confirmed_at is not null
  union all
  select wanted.id, '${RECOVERY_CODE}', null from wanted where wanted.id = '${RECOVERY_CODE}'
)`,
    ...(counted
      ? [
          takenText(
            schema,
            `select $${next}::text || chosen.type as pool, ${subject} as subject from chosen cross join waiting`,
            schedule(next + 2),
          ),
        ]
      : []),
    person,
  ]
}

function schedule(at: number) {
  const [free, baseDelayMs, maxDelayMs, forgetAfterMs] = [0, 1, 2, 3].map((i) => `$${at + i}`) as [
    string,
    string,
    string,
    string,
  ]
  return { free, baseDelayMs, maxDelayMs, forgetAfterMs }
}

/** `$at` the half-life, then what the user's own count is named by, then the pools and subjects of the others. */
function countedText(schema: string, at: number): string {
  const own = `sha256($${at + 1}::bytea || convert_to(person.users_email_norm, 'UTF8'))`
  return `select json_agg(coalesce(${left('f', `$${at}`)}, 0) order by k.place) from (
    select 'user' as pool, ${own} as subject, 0::bigint as place
    union all
    select * from unnest($${at + 2}::text[], $${at + 3}::bytea[]) with ordinality
  ) k
  left join ${schema}.failure_counts f on f.tenant_id = $1::uuid and f.pool = k.pool and f.subject = k.subject`
}
