// Writes events: in the transaction of what they tell, in one statement that rides along.

import type { Context } from '../context.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { Actor, AuditEntry } from './audit.ts'
import type { OwnAction, OwnEntry } from './catalog.ts'
import { checkHostEntry, checkOwnEntry } from './entry.ts'
import { eventRow } from './event.ts'
import { createEventClock } from './event-clock.ts'

export interface AuditWriter {
  /**
   * Writes an event of ours. Call it inside the transaction that does what the event tells: there it costs no round trip
   * and is rolled back with it. On a scope outside a transaction it is a transaction of its own.
   * @throws INTERNAL for an entry that names a secret: a mistake in our own code
   */
  append<A extends OwnAction>(scope: AuditScope, actor: Actor, entry: OwnEntry<A>): Promise<void>
  /** Writes an event of the host's. @throws INPUT_INVALID, AUDIT_TOO_LARGE; nothing has been written then, and a surrounding transaction lives */
  record(scope: AuditScope, actor: Actor, entry: AuditEntry): Promise<void>
}

/** What the writer asks of a tenant's scope. */
export interface AuditScope {
  readonly verbs: Pick<TenantScope['verbs'], 'appendAudit'>
}

export function createAuditWriter({ runtime }: Pick<Context, 'runtime'>): AuditWriter {
  const tick = createEventClock(runtime)
  const write = ({ verbs }: AuditScope, actor: Actor, entry: AuditEntry): Promise<void> =>
    verbs.appendAudit([eventRow(tick(), actor, entry)])
  return {
    append: async (scope, actor, entry) => write(scope, actor, checkOwnEntry(entry)),
    record: async (scope, actor, entry) => write(scope, actor, checkHostEntry(entry)),
  }
}
