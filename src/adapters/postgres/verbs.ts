// The verbs that are not about sessions. Most have a room of their own; purge asks the catalog which tables have the wall,
// so that the host's are emptied with ours.

import type { TenantRef } from '../../core/storage/storage.ts'
import type { Row } from '../../core/storage/tables.ts'
import type { Notice, SystemVerbs, TenantKey, TenantVerbs } from '../../core/storage/verbs.ts'
import { quoteName } from '../../migrations/target.ts'
import { loadAccess, moveCounter, moveTeam, takeLimit } from './access-verbs.ts'
import { lookUpApiKey } from './api-key-verbs.ts'
import { takeAttempt } from './attempt-verbs.ts'
import type { AuditAppend } from './audit-verbs.ts'
import { systemCatalog } from './column-values.ts'
import { loadEntitlements } from './entitlement-verbs.ts'
import { claimInbox, finishInbox, type SendAfter } from './inbox-verbs.ts'
import type { Send, SessionVerbs, Statement } from './link.ts'
import { type Gather, holdSubscriptions, writeSubscriptions } from './mirror-verbs.ts'
import { loadPrincipals } from './principal-verbs.ts'
import { takeRates } from './rate-verbs.ts'
import { failureStatement, learnStatement } from './risk-verbs.ts'
import type { BeginSignIn } from './sign-in-verbs.ts'
import { isWall, POLICIES, policiesOf } from './walls.ts'

/** What processes tell each other travels here, as JSON. */
export const CHANNEL = 'freehold'

/** Runs several statements as one transaction, or as a part of the one under way. */
export type Together = <R>(work: (send: Send) => Promise<R>) => Promise<R>

/** How the verbs of one scope reach the server. */
export interface Ways {
  readonly send: Send
  readonly together: Together
  /** For what nobody waits for the answer of: in a transaction it travels with the next statement. */
  readonly ride: (statement: Statement) => Promise<unknown>
  readonly append: AuditAppend
  readonly begin: BeginSignIn
}

export function createTenantVerbs(
  { send, together, ride, append, begin }: Ways,
  place: Place,
  tenantId: string,
): Omit<TenantVerbs, keyof SessionVerbs> {
  return {
    lookUpApiKey: (id, hash) => lookUpApiKey(send, place.quoted, tenantId, id, hash),
    takeAttempt: (attempt) => takeAttempt(send, place.quoted, tenantId, attempt),
    beginSignIn: (question) => begin(send, tenantId, question),
    async countFailure(failure) {
      await ride(failureStatement(place.quoted, tenantId, failure))
    },
    async learnSignIn(learning) {
      await ride(learnStatement(place.quoted, tenantId, learning))
    },
    takeRates: (rates) => takeRates(send, place.quoted, tenantId, rates),
    loadAccess: (question) => loadAccess(send, place.quoted, tenantId, question),
    loadPrincipals: (question) => loadPrincipals(send, place.quoted, tenantId, question),
    lockAccess: () => moveCounter(send, place.quoted, tenantId, 'access-writes'),
    moveAccess: () => moveCounter(send, place.quoted, tenantId, 'access'),
    moveTeam: (team, parent) => moveTeam(send, place.quoted, tenantId, team, parent),
    takeLimit: (take) => takeLimit(send, place.quoted, tenantId, take),
    loadEntitlements: () => loadEntitlements(send, place.quoted, tenantId),
    async appendAudit(events) {
      if (events.length > 0) await ride(append(tenantId, events))
    },
    writeSubscriptions: (writes) => writeSubscriptions(ride, place.quoted, tenantId, writes),
    purge: () => together((sendOne) => purge(sendOne, place, tenantId)),
    publish: (notice) => publish(ride, notice),
  }
}

interface SystemWays extends Pick<Ways, 'send' | 'ride'> {
  readonly sendAfter: SendAfter
  readonly gather: Gather
  /** The tenant's id. @throws when its rows are not in the control database */
  readonly owned: (ref: TenantRef) => string
}

