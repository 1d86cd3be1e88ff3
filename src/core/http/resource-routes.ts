// Registered resources over HTTP. Where one is registered decides who may give roles on it, so saying that is for who may in
// the whole tenant; the rest is for who may where it is, or on just this one.

import type { NewResource, Resource, ResourceChange, ResourceFilter } from '../access/resources.ts'
import { parseId, type ResourceId } from '../kernel/ids.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { demandAt, demandPermission, foundAt, managed, mayAt } from './permitted.ts'
import { around, placeAsked, placeNamed } from './place-body.ts'
import { pageRequest, readQuery } from './query.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

const FIELDS = ['name', 'metadata'] as const
const somewhere = true

export function resourceRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  /** The one that the path names, for who may do this with it. @throws FORBIDDEN, RESOURCE_UNKNOWN, ID_INVALID */
  function found(visit: PrincipalVisit<Db, P>, permission: 'resource:read' | 'resource:write'): Promise<Resource> {
    const id = parseId<ResourceId>(visit.params.resource, 'resource')
    return foundAt(visit, permission, () => visit.context.tenant.resources.get(id), around)
  }

  return [
    managed(
      {
        method: 'GET',
        path: 'resources',
        does: 'Lists the registered resources, or those directly in an `organizationId`, `teamId` or `projectId`, oldest first; `type` filters, `limit` and `cursor` page. Asks for `resource:read` there, and shows those with which one has it. A page may be short: only one without `next` is the last.',
        somewhere,
      },
      'resource:read',
      async (visit) => {
        const query = readQuery(visit.url, ['limit', 'cursor', 'type', 'organizationId', 'teamId', 'projectId'])
        const place = placeAsked(query)
        demandAt(visit, 'resource:read', place ?? {})
        const filter: ResourceFilter = {
          ...pageRequest(query),
          ...(query.type === undefined ? {} : { type: query.type }),
          ...(place === undefined ? {} : { in: place }),
        }
        const { items, next } = await visit.context.tenant.resources.list(filter)
        const mine = items.filter((resource) => mayAt(visit, 'resource:read', around(resource)))
        return jsonResponse({ items: mine.map(resourceView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'resources',
        does: 'Registers a resource of the host: `type`, `externalId`, `name`, `metadata`, and where it is: `in` (`kind` and `id`; left out: in the tenant).',
      },
      'resource:write',
      async (visit) => {
        const body = await bodyOf(visit, ['type', 'externalId', 'in', ...FIELDS])
        const place = body.in === undefined ? undefined : placeNamed(body.in, 'in')
        const made = await visit.context.tenant.resources.register({
          ...writtenField<Omit<NewResource, 'type' | 'externalId' | 'in'>>(body, FIELDS),
          type: textField(body, 'type'),
          externalId: textField(body, 'externalId'),
          ...(place === undefined ? {} : { in: place }),
        })
        return jsonResponse({ resource: resourceView(made) }, 201)
      },
    ),
    managed(
      { method: 'GET', path: 'resources/:resource', does: 'Tells one registered resource.', somewhere },
      'resource:read',
      async (visit) => jsonResponse({ resource: resourceView(await found(visit, 'resource:read')) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'resources/:resource',
        does: 'Changes a registered resource: `name`, `metadata` as a whole; and for who may write resources in the whole tenant, `in`.',
        somewhere,
      },
      'resource:write',
      async (visit) => {
        const { id } = await found(visit, 'resource:write')
        const body = await bodyOf(visit, ['in', ...FIELDS])
        const change: ResourceChange = {
          ...writtenField<ResourceChange>(body, FIELDS),
          ...(body.in === undefined ? {} : { in: placeNamed(body.in, 'in') ?? null }),
        }
        if (change.in !== undefined) demandPermission(visit, 'resource:write')
        return jsonResponse({ resource: resourceView(await visit.context.tenant.resources.update(id, change)) })
      },
    ),
    managed(
      {
        method: 'DELETE',
        path: 'resources/:resource',
        does: 'Forgets a registered resource, and what is held on it. Asks for all that.',
        somewhere,
      },
      'resource:write',
      async (visit) => {
        const { id } = await found(visit, 'resource:write')
        await visit.context.tenant.resources.remove(id)
        return emptyResponse()
      },
    ),
  ]
}

function resourceView(resource: Resource) {
  const { id, type, externalId, name, in: place, metadata, createdAt, updatedAt } = resource
  return { id, type, externalId, name, in: place, metadata, createdAt, updatedAt }
}
