// What a wall is, to whoever looks at one: the same for the doctor, who tells where it is missing, and for a purge,
// which empties every table behind one.

/** The policies of a table `c`, as a column of JSON text. */
export const POLICIES = `(
  select coalesce(json_agg(json_build_object(
    'restrictive', not p.polpermissive, 'all', p.polcmd = '*', 'public', p.polroles = array[0]::oid[],
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
    'ours', exists (
      select from pg_depend d join pg_proc f on f.oid = d.refobjid join pg_namespace fn on fn.oid = f.pronamespace
      where d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
        and fn.nspname = 'freehold' and f.proname = 'current_tenant'
    ))), '[]')::text
  from pg_policy p where p.polrelid = c.oid
)`

export interface Policy {
  readonly restrictive: boolean
  readonly all: boolean
  readonly public: boolean
  readonly using: string | null
  readonly check: string | null
  /** It calls freehold.current_tenant(). */
  readonly ours: boolean
}

/** @param column what POLICIES selected */
export function policiesOf(column: unknown): Policy[] {
  return JSON.parse(String(column)) as Policy[]
}

/** True for a policy that lets through the rows of the entered tenant alone: for all commands, old rows and new ones. */
export function isWall({ all, using, check, ours }: Policy): boolean {
  const fits = (expression: string | null): boolean =>
    expression !== null && (SETTING.test(expression) || (ours && FUNCTION.test(expression)))
  return all && fits(using) && (check === null || fits(check))
}

// as pg_get_expr writes them, plain or as a subquery
const SETTING =
  /^\(tenant_id = (\( SELECT )?\(NULLIF\(current_setting\('app\.current_tenant'::text, true\), ''::text\)\)::uuid( AS "?\w+"?\))?\)$/
const FUNCTION = /^\(tenant_id = (\( SELECT )?(freehold\.)?current_tenant\(\)( AS "?\w+"?\))?\)$/