export function createSystemVerbs({ send, ride, sendAfter, gather, owned }: SystemWays, place: Place): SystemVerbs {
  return {
    findTenant: (by) => findTenant(send, place, by),
    claimInbox: (claim) => claimInbox(sendAfter, place.quoted, claim),
    finishInbox: (end) => finishInbox(send, place.quoted, end),
    holdSubscriptions: async (names) => holdSubscriptions(gather, place.quoted, owned, names),
    async commitAsynchronously() {
      await ride({
        name: 'commit_asynchronously',
        text: "select pg_catalog.set_config('synchronous_commit', 'off', true)",
      })
    },
    publish: (notice) => publish(ride, notice),
  }
}

/** A schema, as the catalog knows it and as SQL writes it. */
export interface Place {
  readonly name: string
  readonly quoted: string
}

export function placeOf(schema: string): Place {
  return { name: schema, quoted: quoteName(schema) }
}

async function publish(ride: Ways['ride'], notice: Notice): Promise<void> {
  await ride(publishStatement(notice))
}

export function publishStatement(notice: Notice): Statement {
  return { name: 'publish', text: 'select pg_notify($1, $2)', values: [CHANNEL, JSON.stringify(notice)] }
}

const tenantColumns = systemCatalog
  .get('tenants')!
  .columnNames.map((name) => `t.${name}`)
  .join(', ')

async function findTenant(send: Send, { quoted }: Place, by: TenantKey): Promise<Row<'tenants'> | undefined> {
  const select = `select ${tenantColumns} from ${quoted}.tenants t`
  const [name, text, value] =
    'id' in by
      ? ['tenant_by_id', `${select} where t.id = $1`, by.id]
      : 'slug' in by
        ? ['tenant_by_slug', `${select} where t.slug = $1`, by.slug]
        : [
            'tenant_by_domain',
            `${select} join ${quoted}.tenant_domains d on d.tenant_id = t.id where d.domain = $1 and d.verified_at is not null`,
            by.domain,
          ]
  const { rows } = await send({ name, text, values: [value] })
  return rows[0] as Row<'tenants'> | undefined
}

/** The log is for the owner of the database alone to remove from; see freehold.forget_audit. */
const LOG = ['audit_events', 'audit_pending']

/** Who points at others goes first; tables that point at each other in a ring go in any order. */
async function purge(send: Send, place: Place, tenantId: string): Promise<Record<string, number>> {
  const { rows } = await send({ name: 'walled_tables', text: WALLED_TABLES })
  const tables = (rows as unknown as WalledTable[]).filter(({ policies }) => policiesOf(policies).some(isWall))
  const removed: Record<string, number> = {}
  for (const { schema, name, quoted } of childrenFirst(tables)) {
    if (schema === place.name && LOG.includes(name)) continue
    const { count } = await send({ text: `delete from ${quoted} where tenant_id = $1`, values: [tenantId] })
    removed[schema === place.name ? name : `${schema}.${name}`] = count
  }
  return removed
}

interface WalledTable {
  readonly id: number
  readonly schema: string
  readonly name: string
  readonly quoted: string
  /** Tables that this one points at. */
  readonly parents: readonly number[]
  readonly policies: string
}

const WALLED_TABLES = `
select c.oid as id, n.nspname::text as schema, c.relname::text as name,
  format('%I.%I', n.nspname, c.relname) as quoted,
  coalesce((
    select json_agg(distinct f.confrelid::bigint) from pg_constraint f
    where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
  ), '[]') as parents,
  ${POLICIES} as policies
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity
order by n.nspname, c.relname`

function childrenFirst(tables: readonly WalledTable[]): WalledTable[] {
  const ordered: WalledTable[] = []
  const seen = new Set<number>()
  const visit = (table: WalledTable): void => {
    if (seen.has(table.id)) return
    seen.add(table.id)
    for (const child of tables) if (child.parents.includes(table.id)) visit(child)
    ordered.push(table)
  }
  for (const table of tables) visit(table)
  return ordered
}
