// Every route with which a tenant's model of access is managed: who is refused, and what is malformed. A route that is not
// in the table fails.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assignmentRoutes } from '../../src/core/http/assignment-routes.ts'
import { invitationRoutes } from '../../src/core/http/invitation-routes.ts'
import { memberRoutes } from '../../src/core/http/member-routes.ts'
import { organizationRoutes } from '../../src/core/http/organization-routes.ts'
import { projectRoutes } from '../../src/core/http/project-routes.ts'
import { resourceRoutes } from '../../src/core/http/resource-routes.ts'
import { teamRoutes } from '../../src/core/http/team-routes.ts'
import { type Caller, type House, NOBODY, openHouse, outcome, type Person } from './callers.ts'

let house: House
let owner: Person
let ids: Readonly<Record<string, string>>
beforeAll(async () => {
  house = await openHouse()
  const { acme } = house
  owner = await house.person(acme, { role: 'owner' })
  const organization = await acme.organizations.create({ key: 'north', name: 'North' })
  const team = await acme.teams.create({ organization, key: 'crew' })
  const project = await acme.projects.create({ organization, key: 'sail' })
  const resource = await acme.resources.register({ type: 'note', externalId: 'n1' })
  const { user } = await house.person(acme)
  const robot = await acme.serviceAccounts.create({ name: 'crane' })
  await acme.teams.members.add(team, { principal: user })
  await acme.teams.members.add(team, { principal: robot })
  const assignment = await acme.assignments.grant({ principal: user, role: 'viewer' })
  const invitation = await acme.invitations.send({ email: 'ines@example.test' })
  const all = { organization, team, project, resource, user, robot, assignment, invitation }
  ids = Object.fromEntries(Object.entries(all).map(([name, { id }]) => [name, id]))
})
afterAll(() => house[Symbol.asyncDispose]())

/** What each asks for, and a body where one is read: `<name>` stands for an id, also where a path says `:name`. */
const ROUTES: Readonly<Record<string, readonly [permission: string, body?: object]>> = {
  'GET organizations': ['organization:read'],
  'POST organizations': ['organization:write', { key: 'west', name: 'West' }],
  'GET organizations/:organization': ['organization:read'],
  'POST organizations/:organization': ['organization:write', { name: 'N' }],
  'DELETE organizations/:organization': ['organization:write'],
  'GET teams': ['team:read'],
  'POST teams': ['team:write', { organizationId: '<organization>', key: 'deck' }],
  'GET teams/:team': ['team:read'],
  'POST teams/:team': ['team:write', { name: 'C' }],
  'POST teams/:team/move': ['team:write', { parentTeamId: null }],
  'DELETE teams/:team': ['team:write'],
  'GET teams/:team/members': ['team:read'],
  'GET team-members': ['team:read'],
  'POST teams/:team/members': ['team:write', { principal: { kind: 'user', id: '<user>' } }],
  'GET teams/:team/members/users/:user': ['team:read'],
  'POST teams/:team/members/users/:user': ['team:write', { role: null }],
  'DELETE teams/:team/members/users/:user': ['team:write'],
  'GET teams/:team/members/service-accounts/:robot': ['team:read'],
  'POST teams/:team/members/service-accounts/:robot': ['team:write', { role: null }],
  'DELETE teams/:team/members/service-accounts/:robot': ['team:write'],
  'GET projects': ['project:read'],
  'POST projects': ['project:write', { organizationId: '<organization>', key: 'oar' }],
  'GET projects/:project': ['project:read'],
  'POST projects/:project': ['project:write', { name: 'S' }],
  'DELETE projects/:project': ['project:write'],
  'GET resources': ['resource:read'],
  'POST resources': ['resource:write', { type: 'note', externalId: 'n2' }],
  'GET resources/:resource': ['resource:read'],
  'POST resources/:resource': ['resource:write', { name: 'N' }],
  'DELETE resources/:resource': ['resource:write'],
  'GET assignments': ['assignment:read'],
  'POST assignments': ['assignment:write', { principal: { kind: 'user', id: '<user>' }, role: 'viewer' }],
  'GET assignments/:assignment': ['assignment:read'],
  'DELETE assignments/:assignment': ['assignment:write'],
  'GET invitations': ['invitation:read'],
  'POST invitations': ['invitation:write', { email: 'ida@example.test' }],
  'GET invitations/:invitation': ['invitation:read'],
  'POST invitations/:invitation/resend': ['invitation:write', {}],
  'POST invitations/:invitation/revoke': ['invitation:write', {}],
}
const NAMES = Object.keys(ROUTES)

