// The verbs of access and limits: what a principal holds, in one query; the lock and the version that its writers
// take; and the counters that no race takes over their maximum.

import type {
  AccessLoad,
  AccessQuestion,
  MembershipLoad,
  PrincipalKind,
  ResourceLoad,
  TenantAccess,
} from '../../core/storage/access-verbs.ts'
import { columnsOf, type Row, type TableName, table } from '../../core/storage/tables.ts'
import type { LimitAnswer, LimitTake } from '../../core/storage/verbs.ts'
import { invalid } from './column-values.ts'
import { fromJson, type JsonRow } from './json-rows.ts'
import type { Send } from './link.ts'

export const PRINCIPALS = {
  user: { table: 'users', holder: 'user_id' },
  service_account: { table: 'service_accounts', holder: 'service_account_id' },
} as const satisfies { readonly [K in PrincipalKind]: object }

/** What is not one principal's own. */
const COMMON = '(team_id is not null or everyone)'
export const RESOURCE = ['id', 'type', 'external_id']

/** `$1` the tenant, `$2` the principal, `$3` the version that the caller has the tenant's access of. One statement, so one moment. */
export function loadAccessText(schema: string, kind: PrincipalKind): string {
  const { table: own, holder } = PRINCIPALS[kind]
  const rows = <T extends TableName>(name: T, more = '', columns: readonly string[] = open(name)): string =>
    `select coalesce(json_agg(row_to_json(r)), '[]') from (
      select ${columns.join(', ')} from ${schema}.${name} where tenant_id = $1::uuid ${more} order by ${table(name).key.join(', ')}
    ) r`
  const counter = (name: string): string =>
    `coalesce((select value from ${schema}.tenant_counters where tenant_id = $1::uuid and name = '${name}'), 0)`
  const grantedOn = (which: string): string =>
    rows(
      'resources',
      `and id in (select resource_id from ${schema}.role_assignments where tenant_id = $1::uuid and ${which} and resource_id is not null)`,
      RESOURCE,
    )
  return `
with present as materialized (
  select ${counter('access')} as version, ${counter('access-writes')} as writes
)
select version, writes,
  case when version is distinct from $3::bigint then json_build_object(
    'roles', (${rows('roles')}),
    'organizations', (select coalesce(json_agg(id order by id), '[]') from ${schema}.organizations where tenant_id = $1::uuid),
    'teams', (${rows('teams', '', ['id', 'organization_id', 'parent_team_id'])}),
    'projects', (${rows('projects', '', ['id', 'organization_id', 'team_id'])}),
    'assignments', (${rows('role_assignments', `and ${COMMON}`)}),
    'resources', (${grantedOn(COMMON)}),
    'policies', (${rows('policies', 'and enabled', ['id', 'key', 'version', 'document'])}),
    'customPermissions', (${rows('custom_permissions', '', ['resource', 'action'])})
  ) end as tenant,
  (select row_to_json(r) from (
    select ${open(own).join(', ')} from ${schema}.${own} where tenant_id = $1::uuid and id = $2::uuid
  ) r) as principal,
  (${rows('role_assignments', `and ${holder} = $2::uuid`)}) as assignments,
  (${rows('team_members', `and ${holder} = $2::uuid`, ['id', 'team_id', 'role_id', 'permissions'])}) as memberships,
  (${grantedOn(`${holder} = $2::uuid`)}) as resources
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
  const { version, writes, tenant, principal, assignments, memberships, resources } = rows[0] as {
    version: number
    writes: number
    // rows of our own statement, but for their times
    tenant: (Omit<TenantAccess, 'roles' | 'assignments'> & { roles: JsonRow[]; assignments: JsonRow[] }) | null
    principal: JsonRow | null
    assignments: JsonRow[]
    memberships: MembershipLoad[]
    resources: ResourceLoad[]
  }
  const attributes = principal && fromJson(PRINCIPALS[kind].table, principal)
  return {
    version,
    writes,
    tenant: tenant && {
      ...tenant,
      roles: tenant.roles.map((row) => rowOf('roles', row)),
      assignments: tenant.assignments.map((row) => rowOf('role_assignments', row)),
    },
    principal: attributes && {
      version: Number(attributes.access_version),
      active: attributes.status === 'active',
      attributes,
    },
    assignments: assignments.map((row) => rowOf('role_assignments', row)),
    memberships,
    resources,
  }
}

export function rowOf<T extends TableName>(table: T, json: JsonRow): Row<T> {
  return fromJson(table, json) as unknown as Row<T>
}

/** Columns that may leave the database. */
export function open(table: TableName): string[] {
  return columnsOf(table).flatMap(([column, { secret }]) => (secret ? [] : [column]))
}

/** The row stays locked until the transaction ends; who comes meanwhile waits, and counts on from what it left. */
export async function moveCounter(
  send: Send,
  schema: string,
  tenantId: string,
  name: 'access' | 'access-writes',
): Promise<number> {
  const { rows } = await send({
    name: 'move_counter',
    text: `
insert into ${schema}.tenant_counters as c (tenant_id, name, value) values ($1::uuid, $2::text, 1)
on conflict (tenant_id, name) do update set value = c.value + 1, updated_at = clock_timestamp()
returning value`,
    values: [tenantId, name],
  })
  return rows[0]?.value as number
}

const TEAM = columnsOf('teams')
  .map(([column]) => `t.${column}`)
  .join(', ')

export async function moveTeam(
  send: Send,
  schema: string,
  tenantId: string,
  team: string,
  parent: string | null,
): Promise<Row<'teams'> | undefined> {
  const { rows } = await send({
    name: 'move_team',
    // a union without duplicates ends in a ring too
    text: `
with recursive above as (
  select id, parent_team_id from ${schema}.teams where tenant_id = $1::uuid and id = $3::uuid
  union
  select t.id, t.parent_team_id from ${schema}.teams t join above a on t.tenant_id = $1::uuid and t.id = a.parent_team_id
)
update ${schema}.teams t set parent_team_id = $3::uuid, updated_at = clock_timestamp()
where t.tenant_id = $1::uuid and t.id = $2::uuid and not exists (select from above where above.id = $2::uuid)
returning ${TEAM}`,
    values: [tenantId, team, parent],
  })
  return rows[0] as Row<'teams'> | undefined
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
