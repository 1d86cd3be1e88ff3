// Who is in which team, over HTTP, for who may manage the team. Nobody adds a member to more than they hold there.

import type { Principal } from '../access/access.ts'
import type { NewTeamMember, TeamMember, TeamMemberChange } from '../access/team-members.ts'
import { parseId, type ServiceAccountId, type UserId } from '../kernel/ids.ts'
import { writtenField } from './access-body.ts'
import type { Entering } from './entering.ts'
import { managed, mayAt, teamOf } from './permitted.ts'
import { principalAsked, principalNamed } from './place-body.ts'
import { pageRequest, readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

const TERMS = ['role', 'permissions'] as const
const somewhere = true

/** Members are named in a path by their kind and id. */
const KINDS = [
  { path: 'users', who: 'the user', named: (id: unknown): Principal => ({ id: parseId<UserId>(id, 'id') }) },
  {
    path: 'service-accounts',
    who: 'the service account',
    named: (id: unknown): Principal => ({ kind: 'service_account', id: parseId<ServiceAccountId>(id, 'id') }),
  },
] as const

export function memberRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  return [
    managed(
      {
        method: 'GET',
        path: 'teams/:team/members',
        does: 'Lists the members of a team, oldest first; `limit` and `cursor` page through them.',
        somewhere,
      },
      'team:read',
      async (visit) => {
        const team = teamOf(visit, 'team:read')
        const page = pageRequest(readQuery(visit.url, ['limit', 'cursor']))
        const { items, next } = await visit.context.tenant.teams.members.list({ ...page, team })
        return jsonResponse({ items: items.map(memberView), next })
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'team-members',
        does: 'Lists the memberships of all teams, or those of a `userId` or `serviceAccountId`; `limit` and `cursor` page. Shows those of teams that one may read. A page may be short: only one without `next` is the last.',
      },
      'team:read',
      async (visit) => {
        const query = readQuery(visit.url, ['limit', 'cursor', 'userId', 'serviceAccountId'])
        const principal = principalAsked(query)
        const filter = { ...pageRequest(query), ...(principal === undefined ? {} : { principal }) }
        const { items, next } = await visit.context.tenant.teams.members.list(filter)
        const mine = items.filter(({ teamId }) => mayAt(visit, 'team:read', { team: teamId }))
        return jsonResponse({ items: mine.map(memberView), next })
      },
    ),
    {
      method: 'GET',
      path: 'me/teams',
      does: 'Lists the memberships of oneself; `limit` and `cursor` page through them.',
      asks: 'principal',
      async answer({ context, access, url }) {
        const page = pageRequest(readQuery(url, ['limit', 'cursor']))
        const principal = access.principal as Principal
        const { items, next } = await context.tenant.teams.members.list({ ...page, principal })
        return jsonResponse({ items: items.map(memberView), next })
      },
    },
    managed(
      {
        method: 'POST',
        path: 'teams/:team/members',
        does: 'Adds a member to a team: `principal` (`kind` and `id`), and what they hold in it beside the team: `role` (key or id), `permissions`. Asks for all that they come to hold.',
        somewhere,
      },
      'team:write',
      async (visit) => {
        const team = teamOf(visit, 'team:write')
        const body = await bodyOf(visit, ['principal', ...TERMS])
        const terms = writtenField<Omit<NewTeamMember, 'principal'>>(body, TERMS)
        const member = { ...terms, principal: principalNamed(body.principal, 'principal') }
        const added = await visit.context.tenant.teams.members.add(team, member)
        return jsonResponse({ member: memberView(added) }, 201)
      },
    ),
    ...KINDS.flatMap(({ path, who, named }) => [
      managed<Db, P>(
        {
          method: 'GET',
          path: `teams/:team/members/${path}/:id`,
          does: `Tells what ${who} holds as a member.`,
          somewhere,
        },
        'team:read',
        async (visit) => {
          const team = teamOf(visit, 'team:read')
          const member = await visit.context.tenant.teams.members.get(team, named(visit.params.id))
          return jsonResponse({ member: memberView(member) })
        },
      ),
      managed<Db, P>(
        {
          method: 'POST',
          path: `teams/:team/members/${path}/:id`,
          does: `Changes what ${who} holds as a member: \`role\` (null: none), \`permissions\` as a whole. Asks for what is given and taken.`,
          somewhere,
        },
        'team:write',
        async (visit) => {
          const team = teamOf(visit, 'team:write')
          const change = writtenField<TeamMemberChange>(await bodyOf(visit, TERMS), TERMS)
          const changed = await visit.context.tenant.teams.members.update(team, named(visit.params.id), change)
          return jsonResponse({ member: memberView(changed) })
        },
      ),
      managed<Db, P>(
        {
          method: 'DELETE',
          path: `teams/:team/members/${path}/:id`,
          does: `Takes ${who} out of a team. Asks for all that they held by it.`,
          somewhere,
        },
        'team:write',
        async (visit) => {
          await visit.context.tenant.teams.members.remove(teamOf(visit, 'team:write'), named(visit.params.id))
          return emptyResponse()
        },
      ),
    ]),
  ]
}

function memberView({ id, teamId, principal, roleId, permissions, createdAt, updatedAt }: TeamMember) {
  return { id, teamId, principal, roleId, permissions, createdAt, updatedAt }
}