function asked(name: string, who: Caller, at = (id: string) => ids[id]!) {
  const [method = '', path = ''] = name.split(' ')
  const body = ROUTES[name]![1]
  const filled = body && JSON.parse(JSON.stringify(body).replace(/<(\w+)>/g, (_, id) => ids[id]!))
  return { method, path: path.replace(/:(\w+)/g, (_, id) => at(id)), body: filled, who }
}
const answerOf = ({ who, method, path, body }: ReturnType<typeof asked>) => who.ask(method, path, body)

it('the table has every route that asks for a permission', () => {
  const parts = { bodyOf: async () => ({}) }
  const routes = [
    ...organizationRoutes(parts),
    ...teamRoutes(parts),
    ...memberRoutes(parts),
    ...projectRoutes(parts),
    ...resourceRoutes(parts),
    ...assignmentRoutes(parts),
    ...invitationRoutes(parts),
  ]
  const permitted = routes.flatMap((route) => ('permission' in route ? [route] : []))
  const shape = (name: string) => name.replace(/:\w+/g, ':id')
  expect(permitted.map(({ method, path }) => shape(`${method} ${path}`)).sort()).toEqual(NAMES.map(shape).sort())
  const mine = routes.filter((route) => !('permission' in route)).map(({ method, path }) => `${method} ${path}`)
  expect(mine.sort()).toEqual([
    'GET me/assignments',
    'GET me/invitations',
    'GET me/teams',
    'POST invitations/decline',
    'POST invitations/look',
    'POST me/invitations/:invitation/accept',
    'POST me/invitations/:invitation/decline',
    'POST me/invitations/accept',
  ])
})

describe.each(NAMES)('%s', (name) => {
  const [permission] = ROUTES[name]!
  const [method] = name.split(' ')

  it('refuses strangers, and who holds everything but its permission, in the tenant and in each place', async () => {
    expect(await outcome(answerOf(asked(name, house.stranger(house.acme))))).toBe('401 UNAUTHENTICATED')
    const [resource, action] = permission.split(':') as [string, string]
    const key = `all-but-${resource}-${action}`
    const known = await house.acme.roles.get(key).catch(() => undefined)
    if (!known) {
      const permissions = [{ resource, actions: [action], effect: 'deny' as const }]
      await house.acme.roles.create({ key, parent: 'admin', permissions })
    }
    const scopes = [undefined, { organization: ids.organization as never }, { team: ids.team as never }]
    for (const scope of scopes) {
      const almost = await house.person(house.acme, { role: key, ...(scope ? { scope } : {}) })
      const answer = await answerOf(asked(name, almost))
      expect([answer.status, answer.code, answer.permission]).toEqual([403, 'FORBIDDEN', permission])
    }
  })

  it(
    method === 'GET' ? 'is read by an API key that is for it, and no other' : 'takes a session and no API key',
    async () => {
      const whole = await house.program(house.acme, undefined, { role: 'admin' })
      const part = await house.program(house.acme, [permission], { role: 'admin' })
      const others = await house.program(house.acme, ['note:read', 'role:read'], { role: 'admin' })
      const seen = [whole, part, others].map((who) => outcome(answerOf(asked(name, who))))
      expect(await Promise.all(seen)).toEqual(
        method === 'GET' ? [200, 200, '403 FORBIDDEN'] : Array(3).fill('401 UNAUTHENTICATED'),
      )
    },
  )

  it('tells what it cannot read, and does nothing', async () => {
    const { path, body } = asked(name, owner)
    const unknown = { ...body, surprise: 1 }
    if (body) expect(await outcome(owner.ask(method!, path, unknown))).toBe('422 INPUT_INVALID')
    const bodiless = method === 'POST' && Object.keys(body ?? {}).length === 0
    if (body && !bodiless) {
      for (const broken of [[], 'x', 7])
        expect(await outcome(owner.ask(method!, path, broken))).toBe('400 BODY_INVALID')
    }
    const lists =
      method === 'GET' && !name.includes('/:') ? ['?limit=0', '?cursor=x', '?surprise=1', '?limit=1&limit=1'] : []
    for (const query of lists) {
      const refused = query === '?cursor=x' ? '400 CURSOR_INVALID' : '422 INPUT_INVALID'
      expect([query, await outcome(owner.ask(method!, path + query))]).toEqual([query, refused])
    }
    for (const parameter of name.match(/:\w+/g) ?? []) {
      // organizations have keys, too
      const refused = parameter === ':organization' ? '404 ORGANIZATION_UNKNOWN' : '400 ID_INVALID'
      const at = (id: string) => (`:${id}` === parameter ? 'x' : ids[id]!)
      expect(await outcome(answerOf(asked(name, owner, at)))).toBe(refused)
    }
  })
})

