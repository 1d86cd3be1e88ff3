// What the audit log says of sign-ins that opened no session.

import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import type { ClientInfo } from '../sessions/session.ts'
import { countFailure, type Step, told } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { createAddressMark } from './address-mark.ts'
import { failureOf, type Judgement, riskEvent } from './risk/judge.ts'
import { NOTHING_TO_TELL, type Telling } from './suspicion.ts'

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
  const steps: Step[] = [countFailure(failureOf(context, address, client?.ip ?? actor.ip))]
  await auditWriter.append(told(steps), inRequestOf(actor, { type: 'user' }, client), {
    action: 'sign_in.failed',
    outcome: 'failure',
    details: {
      authenticationMethods: methods,
      ...(address === undefined ? {} : { address: createAddressMark(context)(address) }),
    },
    ...(user ? { targets: [{ type: 'user', id: user.id }] } : {}),
  })
  await scope.atOnce(steps)
}

/** Right, and refused by policy. */
export async function writeDenied(
  context: TenantContext,
  denied: Told & { readonly risk?: Judgement },
  telling: Telling = NOTHING_TO_TELL,
): Promise<void> {
  const { auditWriter, scope, actor } = context
  const steps: Step[] = [...(denied.risk ? riskEvent(context, denied, denied.risk) : []), ...telling.steps]
  await auditWriter.append(told(steps), inRequestOf(actor, { type: 'user' }, denied.client), {
    action: 'sign_in.denied',
    outcome: 'denied',
    targets: [{ type: 'user', id: denied.user.id }],
    details: { authenticationMethods: denied.methods, ...riskDetails(denied.risk) },
  })
  const outcome = await scope.atOnce(steps)
  if (outcome.done) telling.tell(outcome)
}

/** Right, and not enough: the steps that say so. */
export async function pendingEvents(
  context: Pick<TenantContext, 'auditWriter' | 'actor' | 'runtime'>,
  action: 'sign_in.factor_required' | 'sign_in.enrolment_required',
  pending: Told & { readonly risk: Judgement },
): Promise<readonly Step[]> {
  const { auditWriter, actor } = context
  const steps: Step[] = [...riskEvent(context, pending, pending.risk)]
  await auditWriter.append(told(steps), inRequestOf(actor, { type: 'user' }, pending.client), {
    action,
    targets: [{ type: 'user', id: pending.user.id }],
    details: { authenticationMethods: pending.methods, ...riskDetails(pending.risk) },
  })
  return steps
}

/** Names of signals; what they saw is in the security event, which is not kept for ever. */
function riskDetails(risk: Judgement | undefined): { readonly riskFlags?: readonly string[] } {
  return risk === undefined || risk.flags.length === 0 ? {} : { riskFlags: risk.flags }
}
