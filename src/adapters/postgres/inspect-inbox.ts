// The inbox of webhooks: read by the application alone, since bodies name people, and emptied.

import type { Finding } from '../../core/storage/safety.ts'
import type { Ask } from './inspect.ts'
import { name, type RoleLook } from './inspect-roles.ts'

/** How long an event may wait before somebody should look, in hours; its attempts come an hour apart at most. */
const PATIENCE_HOURS = 6

export async function lookAtInbox(ask: Ask, { schema }: RoleLook): Promise<Finding[]> {
  const inbox = `${name(schema)}.webhook_inbox`
  const [table] = await ask(
    `select has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') as legible,
       (select string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, ', ')
        from (
          select acl from unnest(c.relacl) acl
          union all
          select acl from pg_attribute t, unnest(t.attacl) acl where t.attrelid = c.oid and not t.attisdropped
        ) granted, aclexplode(array[granted.acl]) a
        where a.privilege_type = 'SELECT' and a.grantee <> c.relowner
          and a.grantee <> coalesce((select oid from pg_roles where rolname = 'freehold_app'), 0)
          or a.privilege_type = 'SELECT' and a.grantee = 0) as readers
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = 'webhook_inbox'`,
    [schema],
  )
  if (!table) return []
  const found: Finding[] = []
  if (table.readers) {
    found.push({
      id: 'inbox-readable',
      severity: 'warn',
      subject: inbox,
      message: `What payment providers sent, names and addresses in it, can be read by ${String(table.readers)}.`,
      remedy: `revoke select on ${inbox} from ${String(table.readers)};`,
    })
  }
  if (table.legible !== true) return found
  const [rows] = await ask(
    `select (select count(*) from ${inbox} where state = 'dead')::integer as dead,
       (select count(*) from ${inbox}
        where state = 'pending' and received_at < clock_timestamp() - interval '${PATIENCE_HOURS} hours')::integer as waiting`,
  )
  if (Number(rows?.dead) > 0) {
    found.push({
      id: 'inbox-dead',
      severity: 'warn',
      subject: inbox,
      message: `${String(rows?.dead)} events of payment providers could not be applied, and are not tried again.`,
      remedy: 'See freehold.webhooks.dead() for why; then put them back with freehold.webhooks.replay(id).',
    })
  }
  if (Number(rows?.waiting) > 0) {
    found.push({
      id: 'inbox-waiting',
      severity: 'warn',
      subject: inbox,
      message: `${String(rows?.waiting)} events of payment providers have waited for more than ${PATIENCE_HOURS} hours.`,
      remedy: 'Run freehold.webhooks.start() in a process that stays; last_error says what failed.',
    })
  }
  return found
}
