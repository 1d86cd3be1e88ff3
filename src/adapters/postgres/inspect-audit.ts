// The audit log: added to and read, by the application and by everybody; fenced by triggers; with a place for what
// comes next month.

import type { Finding } from '../../core/storage/safety.ts'
import type { Ask } from './inspect.ts'
import { name, type RoleLook } from './inspect-roles.ts'
import { WHO } from './inspect-tables.ts'

const MAINTAIN = "select freehold.ensure_audit_partitions('%s');"

// In tgtype 1 means for each row, 2 before, 8 delete, 16 update, 32 truncate. Rows are fenced against 8 and 16, a
// truncate fires once: 56 in all.
export async function lookAtAudit(ask: Ask, look: RoleLook): Promise<Finding[]> {
  const [log] = await ask(
    `with ${WHO},
     log as (
       select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $2 and c.relname in ('audit_events', 'audit_pending') and c.relkind in ('r', 'p')
     ),
     events as (
       select oid from log where relname = 'audit_events'
       union all
       select i.inhrelid from pg_inherits i join log l on l.oid = i.inhparent and l.relname = 'audit_events'
     )
     select (select count(*) from log)::integer as tables,
       (select string_agg(distinct format('%s on %s', right_name, l.relname), ', ')
        from who, log l, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) right_name
        where has_table_privilege(who.oid, l.oid, right_name)
          or (right_name = 'UPDATE' and has_any_column_privilege(who.oid, l.oid, right_name))) as rights,
       (select string_agg(e.oid::regclass::text, ', ' order by e.oid::regclass::text) from events e
        where 56 <> (
          select coalesce(bit_or(t.tgtype & (case when t.tgtype & 1 = 1 then 24 else 32 end)), 0) from pg_trigger t
          join pg_proc f on f.oid = t.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
          where t.tgrelid = e.oid and fn.nspname = 'freehold' and f.proname = 'keep_audit'
            and t.tgenabled in ('O', 'A') and t.tgtype & 2 = 2
        )) as unfenced,
       (select string_agg(format('%s of %s', f.conname, f.conrelid::regclass), ', ' order by f.conname)
        from pg_constraint f join log l on l.oid = f.confrelid where f.contype = 'f' and f.conparentid = 0) as referenced,
       (select count(*) from (values (0), (1)) m (ahead) where not exists (
          select from pg_inherits i join log l on l.oid = i.inhparent join pg_class p on p.oid = i.inhrelid
          where pg_get_expr(p.relpartbound, p.oid) like 'FOR VALUES FROM (%' and p.relname = 'audit_events_' || to_char(
            (clock_timestamp() at time zone 'UTC') + m.ahead * interval '1 month', 'YYYY"_"MM')
        ))::integer as months_missing,
       (select p.oid::regclass::text from pg_inherits i join log l on l.oid = i.inhparent join pg_class p on p.oid = i.inhrelid
        where pg_get_expr(p.relpartbound, p.oid) = 'DEFAULT') as rest,
       (select pg_relation_size(p.oid) > 0 from pg_inherits i join log l on l.oid = i.inhparent
        join pg_class p on p.oid = i.inhrelid where pg_get_expr(p.relpartbound, p.oid) = 'DEFAULT') as rest_used`,
    [look.logins, look.schema],
  )
  return log?.tables === 2 ? findingsOf(log, `${name(look.schema)}.audit_events`) : []
}

function findingsOf(log: Record<string, unknown>, events: string): Finding[] {
  const found: Finding[] = []
  const add = (id: Finding['id'], severity: Finding['severity'], message: string, remedy: string): void => {
    found.push({ id, severity, message, remedy, subject: events })
  }
  const maintain = MAINTAIN.replace('%s', events)
  if (log.rights) {
    const pending = events.replace('audit_events', 'audit_pending')
    add(
      'audit-writable',
      'refuse',
      `The application may change the audit log: it has ${String(log.rights)}.`,
      `revoke update, delete, truncate on ${events}, ${pending} from public, freehold_app;`,
    )
  }
  if (log.unfenced) {
    add(
      'audit-unfenced',
      'warn',
      `Events can be changed or removed by the owner unnoticed: the triggers of ${String(log.unfenced)} are missing or switched off.`,
      `alter table ${events} enable trigger all; where one is missing, make it again as the migration 0003_audit does.`,
    )
  }
  if (log.referenced) {
    add(
      'audit-referenced',
      'warn',
      `A foreign key leads into the audit log: ${String(log.referenced)}. What refers to an event stands in the way of archiving it.`,
      'Drop the foreign key; keep the id without it.',
    )
  }
  if (Number(log.months_missing) > 0 || !log.rest) {
    add(
      'audit-partitions',
      'warn',
      log.rest
        ? 'The audit log has no partition for this month or the next.'
        : 'The audit log has no default partition: an event outside of its months cannot be written, nor what it tells of.',
      `${maintain} or, as the owner: npx freehold migrate up`,
    )
  }
  if (log.rest_used === true) {
    add(
      'audit-partitions',
      'warn',
      `Events lie in ${String(log.rest)}, outside of all months: a clock was wrong, or partitions were late.`,
      `select created_at, count(*) from ${String(log.rest)} group by 1; tells when. They are kept and found all the same.`,
    )
  }
  return found
}
