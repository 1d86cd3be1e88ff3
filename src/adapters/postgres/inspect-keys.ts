// Keys of the tables with a tenant_id: a unique key without it tells what other tenants have, a foreign key
// without it takes their rows, and a foreign key without an index makes each delete read the whole table.

import type { Finding } from '../../core/storage/safety.ts'
import type { Ask } from './inspect.ts'
import { HAS_TENANT, NOT_SYSTEM, type RoleLook } from './inspect-roles.ts'
import { notOpen } from './inspect-tables.ts'

export async function lookAtKeys(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const rows = await ask(
    `with tables as (
       select c.oid, format('%I.%I', n.nspname, c.relname) as name, ${HAS_TENANT} and ${notOpen('$1')} as walled,
         (select attnum from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as tenant
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and not c.relispartition and ${NOT_SYSTEM}
         and (n.nspname = $1 or ${HAS_TENANT})
     )
     select 'key-without-tenant' as id, t.name as table_name, i.indexrelid::regclass::text as key_name, null as columns
     from tables t join pg_index i on i.indrelid = t.oid
     where t.walled and (i.indisunique or i.indisexclusion) and i.indkey[0] <> t.tenant
     union all
     select 'foreign-key-without-tenant', t.name, f.conname::text, null
     from tables t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
     join tables parent on parent.oid = f.confrelid and parent.walled
     where t.walled and not exists (
       select from unnest(f.conkey, f.confkey) as pair (child, parent_column)
       where pair.child = t.tenant and pair.parent_column = parent.tenant
     )
     union all
     select 'foreign-key-without-index', t.name, f.conname::text,
       (select string_agg(quote_ident(a.attname), ', ' order by k.place)
        from unnest(f.conkey) with ordinality as k (number, place)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number)
     from tables t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
     where not exists (
       select from pg_index i
       where i.indrelid = t.oid and i.indisvalid and i.indpred is null
         and (i.indkey::smallint[])[0:cardinality(f.conkey) - 1] @> f.conkey
     )
     order by 1, 2, 3`,
    [look.schema],
  )
  return rows.map((row) => told(String(row.id), String(row.table_name), String(row.key_name), String(row.columns)))
}

function told(id: string, table: string, key: string, columns: string): Finding {
  switch (id) {
    case 'key-without-tenant':
      return {
        id,
        severity: 'warn',
        message: `The unique key ${key} of ${table} does not start with tenant_id: a duplicate tells one tenant what another has.`,
        remedy: 'Make it (tenant_id, ...), as in primary key (tenant_id, id).',
        subject: table,
      }
    case 'foreign-key-without-tenant':
      return {
        id,
        severity: 'refuse',
        message: `The foreign key ${key} of ${table} leaves tenant_id out: it takes rows of other tenants, and is deleted with them.`,
        remedy: 'Make it foreign key (tenant_id, x_id) references parent (tenant_id, id).',
        subject: table,
      }
    default:
      return {
        id: 'foreign-key-without-index',
        severity: 'warn',
        message: `The foreign key ${key} of ${table} has no index: each delete of a parent reads the whole table.`,
        remedy: `create index concurrently on ${table} (${columns});`,
        subject: table,
      }
  }
}