it.each([
  ['POST', 'organizations', {}, 422, 'INPUT_INVALID'],
  ['POST', 'organizations', { key: 'No Key', name: 'x' }, 422, 'INPUT_INVALID'],
  ['POST', 'organizations', { key: 'north', name: 'x' }, 409, 'ORGANIZATION_TAKEN'],
  ['POST', 'organizations', { key: 'x', name: 'x', metadata: [] }, 422, 'INPUT_INVALID'],
  ['POST', 'organizations/north', { name: '' }, 422, 'INPUT_INVALID'],
  ['POST', 'organizations/north', { key: 'other' }, 422, 'INPUT_INVALID'],
  ['POST', 'teams', { key: 'x' }, 422, 'INPUT_INVALID'],
  ['POST', 'teams', { organizationId: 'x', key: 'x' }, 400, 'ID_INVALID'],
  ['POST', 'teams', { organizationId: NOBODY, key: 'x' }, 404, 'ORGANIZATION_UNKNOWN'],
  ['POST', 'teams', { organizationId: '<organization>' }, 422, 'INPUT_INVALID'],
  ['POST', 'teams', { organizationId: '<organization>', parentTeamId: NOBODY, key: 'x' }, 404, 'TEAM_UNKNOWN'],
  ['POST', 'teams', { organizationId: '<organization>', key: 'crew' }, 409, 'TEAM_TAKEN'],
  ['POST', 'teams/<team>/move', {}, 422, 'INPUT_INVALID'],
  ['POST', 'teams/<team>/move', { parentTeamId: '<team>' }, 422, 'TEAM_CYCLE'],
  ['GET', 'teams?organizationId=none', undefined, 400, 'ID_INVALID'],
  ['GET', 'teams?parentTeamId=x', undefined, 400, 'ID_INVALID'],
  ['DELETE', 'teams/<team>?contents=', undefined, 422, 'INPUT_INVALID'],
  ['POST', 'teams/<team>/members', {}, 422, 'INPUT_INVALID'],
  ['POST', 'teams/<team>/members', { principal: '<user>' }, 422, 'INPUT_INVALID'],
  ['POST', 'teams/<team>/members', { principal: { kind: 'team', id: '<team>' } }, 422, 'INPUT_INVALID'],
  ['POST', 'teams/<team>/members', { principal: { kind: 'user', id: 'x' } }, 400, 'ID_INVALID'],
  ['POST', 'teams/<team>/members', { principal: { kind: 'user', id: NOBODY } }, 404, 'PRINCIPAL_UNKNOWN'],
  ['POST', 'teams/<team>/members/users/<user>', { role: 'nobody' }, 404, 'ROLE_UNKNOWN'],
  [
    'POST',
    'teams/<team>/members/users/<user>',
    { permissions: [{ resource: 'note', actions: ['eat'] }] },
    422,
    'INPUT_INVALID',
  ],
  ['GET', `team-members?userId=${NOBODY}&serviceAccountId=${NOBODY}`, undefined, 422, 'INPUT_INVALID'],
  ['POST', 'projects', { organizationId: '<organization>', key: 'sail' }, 409, 'PROJECT_TAKEN'],
  ['POST', 'projects', { organizationId: '<organization>', teamId: NOBODY, key: 'x' }, 404, 'TEAM_UNKNOWN'],
  ['POST', 'projects/<project>', { teamId: 'x' }, 400, 'ID_INVALID'],
  ['POST', 'resources', { type: 'boat', externalId: 'x' }, 404, 'RESOURCE_TYPE_UNKNOWN'],
  ['POST', 'resources', { type: 'note', externalId: 'n1' }, 409, 'RESOURCE_TAKEN'],
  ['POST', 'resources', { type: 'note', externalId: 7 }, 422, 'INPUT_INVALID'],
  ['POST', 'resources', { type: 'note', externalId: 'x', in: null }, 422, 'INPUT_INVALID'],
  ['POST', 'resources', { type: 'note', externalId: 'x', in: { kind: 'tenant', id: NOBODY } }, 422, 'INPUT_INVALID'],
  ['POST', 'resources', { type: 'note', externalId: 'x', in: { kind: 'team', id: NOBODY } }, 404, 'TEAM_UNKNOWN'],
  ['POST', 'resources/<resource>', { in: { kind: 'resource', id: NOBODY } }, 422, 'INPUT_INVALID'],
  ['GET', `resources?teamId=${NOBODY}&projectId=${NOBODY}`, undefined, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { role: 'viewer' }, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { principal: { kind: 'everyone', id: NOBODY }, role: 'viewer' }, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { principal: { kind: 'everyone' } }, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { principal: { kind: 'everyone' }, role: 'nobody' }, 404, 'ROLE_UNKNOWN'],
  ['POST', 'assignments', { principal: { kind: 'everyone' }, role: 'viewer', startsAt: 'soon' }, 422, 'INPUT_INVALID'],
  [
    'POST',
    'assignments',
    { principal: { kind: 'everyone' }, role: 'viewer', expiresAt: '2026-02-31' },
    422,
    'INPUT_INVALID',
  ],
  ['POST', 'assignments', { principal: { kind: 'everyone' }, role: 'viewer', expiresAt: 7 }, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { principal: { kind: 'everyone' }, role: 'viewer', forMs: '1000' }, 422, 'INPUT_INVALID'],
  ['POST', 'assignments', { principal: { kind: 'everyone' }, role: 'viewer', flow: 'up' }, 422, 'INPUT_INVALID'],
  [
    'POST',
    'assignments',
    { principal: { kind: 'everyone' }, role: 'viewer', scope: { kind: 'resource' } },
    422,
    'INPUT_INVALID',
  ],
  [
    'POST',
    'assignments',
    { principal: { kind: 'everyone' }, role: 'viewer', scope: { kind: 'resource', id: NOBODY, type: 'note' } },
    422,
    'INPUT_INVALID',
  ],
  ['GET', 'assignments?scopeKind=tenant', undefined, 422, 'INPUT_INVALID'],
  ['GET', 'assignments?scopeId=x', undefined, 422, 'INPUT_INVALID'],
  ['GET', 'assignments?principalKind=user', undefined, 400, 'ID_INVALID'],
  ['GET', 'assignments?role=nobody', undefined, 404, 'ROLE_UNKNOWN'],
  ['POST', 'invitations', {}, 422, 'INPUT_INVALID'],
  ['POST', 'invitations', { email: 'nobody' }, 422, 'EMAIL_INVALID'],
  ['POST', 'invitations', { email: 'x@example.test', roles: 'viewer' }, 422, 'INPUT_INVALID'],
  ['POST', 'invitations', { email: 'x@example.test', to: { kind: 'project', id: '<project>' } }, 422, 'INPUT_INVALID'],
  ['POST', 'invitations', { email: 'x@example.test', to: { kind: 'team', id: NOBODY } }, 404, 'TEAM_UNKNOWN'],
  [
    'POST',
    'invitations',
    { email: 'x@example.test', to: { kind: 'organization', id: '<organization>' } },
    422,
    'INPUT_INVALID',
  ],
  ['GET', 'invitations?status=lost', undefined, 422, 'INPUT_INVALID'],
  ['GET', 'invitations?projectId=x', undefined, 422, 'INPUT_INVALID'],
  ['POST', 'invitations/look', { token: 'x' }, 403, 'CHALLENGE_REFUSED'],
  ['POST', 'invitations/decline', {}, 422, 'INPUT_INVALID'],
  ['POST', 'me/invitations/accept', { token: 'x' }, 403, 'CHALLENGE_REFUSED'],
  ['POST', 'me/invitations/x/accept', {}, 400, 'ID_INVALID'],
] as const)('%s %s of %j is %d %s', async (method, path, body, status, code) => {
  const fill = (text: string) => text.replace(/<(\w+)>/g, (_, id) => ids[id]!)
  const answer = await owner.ask(method, fill(path), body && JSON.parse(fill(JSON.stringify(body))))
  expect([answer.status, answer.code]).toEqual([status, code])
})
