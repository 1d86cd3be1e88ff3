// Projects over HTTP, for who may manage them: everywhere, in an organization or a team, or the one in which that is held.

import type { PlaceOptions } from '../access/asked.ts'
import type { NewProject, Project, ProjectChange } from '../access/projects.ts'
import { type OrganizationId, type ProjectId, parseId, type TeamId } from '../kernel/ids.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { demandAt, managed, mayAt } from './permitted.ts'
import { idField } from './place-body.ts'
import { idAsked, idOrNone, pageRequest, readQuery } from './query.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

const FIELDS = ['name', 'description', 'metadata'] as const
const somewhere = true

export function projectRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  /** The project of the path, for who may do this in it. @throws FORBIDDEN, PROJECT_UNKNOWN, ID_INVALID */
  function projectOf(visit: PrincipalVisit<Db, P>, permission: 'project:read' | 'project:write'): ProjectId {
    const project = parseId<ProjectId>(visit.params.project, 'project')
    demandAt(visit, permission, { project })
    return project
  }

  return [
    managed(
      {
        method: 'GET',
        path: 'projects',
        does: 'Lists the projects of an `organizationId`, those directly in a `teamId` (`none`: in no team), or all, oldest first; `limit` and `cursor` page. Asks for `project:read` there, and shows those in which one has it. A page may be short: only one without `next` is the last.',
        somewhere,
      },
      'project:read',
      async (visit) => {
        const query = readQuery(visit.url, ['limit', 'cursor', 'organizationId', 'teamId'])
        const organization = idAsked<OrganizationId>(query, 'organizationId')
        const team = idOrNone<TeamId>(query, 'teamId')
        demandAt(visit, 'project:read', placeIn(organization, team))
        const { items, next } = await visit.context.tenant.projects.list({
          ...pageRequest(query),
          ...(organization === undefined ? {} : { organization }),
          ...(team === undefined ? {} : { team }),
        })
        const mine = items.filter(({ id }) => mayAt(visit, 'project:read', { project: id }))
        return jsonResponse({ items: mine.map(projectView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'projects',
        does: 'Makes a project in an `organizationId`, or in a `teamId` of it: `key`, `name`, `description`, `metadata`. Asks for `project:write` there.',
        somewhere,
      },
      'project:write',
      async (visit) => {
        const body = await bodyOf(visit, ['organizationId', 'teamId', 'key', ...FIELDS])
        const organization = parseId<OrganizationId>(textField(body, 'organizationId'), 'organizationId')
        const team = idField<TeamId>(body, 'teamId')
        demandAt(visit, 'project:write', placeIn(organization, team))
        const made = await visit.context.tenant.projects.create({
          ...writtenField<Omit<NewProject, 'organization' | 'key'>>(body, FIELDS),
          organization,
          key: textField(body, 'key'),
          ...(team ? { team } : {}),
        })
        return jsonResponse({ project: projectView(made) }, 201)
      },
    ),
    managed(
      { method: 'GET', path: 'projects/:project', does: 'Tells one project.', somewhere },
      'project:read',
      async (visit) => {
        const project = await visit.context.tenant.projects.get(projectOf(visit, 'project:read'))
        return jsonResponse({ project: projectView(project) })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'projects/:project',
        does: 'Changes a project: `name`, `description`, `metadata` as a whole, and the `teamId` of its organization that it is in (null: none). Asks for `project:write` there too, and for what is held in the teams that it leaves and comes to.',
        somewhere,
      },
      'project:write',
      async (visit) => {
        const id = projectOf(visit, 'project:write')
        const body = await bodyOf(visit, ['teamId', ...FIELDS])
        const team = idField<TeamId>(body, 'teamId')
        if (team !== undefined) {
          const { organizationId } = await visit.context.tenant.projects.get(id)
          demandAt(visit, 'project:write', placeIn(organizationId, team))
        }
        const change = { ...writtenField<ProjectChange>(body, FIELDS), ...(team === undefined ? {} : { team }) }
        return jsonResponse({ project: projectView(await visit.context.tenant.projects.update(id, change)) })
      },
    ),
    managed(
      {
        method: 'DELETE',
        path: 'projects/:project',
        does: 'Removes a project with what is registered and held in it. Asks for all that is held there.',
        somewhere,
      },
      'project:write',
      async (visit) => {
        await visit.context.tenant.projects.remove(projectOf(visit, 'project:write'))
        return emptyResponse()
      },
    ),
  ]
}

/** Where a project of this team is, or of none. */
function placeIn(organization: OrganizationId | undefined, team: TeamId | null | undefined): PlaceOptions {
  if (team) return { team }
  return organization === undefined ? {} : { organization }
}

function projectView(project: Project) {
  const { id, organizationId, teamId, key, name, description, metadata, createdAt, updatedAt } = project
  return { id, organizationId, teamId, key, name, description, metadata, createdAt, updatedAt }
}
