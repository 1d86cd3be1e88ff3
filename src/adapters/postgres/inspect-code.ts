// Views and functions: code in the database that runs with other rights than the caller's, or that a policy trusts.

import type { Finding } from '../../core/storage/safety.ts'
import type { Ask } from './inspect.ts'
import { HAS_TENANT, NOT_SYSTEM, type RoleLook } from './inspect-roles.ts'
import { notOpen, WHO } from './inspect-tables.ts'

export async function lookAtCode(ask: Ask, look: RoleLook): Promise<Finding[]> {
  return [...(await viewFindings(ask, look)), ...(await functionFindings(ask, look))]
}

async function viewFindings(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const views = await ask(
    `with recursive ${WHO},
     behind as (
       select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and ${HAS_TENANT} and ${NOT_SYSTEM} and ${notOpen('$2')}
       union
       select r.ev_class from behind b
       join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = b.oid and d.classid = 'pg_rewrite'::regclass
       join pg_rewrite r on r.oid = d.objid
     )
     select format('%I.%I', n.nspname, c.relname) as name, c.relkind = 'm' as materialized, o.rolsuper or o.rolbypassrls as mighty,
       o.rolname::text as owner
     from behind b join pg_class c on c.oid = b.oid join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
     where c.relkind in ('v', 'm')
       and exists (
         select from who where has_table_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
           or has_any_column_privilege(who.oid, c.oid, 'SELECT, INSERT, UPDATE')
       )
       and not coalesce((
         select option_value::boolean from pg_options_to_table(c.reloptions) where option_name = 'security_invoker'
       ), false)
     order by 1`,
    [look.logins, look.schema],
  )
  return views.map((view): Finding => {
    const subject = String(view.name)
    if (view.materialized === true) {
      return {
        id: 'materialized-view',
        severity: 'refuse',
        message: `The materialized view ${subject} holds rows of tenant tables, and no wall stands before it.`,
        remedy: `revoke all on ${subject} from public, freehold_app; or keep its rows in a table of their own behind freehold.protect_table.`,
        subject,
      }
    }
    return {
      id: 'view-not-invoker',
      severity: view.mighty === true ? 'refuse' : 'warn',
      message: `The view ${subject} reads tenant tables with the rights of its owner ${String(view.owner)}${
        view.mighty === true ? ', for whom the wall does not hold' : ''
      }.`,
      remedy: `alter view ${subject} set (security_invoker = true);`,
      subject,
    }
  })
}

async function functionFindings(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const functions = await ask(
    `with ${WHO}
     select 'policy' as why, f.oid::regprocedure::text as name, f.provolatile::text as volatility, false as mighty, false as pinned,
       c.oid::regclass::text as place, false as triggered, ''::text as owner
     from pg_policy p
     join pg_class c on c.oid = p.polrelid
     join pg_namespace n on n.oid = c.relnamespace
     join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
     join pg_proc f on f.oid = d.refobjid
     where f.provolatile <> 's' and ${HAS_TENANT} and ${NOT_SYSTEM}
     union all
     select 'definer', f.oid::regprocedure::text, '', o.rolsuper or o.rolbypassrls,
       exists (select from unnest(f.proconfig) setting where setting like 'search_path=%'), null,
       f.prorettype = 'trigger'::regtype, o.rolname::text
     from pg_proc f join pg_namespace n on n.oid = f.pronamespace join pg_roles o on o.oid = f.proowner
     where f.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and f.prorettype <> 'event_trigger'::regtype
       and not exists (select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = f.oid and e.deptype = 'e')
       and exists (
         select from who where has_function_privilege(who.oid, f.oid, 'EXECUTE') and has_schema_privilege(who.oid, n.oid, 'USAGE')
       )
     order by 1, 2, 6`,
    [look.logins],
  )
  return functions.flatMap((row): Finding[] => (row.why === 'policy' ? [policyFinding(row)] : definerFindings(row)))
}

function policyFinding(row: Record<string, unknown>): Finding {
  const subject = String(row.name)
  const immutable = row.volatility === 'i'
  return {
    id: 'policy-function-immutable',
    severity: immutable ? 'refuse' : 'warn',
    message: immutable
      ? `A policy of ${String(row.place)} calls ${subject}, which says it is IMMUTABLE: a cached plan keeps its answer, and one tenant sees another's rows.`
      : `A policy of ${String(row.place)} calls ${subject}, which is VOLATILE: no index is used.`,
    remedy: `alter function ${subject} stable;`,
    subject,
  }
}

function definerFindings(row: Record<string, unknown>): Finding[] {
  const subject = String(row.name)
  const found: Finding[] = []
  if (row.mighty === true) {
    found.push({
      id: 'definer-function',
      severity: row.triggered === true ? 'warn' : 'refuse',
      message: `${subject} is SECURITY DEFINER and owned by ${String(row.owner)}: the wall does not hold inside it.`,
      remedy: `alter function ${subject} security invoker; or give it an owner without superuser and BYPASSRLS.`,
      subject,
    })
  }
  if (row.pinned !== true) {
    found.push({
      id: 'definer-function',
      severity: 'warn',
      message: `${subject} is SECURITY DEFINER without a search_path of its own: the caller's decides what its names mean.`,
      remedy: `alter function ${subject} set search_path = pg_catalog, pg_temp; and name schemas inside it.`,
      subject,
    })
  }
  return found
}
