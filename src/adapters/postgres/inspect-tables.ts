// The walls: every table with a tenant_id, Freehold's and the host's, stands behind a forced, restrictive policy
// for everybody, and nobody holds a right that goes around it.

import type { Finding } from '../../core/storage/safety.ts'
import type { Ask } from './inspect.ts'
import { HAS_TENANT, NOT_SYSTEM, type RoleLook } from './inspect-roles.ts'

export async function lookAtTables(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const tables = await ask(
    `with ${WHO}
     select format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind, c.relispartition as partition,
       c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       exists (
         select from who where has_table_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
           or has_any_column_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE')
       ) as reachable,
       (select string_agg(distinct right_name, ', ') from who, unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) right_name
        where has_table_privilege(who.oid, c.oid, right_name)) as dangerous,
       (select coalesce(json_agg(json_build_object(
          'restrictive', not p.polpermissive, 'all', p.polcmd = '*', 'public', p.polroles = array[0]::oid[],
          'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
          'ours', exists (
            select from pg_depend d join pg_proc f on f.oid = d.refobjid join pg_namespace fn on fn.oid = f.pronamespace
            where d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
              and fn.nspname = 'freehold' and f.proname = 'current_tenant'
          ))), '[]')::text
        from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'f') and ${HAS_TENANT} and ${NOT_SYSTEM} and ${notOpen('$2')}
     order by 1`,
    [look.logins, look.schema],
  )
  return tables.flatMap((table) => [...wallFindings(table), ...grantFindings(table)])
}

/** The logins that are looked at and the app's role; a superuser, for whom every right is true, is left out. */
export const WHO = `who as (
  select oid from pg_roles where (rolname = any($1::text[]) or rolname = 'freehold_app') and not rolsuper
)`

/** A domain, or a provider's customer, leads to its tenant before any is entered: system tables with a tenant_id. */
export const notOpen = (schema: string): string =>
  `not (n.nspname = ${schema} and c.relname in ('tenant_domains', 'billing_routes'))`

interface Policy {
  readonly restrictive: boolean
  readonly all: boolean
  readonly public: boolean
  readonly using: string | null
  readonly check: string | null
  /** It calls freehold.current_tenant(). */
  readonly ours: boolean
}

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
  const policies = JSON.parse(String(table.policies)) as Policy[]
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
  return flaws
}

/** For all commands, old rows and new ones. */
function isWall({ all, using, check, ours }: Policy): boolean {
  const fits = (expression: string | null): boolean =>
    expression !== null && (SETTING.test(expression) || (ours && FUNCTION.test(expression)))
  return all && fits(using) && (check === null || fits(check))
}

// as pg_get_expr writes them, plain or as a subquery
const SETTING =
  /^\(tenant_id = (\( SELECT )?\(NULLIF\(current_setting\('app\.current_tenant'::text, true\), ''::text\)\)::uuid( AS "?\w+"?\))?\)$/
const FUNCTION = /^\(tenant_id = (\( SELECT )?(freehold\.)?current_tenant\(\)( AS "?\w+"?\))?\)$/

function grantFindings(table: Record<string, unknown>): Finding[] {
  const subject = String(table.name)
  const findings: Finding[] = []
  if (table.partition === true && table.reachable === true && !(table.enabled === true && table.forced === true)) {
    findings.push({
      id: 'partition-grant',
      severity: 'refuse',
      message: `The application has rights on the partition ${subject}: read directly, it skips its parent's wall.`,
      remedy: `revoke all on ${subject} from public, freehold_app;`,
      subject,
    })
  }
  if (table.dangerous) {
    findings.push({
      id: 'dangerous-grant',
      severity: 'refuse',
      message: `The application has ${String(table.dangerous)} on ${subject}; TRUNCATE empties all tenants, REFERENCES and TRIGGER look behind the wall.`,
      remedy: `revoke truncate, references, trigger on ${subject} from public, freehold_app;`,
      subject,
    })
  }
  return findings
}
