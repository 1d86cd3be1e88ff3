// The end of what an operator began: in one transaction in the platform tenant and in the tenant that was entered, and in
// both logs. Of any number of callers one ends it.

import { systemActor } from '../audit/actor.ts'
import type { Actor } from '../audit/audit.ts'
import type { OwnEntry } from '../audit/catalog.ts'
import type { Context } from '../context.ts'
import type { OperatorStayRow } from '../storage/operator-tables.ts'
import { fromNow } from '../storage/tables.ts'
import type { RevokeReason } from '../storage/tenant-tables.ts'
import type { Directory } from '../tenancy/directory.ts'
import { platformRef, platformScope } from './operator.ts'

export interface Ending {
  /** Who ends it, for the logs. */
  readonly actor: Actor
  readonly reason: Extract<RevokeReason, 'signed-out' | 'operator-ended'>
}

/** An operator who may act no more, as the first look at it finds. */
export async function endLapsed(
  context: Pick<Context, 'storage' | 'auditWriter'>,
  directory: Directory,
  id: string,
): Promise<void> {
  await endStay(context, directory, id, { actor: systemActor, reason: 'operator-ended' })
}

/** Whether this call ended it: one that is over stays as it is, and nothing is told. */
export async function endStay(
  context: Pick<Context, 'storage' | 'auditWriter'>,
  directory: Directory,
  id: string,
  { actor, reason }: Ending,
): Promise<boolean> {
  const { storage, auditWriter } = context
  const stay = await platformScope(context).records.get('operator_stays', { id })
  if (!stay || stay.ended_at) return false
  // in any state: who is inside is let out. One that is purged has nothing left to end
  const found = await directory.find({ id: stay.entered_tenant_id })
  const tenant = found?.status === 'purging' ? undefined : found
  return storage.system.transaction(async (unit) => {
    const platform = unit.tenant(platformRef(context))
    const running = { id, ended_at: null, expires_at: { from: fromNow() } } as const
    const [row] = await platform.records.update('operator_stays', running, { ended_at: fromNow() })
    if (!row) return false
    const entry = entryOf(row, reason)
    if (tenant) {
      const inside = unit.tenant(directory.ref(tenant))
      const { acted_as_id: userId } = row
      if (userId !== null) {
        await inside.verbs.endSessions({ userId, reason, only: id })
        await inside.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId: id })
      }
      await auditWriter.append(inside, actor, entry)
    }
    await auditWriter.append(unit.tenant(platformRef(context)), actor, entry)
    return true
  })
}

function entryOf(
  { id, acted_as_id, entered_tenant_id, operator_id }: OperatorStayRow,
  reason: Ending['reason'],
): OwnEntry {
  const details = {
    operatorId: operator_id,
    ...(reason === 'operator-ended' ? { because: 'the operator may act no more' } : {}),
  }
  const tenant = { type: 'tenant', id: entered_tenant_id } as const
  if (acted_as_id === null)
    return { action: 'break_glass.ended', targets: [tenant], details: { ...details, stayId: id } }
  const targets = [{ type: 'session', id }, { type: 'user', id: acted_as_id }, tenant] as const
  return { action: 'impersonation.ended', targets, details }
}
