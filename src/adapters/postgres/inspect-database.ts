// What the database itself is set to: a tenant that every connection begins in, an isolation level or an encoding
// that Freehold is not written for, functions of ours that are not ours any more.

import type { Finding } from '../../core/storage/safety.ts'
import { bundledFunctions, comparable } from '../../migrations/functions.ts'
import type { Ask } from './inspect.ts'
import { name, type RoleLook } from './inspect-roles.ts'

export async function lookAtDatabase(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const [row] = await ask(
    `select current_database()::text as database, pg_encoding_to_char(encoding)::text as encoding,
       current_setting('app.current_tenant', true) as tenant, current_setting('default_transaction_isolation') as isolation
     from pg_database where datname = current_database()`,
  )
  const presets = (await ask(
    `select r.rolname::text as role, d.setdatabase <> 0 as here, lower(split_part(setting, '=', 1)) as name,
       substr(setting, strpos(setting, '=') + 1) as value
     from pg_db_role_setting d
     left join pg_roles r on r.oid = d.setrole
     cross join unnest(d.setconfig) setting
     where (d.setrole = 0 or r.rolname = any($1::text[]))
       and d.setdatabase in (0, (select oid from pg_database where datname = current_database()))
     order by 1, 2, 3`,
    [look.logins],
  )) as unknown as Preset[]
  const database = String(row?.database)
  const set = (setting: string, now: unknown): Place[] => {
    const here = presets.filter((preset) => preset.name === setting)
    const found = here.map((preset) => ({ value: preset.value, where: placeOf(preset, database) }))
    return found.length > 0 || !now ? found : [{ value: String(now), where: undefined }]
  }
  return [
    ...set('app.current_tenant', row?.tenant).flatMap(tenantFindings),
    ...set('default_transaction_isolation', row?.isolation).flatMap(isolationFindings).slice(0, 1),
    ...encodingFindings(String(row?.encoding)),
  ]
}

interface Preset {
  readonly role: string | null
  readonly here: boolean
  readonly name: string
  readonly value: string
}

interface Place {
  readonly value: string
  /** As ALTER names it; undefined: in the server's configuration, or by the connection. */
  readonly where: string | undefined
}

function placeOf({ role, here }: Preset, database: string): string {
  if (role === null) return `database ${name(database)}`
  return `role ${name(role)}${here ? ` in database ${name(database)}` : ''}`
}

function reset({ where }: Place, setting: string): string {
  return where === undefined
    ? `Take ${setting} out of the server's configuration, and out of what the pool sets on its connections.`
    : `alter ${where} reset ${setting};`
}

function tenantFindings(place: Place): Finding[] {
  if (place.value === '') return []
  return [
    {
      id: 'tenant-preset',
      severity: 'refuse',
      message: `Connections begin inside the tenant ${place.value}: app.current_tenant is set ${
        place.where === undefined ? 'outside any transaction' : `for ${place.where}`
      }, and whoever enters no tenant sees that one's rows.`,
      remedy: reset(place, 'app.current_tenant'),
      ...(place.where !== undefined && { subject: place.where }),
    },
  ]
}

function isolationFindings(place: Place): Finding[] {
  if (place.value === 'read committed' || place.value === 'read uncommitted') return []
  return [
    {
      id: 'isolation-level',
      severity: 'warn',
      message: `default_transaction_isolation is ${place.value}: of calls that meet on a row, as refreshes of one session do, all but one then fail with CONFLICT instead of waiting.`,
      remedy: reset(place, 'default_transaction_isolation'),
      ...(place.where !== undefined && { subject: place.where }),
    },
  ]
}

function encodingFindings(encoding: string): Finding[] {
  if (encoding === 'UTF8') return []
  return [
    {
      id: 'database-encoding',
      severity: 'warn',
      message: `The database's encoding is ${encoding}: names and addresses that it cannot write are refused${
        encoding === 'SQL_ASCII' ? ', and lengths count bytes' : ''
      }.`,
      remedy: "create database ... encoding 'UTF8' template template0, and move the data there.",
    },
  ]
}

/** @param newer the database holds migrations that this code does not know, and they may have made the functions anew */
export async function lookAtFunctions(ask: Ask, newer: boolean): Promise<Finding[]> {
  const made = bundledFunctions()
  const rows = await ask(
    `select p.oid::regprocedure::text as shown, p.proname::text as name, p.prosrc as body
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'freehold' and p.proname = any($1::text[]) order by 1`,
    [[...made.keys()]],
  )
  return rows.flatMap((row): Finding[] => {
    if (made.get(String(row.name))?.has(comparable(String(row.body)))) return []
    const subject = String(row.shown)
    return [
      {
        id: 'function-replaced',
        severity: newer ? 'warn' : 'refuse',
        message: `The function ${subject} is not the one that a migration of Freehold made, and the wall hangs on it.`,
        remedy: `Make it again as src/migrations/system of the package has it, or drop it where it is a further one of that name.`,
        subject,
      },
    ]
  })
}
