// What the audit log says of somebody's factors: which, of what type, and never a name, a number or an address.

import type { OwnAction } from '../../audit/catalog.ts'
import type { AuditScope } from '../../audit/writer.ts'
import type { TenantContext } from '../../context.ts'
import type { MfaMethodRow } from '../../storage/authentication-tables.ts'

export type FactorAction = Extract<OwnAction, `mfa.${string}`>

/** Inside the transaction of what it tells. */
export function writeFactorEvent(
  { auditWriter, scope, actor }: Pick<TenantContext, 'auditWriter' | 'actor'> & { readonly scope: AuditScope },
  action: FactorAction,
  userId: string,
  method: Pick<MfaMethodRow, 'id' | 'type'> | undefined,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return auditWriter.append(scope, actor, {
    action,
    targets: [{ type: 'user', id: userId }, ...(method ? [{ type: 'factor', id: method.id }] : [])],
    details: { ...(method ? { factorType: method.type } : {}), ...details },
  })
}
