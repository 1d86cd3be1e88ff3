// What the app does that stands on each framework: its permissions, and the work behind its routes.

import type { Generated, Kysely } from 'kysely'
import type { RequestContext } from '../../../src/core/http/request-context.ts'
import { definePermissions, FreeholdError, type OrganizationId } from '../../../src/index.ts'

export const permissions = definePermissions({ note: ['read', 'write'] })
export type Permission = (typeof permissions.names)[number]

export const exported = { notes: [] }

/** What a route says of its request. */
export function described(context: RequestContext) {
  const { tenant, principal, resolvedBy, clientAddress, refused, requestId } = context
  return {
    tenant: tenant.tenant.slug,
    user: principal?.id ?? null,
    resolvedBy,
    clientAddress,
    refused: refused ?? null,
    requestId,
  }
}

/** Looked up, as a host would; `nobody` has none. */
export async function noteOf(owner: string | undefined): Promise<{ owner_id: string | undefined }> {
  if (owner === 'nobody') throw new FreeholdError('INPUT_INVALID', { field: 'owner', problem: 'nobody has notes' })
  return { owner_id: owner }
}

/** Where a draft is and what it is, of one look-up. */
export async function draftIn(organization: OrganizationId) {
  return { organization, resource: { status: 'draft' } }
}

export async function take({ tenant }: RequestContext) {
  return tenant.entitlements.take('seats')
}

/** The host's own table, where the storage has one. */
export interface HostTables {
  notes: { id: Generated<string>; body: string }
}

/**
 * Freehold's own change, an event of the host's and, with `note`, a row in its own table, all in the request's
 * transaction, which may fail in the end.
 */
export async function rename(context: RequestContext, asked: { name?: string; note?: string; fails?: boolean }) {
  const { name = null, note, fails } = asked
  return context.transaction(async (tx) => {
    const user = await tx.users.update(context.session!.principal, { name })
    await tx.audit.record({ action: 'person.renamed', targets: [{ type: 'user', id: user.id }] })
    if (note) await (tx.db as Kysely<HostTables>).insertInto('notes').values({ body: note }).execute()
    if (fails) throw new FreeholdError('INPUT_INVALID', { field: 'fails', problem: 'it says so' })
    return { name: user.name }
  })
}

export function refuse(): never {
  throw new FreeholdError('USER_UNKNOWN')
}

export function fail(): never {
  throw new Error('password=hunter2')
}
