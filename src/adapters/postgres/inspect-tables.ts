// The walls: every table with a tenant_id, Freehold's and the host's, stands behind a forced, restrictive policy
// for everybody, and nobody holds a right that goes around it.

import type { Finding } from '../../core/storage/safety.ts'
import { systemTables } from '../../core/storage/tables.ts'
import type { Ask } from './inspect.ts'
import { HAS_TENANT, NOT_SYSTEM, type RoleLook } from './inspect-roles.ts'
import { isWall, POLICIES, policiesOf } from './walls.ts'

export async function lookAtTables(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const tables = await ask(
    `with ${WHO}
     select format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind, c.relispartition as partition,
       c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       exists (
         select from who where has_table_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
           or has_any_column_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE')
       ) as reachable,
       ${rights("'TRUNCATE', 'REFERENCES', 'TRIGGER'")} as dangerous,
       ${POLICIES} as policies
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f') and ${HAS_TENANT} and ${NOT_SYSTEM} and ${notOpen('$2')}
     order by 1`,
    [look.logins, look.schema],
  )
  const open = await ask(
    `with ${WHO}
     select format('%I.%I', n.nspname, c.relname) as name,
       case when c.relname = '${LEDGER}' then ${rights("'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'")}
         else ${rights("'TRUNCATE', 'REFERENCES', 'TRIGGER'")} end as dangerous
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname = $2 and c.relname = any($3::text[])
     order by 1`,
    [look.logins, look.schema, [LEDGER, ...Object.keys(systemTables)]],
  )
  return [
    ...tables.flatMap((table) => [...wallFindings(table), ...partitionFindings(table), ...grantFindings(table)]),
    ...open.flatMap((table) => grantFindings(table)),
  ]
}

const LEDGER = 'schema_migrations'

/** Which of these rights on a table `c` the application holds, on the whole of it or on a column. */
const rights = (names: string): string => `(
  select string_agg(distinct right_name, ', ') from who, unnest(array[${names}]) right_name
  where has_table_privilege(who.oid, c.oid, right_name)
    or (right_name in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(who.oid, c.oid, right_name))
)`

/** The logins that are looked at and the app's role; a superuser, for whom every right is true, is left out. */
export const WHO = `who as (
  select oid from pg_roles where (rolname = any($1::text[]) or rolname = 'freehold_app') and not rolsuper
)`

/** A domain, or a provider's customer, leads to its tenant before any is entered: system tables with a tenant_id. */
export const notOpen = (schema: string): string =>
  `not (n.nspname = ${schema} and c.relname in ('tenant_domains', 'billing_routes'))`

function wallFindings(table: Record<string, unknown>): Finding[] {
  if (table.partition === true) return []
  const subject = String(table.name)
  const finding = (id: Finding['id'], what: string): Finding[] => [
    {
      id,
      severity: table.reachable === true ? 'refuse' : 'warn',
      message: `The table ${subject} ${what}`,
      remedy:
        table.kind === 'f'
          ? 'A foreign table cannot have a wall: take its rights away from the application, or drop tenant_id.'
          : `select freehold.protect_table('${subject.replaceAll("'", "''")}');`,
      subject,
    },
  ]
  if (table.enabled !== true)
    return finding('rls-missing', 'has a tenant_id, and no Row-Level Security: every tenant sees every row.')
  const policies = policiesOf(table.policies)
  const walls = policies.filter((policy) => isWall(policy))
  const restrictive = walls.filter((policy) => policy.restrictive)
  const flaws =
    table.forced === true ? [] : finding('rls-not-forced', 'has Row-Level Security that its owner passes (no FORCE).')
  if (walls.length === 0)
    return [...flaws, ...finding('policy-missing', 'has no policy that compares tenant_id with the entered tenant.')]
  if (restrictive.length === 0) {
    return [
      ...flaws,
      ...finding(
        'policy-not-restrictive',
        'has a tenant policy that any further policy widens: it is not RESTRICTIVE.',
      ),
    ]
  }
  if (!restrictive.some((policy) => policy.public)) {
    return [...flaws, ...finding('policy-not-public', 'has a tenant policy for some roles only; it must be TO PUBLIC.')]
  }
  if (policies.every((policy) => policy.restrictive)) {
    const [hidden] = finding('policy-not-permissive', 'has no permissive policy left, so everybody finds it empty.')
    flaws.push({ ...hidden!, severity: 'warn' })
  }
  return flaws
}

function partitionFindings(table: Record<string, unknown>): Finding[] {
  if (table.partition !== true || table.reachable !== true) return []
  const walled = policiesOf(table.policies).some((policy) => isWall(policy) && policy.restrictive && policy.public)
  if (table.enabled === true && table.forced === true && walled) return []
  const subject = String(table.name)
  return [
    {
      id: 'partition-grant',
      severity: 'refuse',
      message: `The application has rights on the partition ${subject}: read directly, it skips its parent's wall.`,
      remedy: `revoke all on ${subject} from public, freehold_app;`,
      subject,
    },
  ]
}

function grantFindings(table: Record<string, unknown>): Finding[] {
  if (!table.dangerous) return []
  const subject = String(table.name)
  return [
    {
      id: 'dangerous-grant',
      severity: 'refuse',
      message: `The application has ${String(table.dangerous)} on ${subject}; TRUNCATE empties all tenants, REFERENCES and TRIGGER look behind the wall, and only migrations write their ledger.`,
      remedy: `revoke ${String(table.dangerous).toLowerCase()} on ${subject} from public, freehold_app;`,
      subject,
    },
  ]
}
