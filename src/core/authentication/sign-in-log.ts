// What the audit log says of sign-ins that opened no session.

import { inRequestOf } from '../audit/actor.ts'
import type { TenantContext } from '../context.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { createAddressMark } from './address-mark.ts'

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
  await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, client), {
    action: 'sign_in.failed',
    outcome: 'failure',
    details: {
      authenticationMethods: methods,
      ...(address === undefined ? {} : { address: createAddressMark(context)(address) }),
    },
    ...(user ? { targets: [{ type: 'user', id: user.id }] } : {}),
  })
}

/** Right, and refused by policy. */
export async function writeDenied({ auditWriter, scope, actor }: TenantContext, told: Told): Promise<void> {
  await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, told.client), {
    action: 'sign_in.denied',
    outcome: 'denied',
    targets: [{ type: 'user', id: told.user.id }],
    details: { authenticationMethods: told.methods },
  })
}

/** Right, and not enough. */
export async function writePending({ auditWriter, scope, actor }: TenantContext, told: Told): Promise<void> {
  await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, told.client), {
    action: 'sign_in.factor_required',
    targets: [{ type: 'user', id: told.user.id }],
    details: { authenticationMethods: told.methods },
  })
}
