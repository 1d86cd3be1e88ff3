// Generated tenants as the storage would answer them.

import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { type BookSource, createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { RoleAssignmentRow } from '../../src/core/storage/access-tables.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import { assignmentRow } from './rows.ts'
import { permissions, THINGS, type World } from './worlds.ts'

export function load(built: World): KnownPrincipal {
  const own = built.assignments.filter(({ holder }) => holder === 'me').map(rowOf)
  const source = sourceOf(built)
  const answer: AccessLoad = {
    version: 7,
    writes: 7,
    tenant: null,
    principal: { version: 3, active: built.active, attributes: { metadata: built.principal } },
    assignments: own,
    memberships: built.memberships.map(({ id, team, role, entries: held }) => ({
      id,
      team_id: team,
      role_id: role,
      permissions: [...held],
    })),
    resources: resourceRows,
  }
  const book = createTenantBook(source, permissions)
  return new KnownPrincipal({ kind: 'user', id: 'me' }, answer, answer.principal!, book, 0)
}

const resourceRows = THINGS.map(({ type, id }) => ({ id: `${type}/${id}`, type, external_id: id }))

function sourceOf({ places: tree, roles, assignments, policies }: World): BookSource {
  const of = (kind: World['places'][number]['kind']) => tree.filter((place) => place.kind === kind)
  const around = (place: World['places'][number]): { organization_id: string; team: string | null } => {
    const next = tree.find(({ id }) => id === place.above)!
    if (next.kind === 'organization') return { organization_id: next.id, team: null }
    return { organization_id: around(next).organization_id, team: next.id }
  }
  const teamIds = new Set(of('team').map(({ id }) => id))
  const roleIds = new Set(roles.map(({ id }) => id))
  return {
    version: 7,
    writes: 7,
    roles: roles.map(({ id, key, parent, byCode, entries: held }) => ({
      ...{ id, key, parent_role_id: parent, system: byCode.length > 0 },
      permissions: [...held],
    })),
    organizations: of('organization').map(({ id }) => id),
    // whatever the order in which they come
    teams: of('team')
      .map((place) => ({ place, ...around(place) }))
      .map(({ place, organization_id, team }) => ({ id: place.id, organization_id, parent_team_id: team }))
      .reverse(),
    projects: of('project')
      .map((place) => ({ place, ...around(place) }))
      .map(({ place, organization_id, team }) => ({ id: place.id, organization_id, team_id: team })),
    assignments: assignments.filter(({ holder }) => holder !== 'me').map(rowOf),
    resources: resourceRows,
    policies: policies.map(({ key, effect: says, principals, actions, at, conditions: when }) => ({
      ...{ id: key, key, version: 1 },
      document: {
        effect: says,
        principals: principals.map((who) => {
          if (who === '*') return who
          return teamIds.has(who) ? { team: who } : roleIds.has(who) ? { role: who } : { user: who }
        }),
        actions: [...actions],
        resources: at.map((where) => {
          if (typeof where !== 'string') return where
          return where === 't' ? '*' : { [tree.find(({ id }) => id === where)!.kind]: where }
        }),
        ...(when ? { conditions: when } : {}),
      },
    })),
    customPermissions: [{ resource: 'note', action: 'print' }],
  }
}

function rowOf({
  id,
  role,
  at: where,
  holder,
  flow,
  startsAt,
  expiresAt,
}: World['assignments'][number]): RoleAssignmentRow {
  const time = (at: number | null) => (at === null ? null : new Date(at))
  const kind = typeof where === 'string' ? where.replace(/\d$/, '') : 'resource'
  const there = typeof where === 'string' ? where : `${where.type}/${where.id}`
  return assignmentRow({
    ...{ id, role_id: role, flow, starts_at: time(startsAt), expires_at: time(expiresAt) },
    ...(holder === 'me' ? { user_id: 'me' } : holder === 'everyone' ? { everyone: true } : { team_id: holder }),
    ...(kind === 'o' ? { organization_id: there } : {}),
    ...(kind === 'team' ? { scope_team_id: there } : {}),
    ...(kind === 'project' ? { project_id: there } : {}),
    ...(kind === 'resource' ? { resource_id: there } : {}),
  })
}
