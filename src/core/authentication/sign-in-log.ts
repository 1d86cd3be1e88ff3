// What the audit log says of sign-ins that opened no session.

import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { createAddressMark } from './address-mark.ts'
import { failureOf, type Judgement, writeRisk } from './risk/judge.ts'

interface Told {
  readonly user: Pick<UserRow, 'id'>
  /** RFC 8176. */
  readonly methods: readonly string[]
  readonly client: ClientInfo | undefined
}

/** Who failed to sign in is nobody yet; whom they meant is told by id where there is such a user, by a mark in any case. */
export async function writeFailed(
  context: TenantContext,
  {
    address,
    user,
    methods,
    client,
  }: Omit<Told, 'user'> & { readonly address: string | undefined; readonly user: Told['user'] | undefined },
): Promise<void> {
  const { auditWriter, scope, actor } = context
  await scope.transaction(async (unit) => {
    await unit.verbs.countFailure(failureOf(context, address, client?.ip ?? actor.ip))
    await auditWriter.append(unit, inRequestOf(actor, { type: 'user' }, client), {
      action: 'sign_in.failed',
      outcome: 'failure',
      details: {
        authenticationMethods: methods,
        ...(address === undefined ? {} : { address: createAddressMark(context)(address) }),
      },
      ...(user ? { targets: [{ type: 'user', id: user.id }] } : {}),
    })
  })
}

/** Right, and refused by policy. */
export async function writeDenied(context: TenantContext, told: Told & { readonly risk?: Judgement }): Promise<void> {
  const { auditWriter, scope, actor } = context
  await scope.transaction(async (unit) => {
    if (told.risk) await writeRisk({ ...context, scope: unit }, told, told.risk)
    await auditWriter.append(unit, inRequestOf(actor, { type: 'user' }, told.client), {
      action: 'sign_in.denied',
      outcome: 'denied',
      targets: [{ type: 'user', id: told.user.id }],
      details: { authenticationMethods: told.methods, ...riskDetails(told.risk) },
    })
  })
}

/** Right, and not enough. */
export async function writePending(context: TenantContext, told: Told & { readonly risk: Judgement }): Promise<void> {
  const { auditWriter, scope, actor } = context
  await writeRisk(context, told, told.risk)
  await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, told.client), {
    action: 'sign_in.factor_required',
    targets: [{ type: 'user', id: told.user.id }],
    details: { authenticationMethods: told.methods, ...riskDetails(told.risk) },
  })
}

/** Names of signals; what they saw is in the security event, which is not kept for ever. */
function riskDetails(risk: Judgement | undefined): { readonly riskFlags?: readonly string[] } {
  return risk === undefined || risk.flags.length === 0 ? {} : { riskFlags: risk.flags }
}
