// Organizations over HTTP, for who may manage them: all of them, or the one in which that is held.

import type { NewOrganization, Organization, OrganizationChange } from '../access/organizations.ts'
import { writtenField } from './access-body.ts'
import type { Entering } from './entering.ts'
import { demandAllAt, foundAt, managed, mayAt } from './permitted.ts'
import { pageRequest, readQuery } from './query.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

export function organizationRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  /** The one that the path names, by key or id. @throws FORBIDDEN, ORGANIZATION_UNKNOWN */
  const found = (visit: PrincipalVisit<Db, P>, permission: 'organization:read' | 'organization:write') =>
    foundAt(
      visit,
      permission,
      () => visit.context.tenant.organizations.get(visit.params.organization!),
      ({ id }) => ({ organization: id }),
    )

  return [
    managed(
      {
        method: 'GET',
        path: 'organizations',
        does: 'Lists the organizations that one may read, oldest first; `limit` and `cursor` page through them. A page may be short: only one without `next` is the last.',
        somewhere: true,
      },
      'organization:read',
      async (visit) => {
        const page = pageRequest(readQuery(visit.url, ['limit', 'cursor']))
        const { items, next } = await visit.context.tenant.organizations.list(page)
        const mine = items.filter(({ id }) => mayAt(visit, 'organization:read', { organization: id }))
        return jsonResponse({ items: mine.map(organizationView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'organizations',
        does: 'Makes an organization: `key`, `name`, `metadata` (an object).',
      },
      'organization:write',
      async (visit) => {
        const fields = ['key', 'name', 'metadata']
        const organization = writtenField<NewOrganization>(await bodyOf(visit, fields), fields)
        const made = await visit.context.tenant.organizations.create(organization)
        return jsonResponse({ organization: organizationView(made) }, 201)
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'organizations/:organization',
        does: 'Tells one organization, by key or id.',
        somewhere: true,
      },
      'organization:read',
      async (visit) => jsonResponse({ organization: organizationView(await found(visit, 'organization:read')) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'organizations/:organization',
        does: 'Changes an organization: `name`, `metadata` as a whole.',
        somewhere: true,
      },
      'organization:write',
      async (visit) => {
        const { id } = await found(visit, 'organization:write')
        const fields = ['name', 'metadata']
        const change = writtenField<OrganizationChange>(await bodyOf(visit, fields), fields)
        const changed = await visit.context.tenant.organizations.update(id, change)
        return jsonResponse({ organization: organizationView(changed) })
      },
    ),
    managed(
      {
        method: 'DELETE',
        path: 'organizations/:organization',
        does: 'Removes an organization with its teams, projects, resources and all that is held in it. Asks for writing each of these, and for everything that is held there.',
        somewhere: true,
      },
      'organization:write',
      async (visit) => {
        const { id } = await found(visit, 'organization:write')
        demandAllAt(visit, ['team:write', 'project:write', 'resource:write'], { organization: id })
        await visit.context.tenant.organizations.remove(id)
        return emptyResponse()
      },
    ),
  ]
}

function organizationView({ id, key, name, metadata, createdAt, updatedAt }: Organization) {
  return { id, key, name, metadata, createdAt, updatedAt }
}
