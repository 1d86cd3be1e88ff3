// The verbs of access and limits: what a principal holds, in one query; the lock and the version that its writers
// take; and the counters that no race takes over their maximum.

import { columnsOf, type Row, type TableName } from '../../core/storage/tables.ts'
import type { AccessLoad, AccessQuestion, LimitAnswer, LimitTake, PrincipalKind } from '../../core/storage/verbs.ts'
import { invalid } from './column-values.ts'
import { fromJson, type JsonRow } from './json-rows.ts'
import type { Send } from './link.ts'

const PRINCIPALS = {
  user: { table: 'users', holder: 'user_id' },
  service_account: { table: 'service_accounts', holder: 'service_account_id' },
} as const satisfies { readonly [K in PrincipalKind]: object }

/** `$1` the tenant, `$2` the principal, `$3` the version that the caller has the roles of. One statement, so one moment. */
export function loadAccessText(schema: string, kind: PrincipalKind): string {
  const { table, holder } = PRINCIPALS[kind]
  const rows = (name: TableName, more: string): string =>
    `select coalesce(json_agg(row_to_json(r)), '[]') from (
      select ${open(name).join(', ')} from ${schema}.${name} where tenant_id = $1::uuid ${more} order by id
    ) r`
  return `
with present as materialized (
  select coalesce((
    select value from ${schema}.tenant_counters where tenant_id = $1::uuid and name = 'access'
  ), 0) as version
)
select version,
  case when version is distinct from $3::bigint then (${rows('roles', '')}) end as roles,
  case when version is distinct from $3::bigint then (
    select coalesce(json_agg(id order by id), '[]') from ${schema}.organizations where tenant_id = $1::uuid
  ) end as organizations,
  (select row_to_json(r) from (
    select ${open(table).join(', ')} from ${schema}.${table} where tenant_id = $1::uuid and id = $2::uuid
  ) r) as principal,
  (${rows('role_assignments', `and ${holder} = $2::uuid`)}) as assignments
from present`
}

export async function loadAccess(
  send: Send,
  schema: string,
  tenantId: string,
  { principal: { kind, id }, knownVersion }: AccessQuestion,
): Promise<AccessLoad> {
  const { rows } = await send({
    name: `load_access_${kind}`,
    text: loadAccessText(schema, kind),
    values: [tenantId, id, knownVersion],
  })
  const { version, roles, organizations, principal, assignments } = rows[0] as {
    version: number
    roles: JsonRow[] | null
    organizations: string[] | null
    principal: JsonRow | null
    assignments: JsonRow[]
  }
  const attributes = principal && fromJson(PRINCIPALS[kind].table, principal)
  return {
    version,
    roles: roles?.map((row) => fromJson('roles', row) as unknown as Row<'roles'>) ?? null,
    organizations,
    principal: attributes && {
      version: Number(attributes.access_version),
      active: attributes.status === 'active',
      attributes,
    },
    assignments: assignments.map((row) => fromJson('role_assignments', row) as unknown as Row<'role_assignments'>),
  }
}

/** Columns that may leave the database. */
function open(table: TableName): string[] {
  return columnsOf(table).flatMap(([column, { secret }]) => (secret ? [] : [column]))
}

/** The row stays locked until the transaction ends; who comes meanwhile waits, and counts on from what it left. */
export async function moveAccess(send: Send, schema: string, tenantId: string): Promise<number> {
  const { rows } = await send({
    name: 'move_access',
    text: `
insert into ${schema}.tenant_counters as c (tenant_id, name, value) values ($1::uuid, 'access', 1)
on conflict (tenant_id, name) do update set value = c.value + 1, updated_at = clock_timestamp()
returning value`,
    values: [tenantId],
  })
  return rows[0]?.value as number
}

/** How often a race may make a refusal's number stale before the stale one has to do. */
const TURNS = 3

export async function takeLimit(
  send: Send,
  schema: string,
  tenantId: string,
  { name, amount, maximum }: LimitTake,
): Promise<LimitAnswer> {
  refuseFraction('amount', amount)
  if (maximum !== null) refuseFraction('maximum', maximum)
  const statement = {
    name: 'take_limit',
    text: takeLimitText(schema),
    values: [tenantId, `limit:${name}`, amount, maximum],
  }
  for (let turn = 1; ; turn++) {
    const [row] = (await send(statement)).rows
    const answer = { taken: row?.taken === true, used: Number(row?.used ?? 0) }
    // refused by a row that this statement's snapshot does not show yet: ask again how much is used
    const stale = !answer.taken && maximum !== null && answer.used + amount <= maximum
    if (!stale || turn === TURNS) return answer
  }
}

/** The guard is asked of the row as it is once its lock is held. `$3` may be negative: that is always allowed. */
function takeLimitText(schema: string): string {
  return `
with taken as (
  insert into ${schema}.tenant_counters as c (tenant_id, name, value)
  select $1::uuid, $2::text, greatest($3::bigint, 0) where $3::bigint <= 0 or $4::bigint is null or $3::bigint <= $4::bigint
  on conflict (tenant_id, name) do update set value = greatest(c.value + $3::bigint, 0), updated_at = clock_timestamp()
  where $3::bigint <= 0 or $4::bigint is null or c.value + $3::bigint <= $4::bigint
  returning value
)
select true as taken, value as used from taken
union all
select false, coalesce((select value from ${schema}.tenant_counters where tenant_id = $1::uuid and name = $2::text), 0)
where not exists (select from taken)`
}

function refuseFraction(field: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw invalid(field, 'it must be an integer')
}
