// What the app does that stands on each framework: its permissions, and the work behind its routes.

import type { Generated, Kysely } from 'kysely'
import type { CheckOptions } from '../../../src/core/access/check-options.ts'
import type { RequireOptions } from '../../../src/core/http/guard.ts'
import type { RequestContext } from '../../../src/core/http/request-context.ts'
import {
  definePermissions,
  FreeholdError,
  type OrganizationId,
  type ProjectId,
  type TeamId,
} from '../../../src/index.ts'

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

/** Routes that ask in the places, of the one resource or of the fields that their paths name. */
export function placed<Request>(at: (request: Request, name: 'a' | 'b') => string) {
  const routes = {
    '/team/:a': { team: (request) => at(request, 'a') as TeamId },
    '/project/:a': { project: (request) => at(request, 'a') as ProjectId },
    '/among/:a/:b': {
      in: (request) => [{ team: at(request, 'a') as TeamId }, { project: at(request, 'b') as ProjectId }],
    },
    '/on/:a': { on: (request) => ({ type: 'note', id: at(request, 'a') }) },
    '/fields/:a': { fields: async (request) => at(request, 'a').split('+') },
  } satisfies Record<string, RequireOptions<Request>>
  return Object.entries<Readonly<Record<string, (request: Request) => unknown>> & RequireOptions<Request>>(routes)
}

/** The same for who asks by hand; undefined: no such route. */
export async function placedAt([, first, ...names]: readonly string[]): Promise<CheckOptions | undefined> {
  const route = placed((values: readonly string[], name) => values[name === 'a' ? 0 : 1] ?? '').find(([path]) =>
    path.startsWith(`/${first}/`),
  )
  if (!route) return undefined
  const asked = Object.entries(route[1]).map(async ([name, find]) => [name, await find(names)])
  return Object.fromEntries(await Promise.all(asked))
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
