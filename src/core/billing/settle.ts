// The transaction in which what a provider says becomes a row: judged under the row's lock, written, told, logged, and
// the event closed with it, so that it is applied once or not at all.

import type { OwnAction } from '../audit/catalog.ts'
import type { AuditWriter } from '../audit/writer.ts'
import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { BillingProvider } from '../ports/billing-provider.ts'
import type { WebhookInboxRow } from '../storage/billing-system-tables.ts'
import type { TenantRef } from '../storage/storage.ts'
import { close, type End } from './inbox.ts'
import {
  type Changes,
  type Facts,
  judge,
  type Ledger,
  type MirrorRow,
  type Place,
  type Snapshot,
  stampOf,
  versionOf,
} from './ledger.ts'

/** An event that a worker holds. */
export interface Claim {
  readonly event: WebhookInboxRow
  readonly provider: BillingProvider
  /** On the database's clock. */
  readonly claimedAt: Date
}

/** An object of a tenant's, and what is said of it. */
export interface Matter<S extends Snapshot, R extends MirrorRow> {
  readonly owner: TenantRef
  readonly ledger: Ledger<S, R>
  /** The provider's. */
  readonly id: string
  readonly facts: Facts<S>
  /** How the event ends with it; without, it goes on. */
  readonly end?: End
}

export type Outcome =
  /** Written, or found to be old news. */
  | 'done'
  /** The provider must be asked first; nothing is written. `seen`: the version of the row now. */
  | { readonly seen: number }
  /** Another was quicker; nothing is written. */
  | 'again'
  /** The lease ran out; nothing is written. */
  | 'lost'

export type Settle = <S extends Snapshot, R extends MirrorRow>(claim: Claim, matter: Matter<S, R>) => Promise<Outcome>

export interface Written {
  readonly id: string
  readonly verb: 'created' | 'updated' | 'removed'
  readonly changes: Changes
}

export function createSettle({ storage, runtime, auditWriter }: Context): Settle {
  return async ({ event, provider, claimedAt }, { owner, ledger, id, facts, end }) => {
    try {
      return await storage.system.transaction(async (unit): Promise<Outcome> => {
        // forgotten by a server that went down, it is forgotten with the event's end: the event is pending again
        await unit.verbs.commitAsynchronously()
        const place: Place = { provider, unit: unit.tenant(owner), newId: runtime.newId }
        const row = await ledger.lock(place, id)
        const verdict = judge(row, facts, claimedAt)
        if (verdict === 'fetch') return { seen: versionOf(row) }
        if (end && !(await close(unit, event, end))) return 'lost'
        if (verdict === 'skip') return 'done'
        const written = await write(place, ledger, row, facts, stampOf(row, facts, event.occurred_at))
        await tell(auditWriter, place, { owner, event, kind: ledger.kind, providerId: id, written })
        return 'done'
      })
    } catch (error) {
      if (FreeholdError.is(error, 'CONFLICT')) return 'again'
      throw error
    }
  }
}

export interface News {
  readonly owner: TenantRef
  readonly event: WebhookInboxRow
  readonly kind: Ledger<Snapshot, MirrorRow>['kind']
  readonly providerId: string
  readonly written: Written
}

/** To the log, and to whoever remembers what the tenant has bought. */
export async function tell(
  auditWriter: AuditWriter,
  { provider, unit }: Pick<Place, 'provider' | 'unit'>,
  { owner, event, kind, providerId, written: { id, verb, changes } }: News,
): Promise<void> {
  // the same once more is no news
  if (verb === 'updated' && Object.keys(changes).length === 0) return
  await unit.verbs.publish({ kind: 'billing', tenantId: owner.id })
  const action: OwnAction = `${kind}.${verb}`
  await auditWriter.append(
    unit,
    { type: 'provider', id: provider.name },
    {
      action,
      targets: [{ type: kind, id }],
      changes,
      details: { provider: provider.name, providerId, event: event.event_id },
    },
  )
}

/** @throws CONFLICT when somebody else inserted the row meanwhile: all of this is taken back then */
async function write<S extends Snapshot, R extends MirrorRow>(
  place: Place,
  ledger: Ledger<S, R>,
  row: R | undefined,
  { snapshot }: Facts<S>,
  stamp: Date,
): Promise<Written> {
  if (row && !snapshot) {
    await ledger.bury(place, row, stamp)
    return { id: row.id, verb: 'removed', changes: {} }
  }
  // what is gone and was never here is skipped before
  if (!snapshot) throw new FreeholdError('INTERNAL')
  const verb = snapshot.deleted ? 'removed' : row ? 'updated' : 'created'
  if (row) return { id: row.id, verb, changes: await ledger.update(place, row, snapshot, stamp) }
  const inserted = await ledger.insert(place, snapshot, stamp)
  if (!inserted) throw new FreeholdError('CONFLICT')
  return { id: inserted.id, verb, changes: { status: { to: inserted.status } } }
}
