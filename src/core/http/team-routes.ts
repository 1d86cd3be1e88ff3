// Teams over HTTP, for who may manage them: everywhere, in an organization, or in a team and below it.

import type { PlaceOptions } from '../access/asked.ts'
import type { TeamContents } from '../access/team-moves.ts'
import type { NewTeam, Team, TeamChange } from '../access/teams.ts'
import { type OrganizationId, parseId, type TeamId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { demandAllAt, demandAt, managed, mayAt, teamOf } from './permitted.ts'
import { idField } from './place-body.ts'
import { idAsked, idOrNone, pageRequest, readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

const FIELDS = ['name', 'description', 'metadata'] as const
const somewhere = true

export function teamRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  return [
    managed(
      {
        method: 'GET',
        path: 'teams',
        does: 'Lists the teams of an `organizationId`, those directly below a `parentTeamId` (`none`: below no other), or all, oldest first; `limit` and `cursor` page. Asks for `team:read` there, and shows those in which one has it. A page may be short: only one without `next` is the last.',
        somewhere,
      },
      'team:read',
      async (visit) => {
        const query = readQuery(visit.url, ['limit', 'cursor', 'organizationId', 'parentTeamId'])
        const organization = idAsked<OrganizationId>(query, 'organizationId')
        const parent = idOrNone<TeamId>(query, 'parentTeamId')
        demandAt(visit, 'team:read', placeBelow(organization, parent))
        const { items, next } = await visit.context.tenant.teams.list({
          ...pageRequest(query),
          ...(organization === undefined ? {} : { organization }),
          ...(parent === undefined ? {} : { parent }),
        })
        const mine = items.filter(({ id }) => mayAt(visit, 'team:read', { team: id }))
        return jsonResponse({ items: mine.map(teamView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'teams',
        does: 'Makes a team in an `organizationId`, or below a `parentTeamId` of it: `key`, `name`, `description`, `metadata`. Asks for `team:write` there.',
        somewhere,
      },
      'team:write',
      async (visit) => {
        const body = await bodyOf(visit, ['organizationId', 'parentTeamId', 'key', ...FIELDS])
        const organization = parseId<OrganizationId>(textField(body, 'organizationId'), 'organizationId')
        const parent = idField<TeamId>(body, 'parentTeamId')
        demandAt(visit, 'team:write', placeBelow(organization, parent))
        const made = await visit.context.tenant.teams.create({
          ...writtenField<Omit<NewTeam, 'organization' | 'key'>>(body, FIELDS),
          organization,
          key: textField(body, 'key'),
          ...(parent ? { parent } : {}),
        })
        return jsonResponse({ team: teamView(made) }, 201)
      },
    ),
    managed({ method: 'GET', path: 'teams/:team', does: 'Tells one team.', somewhere }, 'team:read', async (visit) =>
      jsonResponse({ team: teamView(await visit.context.tenant.teams.get(teamOf(visit, 'team:read'))) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'teams/:team',
        does: 'Changes a team: `name`, `description`, `metadata` as a whole.',
        somewhere,
      },
      'team:write',
      async (visit) => {
        const team = teamOf(visit, 'team:write')
        const change = writtenField<TeamChange>(await bodyOf(visit, FIELDS), FIELDS)
        return jsonResponse({ team: teamView(await visit.context.tenant.teams.update(team, change)) })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'teams/:team/move',
        does: 'Puts a team, with all that is below it, below a `parentTeamId` of its organization; null: below no other. Asks for `team:write` here and there, and for what is held in the teams that it leaves and comes below.',
        somewhere,
      },
      'team:write',
      async (visit) => {
        const team = teamOf(visit, 'team:write')
        const parent = idField<TeamId>(await bodyOf(visit, ['parentTeamId']), 'parentTeamId')
        if (parent === undefined) throw invalid('parentTeamId', 'it is missing')
        const { organizationId } = await visit.context.tenant.teams.get(team)
        demandAt(visit, 'team:write', placeBelow(organizationId, parent))
        return jsonResponse({ team: teamView(await visit.context.tenant.teams.move(team, { parent })) })
      },
    ),
    managed(
      {
        method: 'DELETE',
        path: 'teams/:team',
        does: 'Removes a team, and what is held in it and by it. `contents` says what becomes of what is in it: `refuse` (the default), `lift` (asks for writing teams and projects where they come) or `remove` (asks for writing projects and resources, too).',
        somewhere,
      },
      'team:write',
      async (visit) => {
        const team = teamOf(visit, 'team:write')
        const { contents } = readQuery(visit.url, ['contents'])
        const options = contents === undefined ? {} : { contents: contents as TeamContents }
        if (contents === 'remove') demandAllAt(visit, ['project:write', 'resource:write'], { team })
        if (contents === 'lift') {
          const { organizationId, parentTeamId } = await visit.context.tenant.teams.get(team)
          demandAllAt(visit, ['team:write', 'project:write'], placeBelow(organizationId, parentTeamId))
        }
        await visit.context.tenant.teams.remove(team, options)
        return emptyResponse()
      },
    ),
  ]
}

/** Where a team below this one is, or below none. */
function placeBelow(organization: OrganizationId | undefined, parent: TeamId | null | undefined): PlaceOptions {
  if (parent) return { team: parent }
  return organization === undefined ? {} : { organization }
}

function teamView(team: Team) {
  const { id, organizationId, parentTeamId, key, name, description, metadata, createdAt, updatedAt } = team
  return { id, organizationId, parentTeamId, key, name, description, metadata, createdAt, updatedAt }
}
