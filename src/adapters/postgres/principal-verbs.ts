// Many principals with what each has of its own, in one query.

import type {
  MembershipLoad,
  PrincipalLoad,
  PrincipalsQuestion,
  ResourceLoad,
} from '../../core/storage/access-verbs.ts'
import type { TableName } from '../../core/storage/tables.ts'
import { open, PRINCIPALS, RESOURCE, rowOf } from './access-verbs.ts'
import { toArray } from './codec.ts'
import { fromJson, type JsonRow } from './json-rows.ts'
import type { Send } from './link.ts'

/** `$1` the tenant, `$2` the id before the first, `$3` how many; `$4` whether all, else by `$5` roles, `$6` teams, `$7` ids. */
function loadPrincipalsText(schema: string, kind: PrincipalsQuestion['kind']): string {
  const { table, holder } = PRINCIPALS[kind]
  const own = (name: TableName, columns: readonly string[] = open(name)): string =>
    `select coalesce(json_agg(row_to_json(r)), '[]') from (
      select ${columns.join(', ')} from ${schema}.${name} where tenant_id = $1::uuid and ${holder} = chosen.id order by id
    ) r`
  return `
with chosen as materialized (
  select ${open(table).join(', ')} from ${schema}.${table}
  where tenant_id = $1::uuid and status = 'active' and ($2::uuid is null or id > $2::uuid) and ($4::boolean or id in (
    select ${holder} from ${schema}.role_assignments
    where tenant_id = $1::uuid and role_id = any($5::uuid[]) and ${holder} is not null
    union all
    select ${holder} from ${schema}.team_members
    where tenant_id = $1::uuid and (team_id = any($6::uuid[]) or role_id = any($5::uuid[])) and ${holder} is not null
    union all
    select unnest($7::uuid[])
  ))
  order by id limit $3::integer
)
select row_to_json(chosen) as principal,
  (${own('role_assignments')}) as assignments,
  (${own('team_members', ['id', 'team_id', 'role_id', 'permissions'])}) as memberships,
  (select coalesce(json_agg(row_to_json(r)), '[]') from (
    select ${RESOURCE.join(', ')} from ${schema}.resources where tenant_id = $1::uuid and id in (
      select resource_id from ${schema}.role_assignments
      where tenant_id = $1::uuid and ${holder} = chosen.id and resource_id is not null
    ) order by id
  ) r) as resources
from chosen order by chosen.id`
}

export async function loadPrincipals(
  send: Send,
  schema: string,
  tenantId: string,
  { kind, after, limit, among }: PrincipalsQuestion,
): Promise<PrincipalLoad[]> {
  const { roles, teams, ids } = among ?? NOBODY
  const { rows } = await send({
    name: `load_principals_${kind}`,
    text: loadPrincipalsText(schema, kind),
    values: [tenantId, after, limit, among === null, toArray(roles), toArray(teams), toArray(ids)],
  })
  return (rows as unknown as readonly Loaded[]).map(({ principal, assignments, memberships, resources }) => {
    const attributes = fromJson(PRINCIPALS[kind].table, principal)
    return {
      id: attributes.id as string,
      principal: {
        version: Number(attributes.access_version),
        active: attributes.status === 'active',
        attributes,
      },
      assignments: assignments.map((row) => rowOf('role_assignments', row)),
      memberships,
      resources,
    }
  })
}

const NOBODY: NonNullable<PrincipalsQuestion['among']> = { roles: [], teams: [], ids: [] }

/** Rows of our own statement, but for their times. */
interface Loaded {
  readonly principal: JsonRow
  readonly assignments: readonly JsonRow[]
  readonly memberships: readonly MembershipLoad[]
  readonly resources: readonly ResourceLoad[]
}
