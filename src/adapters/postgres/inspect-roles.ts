// Who the application is to the server: a login that could pass or take down the wall is found here.

import type { Finding } from '../../core/storage/safety.ts'
import { quoteName } from '../../migrations/target.ts'
import type { Ask } from './inspect.ts'

export interface RoleLook {
  /** Whose rights are looked at. */
  readonly logins: readonly string[]
  readonly schema: string
  /** As server_version_num. */
  readonly version: number
}

export async function lookAtRoles(ask: Ask, look: RoleLook, there: boolean): Promise<Finding[]> {
  const roles = await ask(
    `select me.rolname::text as login, r.rolname::text as role, r.rolsuper as super, r.rolbypassrls as bypass,
       r.rolreplication as replication, r.rolcreaterole as creates,
       r.rolname in ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files') as server_files
     from pg_roles me join pg_roles r on pg_has_role(me.oid, r.oid, 'MEMBER')
     where me.rolname = any($1::text[]) and (not me.rolsuper or r.oid = me.oid)
     order by me.rolname, r.oid <> me.oid, r.rolname`,
    [look.logins],
  )
  const findings: Finding[] = []
  for (const role of roles) findings.push(...attributeFindings(role, look.version))
  if (roles.some((role) => role.super === true && role.login === role.role)) return findings

  findings.push(...(await ownerFindings(ask, look)))
  if (there) findings.push(...(await membershipFindings(ask, look)))
  return findings
}

function attributeFindings(role: Record<string, unknown>, version: number): Finding[] {
  const login = String(role.login)
  const through =
    role.role === login ? `The login ${login}` : `The login ${login}, as a member of ${String(role.role)},`
  const remedy =
    role.role === login ? 'Connect the application as another login.' : `revoke ${name(role.role)} from ${name(login)};`
  const found: Finding[] = []
  const add = (id: Finding['id'], what: string, how = remedy): void => {
    found.push({ id, severity: 'refuse', message: `${through} ${what}`, remedy: how, subject: login })
  }
  if (role.super === true) add('superuser-role', 'is a superuser: the tenant wall does not hold for it.', LEAST)
  else if (role.server_files === true)
    add('superuser-role', 'may reach the files or programs of the server, which is as good as superuser.')
  if (role.bypass === true && role.super !== true) {
    add(
      'bypassrls-role',
      'has BYPASSRLS: the tenant wall does not hold for it.',
      `alter role ${name(role.role)} nobypassrls;`,
    )
  }
  if (role.replication === true && role.super !== true) {
    add(
      'bypassrls-role',
      'has REPLICATION: the stream of changes has no wall.',
      `alter role ${name(role.role)} noreplication;`,
    )
  }
  if (role.creates === true && role.super !== true && version < 160_000) {
    add(
      'owner-role',
      'has CREATEROLE, with which it can make itself a member of the owner (PostgreSQL 15).',
      `alter role ${name(role.role)} nocreaterole;`,
    )
  }
  return found
}

const LEAST =
  "create role app login password '...'; give this login to the application's pool, the present one to `owner`: `postgres({ pool, owner })`."

/** A member of the owner can take the wall down, with NO FORCE or by dropping the table. */
async function ownerFindings(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const owned = await ask(
    `with things as (
       select c.relowner as owner, format('table %I.%I', n.nspname, c.relname) as thing
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and (n.nspname = $2 or (${HAS_TENANT} and ${NOT_SYSTEM}))
       union all
       select distinct n.nspowner, format('schema %I', n.nspname)
       from pg_namespace n
       where n.nspname in ($2, 'freehold') or exists (
         select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p') and ${HAS_TENANT} and ${NOT_SYSTEM}
       )
       union all
       select p.proowner, format('function %I.%I', n.nspname, p.proname)
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'freehold'
       union all
       select datdba, format('database %I', datname) from pg_database where datname = current_database()
     )
     select me.rolname::text as login, o.rolname::text as owner, count(*)::integer as many, min(thing) as example
     from things join pg_roles o on o.oid = things.owner
     join pg_roles me on me.rolname = any($1::text[]) and not me.rolsuper and pg_has_role(me.oid, o.oid, 'MEMBER')
     group by 1, 2 order by 1, 2`,
    [look.logins, look.schema],
  )
  return owned.map(({ login, owner, many, example }) => ({
    id: 'owner-role',
    severity: 'refuse',
    message: `The login ${String(login)} ${login === owner ? 'owns' : `is a member of ${String(owner)}, which owns`} ${String(example)}${
      Number(many) > 1 ? ` and ${Number(many) - 1} more` : ''
    }: an owner can take the wall down.`,
    remedy: login === owner ? LEAST : `revoke ${name(owner)} from ${name(login)};`,
    subject: String(login),
  }))
}

async function membershipFindings(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const rows = await ask(
    `select me.rolname::text as login,
       exists (select from pg_roles a where a.rolname = 'freehold_app' and pg_has_role(me.oid, a.oid, 'USAGE')) as member,
       has_database_privilege(me.oid, current_database(), 'TEMP') as temp, current_database()::text as database,
       (select has_schema_privilege(me.oid, n.oid, 'CREATE') from pg_namespace n where n.nspname = $2) as creates
     from pg_roles me where me.rolname = any($1::text[]) order by 1`,
    [look.logins, look.schema],
  )
  return rows.flatMap(({ login, member, temp, database, creates }): Finding[] => [
    ...(member === true
      ? []
      : [
          {
            id: 'role-not-member',
            severity: 'warn',
            message: `The login ${String(login)} has not the rights of freehold_app: it can read and write nothing of Freehold's.`,
            remedy: `grant freehold_app to ${name(login)};`,
            subject: String(login),
          } satisfies Finding,
        ]),
    ...(temp === true
      ? [
          {
            id: 'temp-grant',
            severity: 'warn',
            message: `The login ${String(login)} may make temporary tables, which outlive a transaction and carry rows to the connection's next tenant.`,
            remedy: `revoke temporary on database ${name(database)} from public, ${name(login)};`,
            subject: String(login),
          } satisfies Finding,
        ]
      : []),
    ...(creates === true
      ? [
          {
            id: 'dangerous-grant',
            severity: 'warn',
            message: `The login ${String(login)} may create objects in the schema ${look.schema}.`,
            remedy: `revoke create on schema ${name(look.schema)} from public, ${name(login)};`,
            subject: String(login),
          } satisfies Finding,
        ]
      : []),
  ])
}

/** True for a table `c` with a column tenant_id. */
export const HAS_TENANT = `exists (
  select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
)`
/** Leaves out the server's own schemas, temporary tables, and what an extension brought. */
export const NOT_SYSTEM = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence <> 't' and not exists (
  select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
)`

/** A name as SQL takes it, quoted where it must be. */
export function name(value: unknown): string {
  const text = String(value)
  return /^[a-z_][a-z0-9_]*$/.test(text) ? text : quoteName(text)
}
