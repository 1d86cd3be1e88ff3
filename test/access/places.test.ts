// Where something is asked: what counts in which place, what explanations say of the way there, and what is refused.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Organization, Project, ScopeName, Team, User } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let here: Organization
let there: Organization
let team: Team
let sub: Team
let project: Project
let made = 0
const { newId } = systemRuntime()

beforeAll(async () => {
  house = await makeHouse(memory())
  const { organizations, teams, projects } = house.acme
  here = await organizations.create({ key: 'here', name: 'Here' })
  there = await organizations.create({ key: 'there', name: 'There' })
  team = await teams.create({ organization: here, key: 'team' })
  sub = await teams.create({ organization: here, key: 'sub', parent: team })
  project = await projects.create({ organization: here, key: 'project', team: sub })
})
afterAll(() => house.close())

const check = (user: User, options?: CheckOptions) => house.acme.access.check(user, 'note:read', options)

/** A viewer there. */
async function viewer(scope?: ScopeName, flow: 'descendants' | 'self' = 'descendants'): Promise<User> {
  const user = await house.person()
  await house.acme.assignments.grant({ principal: user, role: 'viewer', flow, ...(scope ? { scope } : {}) })
  return user
}

describe('what is held', () => {
  it('in the tenant counts everywhere, in a place there and below, and nowhere else', async () => {
    const [everywhere, inTeam] = [await viewer(), await viewer({ team })]
    const places: [CheckOptions, boolean][] = [
      [{}, false],
      [{ organization: here }, false],
      [{ organization: there }, false],
      [{ team }, true],
      [{ team: sub }, true],
      [{ project }, true],
      [{ project: project.id }, true],
      [{ on: { type: 'note', id: '1' } }, false],
      [{ on: { type: 'note', id: '1' }, project }, true],
      [{ on: { type: 'note', id: '1' }, organization: there }, false],
    ]
    for (const [options, expected] of places) {
      expect(await check(everywhere, options)).toBe(true)
      expect(await check(inTeam, options), JSON.stringify(options)).toBe(expected)
    }
  })

  it('with flow self counts at its scope, and not below it', async () => {
    const [atTenant, atTeam] = [await viewer(undefined, 'self'), await viewer({ team }, 'self')]
    expect(await check(atTenant)).toBe(true)
    expect(await check(atTenant, { organization: here })).toBe(false)
    expect(await check(atTenant, { on: { type: 'note', id: '1' } })).toBe(false)
    expect(await check(atTeam, { team })).toBe(true)
    expect(await check(atTeam, { team: sub })).toBe(false)
    expect(await check(atTeam)).toBe(false)
    // a thing in the team is below it
    expect(await check(atTeam, { team, on: { type: 'note', id: '1' } })).toBe(false)
    // who names the team and a place in it asks about the place in it
    expect(await check(atTeam, { team, project })).toBe(false)
    expect(await check(atTeam, { team, organization: here })).toBe(true)
  })

  it('on a resource counts for that one, wherever it is, and for no other type', async () => {
    const resource = await house.acme.resources.register({ type: 'note', externalId: `n${++made}` })
    const ana = await viewer({ resource })
    const on = { type: 'note', id: resource.externalId }
    expect(await check(ana, { on })).toBe(true)
    expect(await check(ana, { on, organization: there })).toBe(true)
    expect(await check(ana, { on: { ...on, type: 'invoice' } })).toBe(false)
    expect(await check(ana, { on: { ...on, id: `${on.id}0` } })).toBe(false)
    expect(await check(ana)).toBe(false)
    // what conditions see is no place
    expect(await check(ana, { resource: { ...on } })).toBe(false)
  })

  it('counts where a thing is in any of several places, and so does a denial', async () => {
    const ana = await viewer({ organization: here })
    expect(await check(ana, { organization: there, in: { team } })).toBe(true)
    expect(await check(ana, { in: [{ organization: there }, { project }] })).toBe(true)
    expect(await check(ana, { in: [{ organization: there }] })).toBe(false)
    const entry = { resource: 'note', actions: ['read'], effect: 'deny' } as const
    const { key: role } = await house.acme.roles.create({ key: `ban-${++made}`, permissions: [entry] })
    await house.acme.assignments.grant({ principal: ana, role, scope: { organization: there } })
    expect(await check(ana, { organization: here })).toBe(true)
    expect(await check(ana, { in: [{ organization: here }, { organization: there }] })).toBe(false)
  })

  it('by a team reaches its members and those of its sub-teams, and by everyone all', async () => {
    const [ana, bob, carl] = [await house.person(), await house.person(), await house.person()]
    await house.acme.teams.members.add(team, { principal: ana })
    await house.acme.teams.members.add(sub, { principal: bob })
    const given = await house.acme.assignments.grant({
      principal: team,
      role: 'viewer',
      scope: { organization: there },
    })
    const who = () => Promise.all([ana, bob, carl].map((one) => check(one, { organization: there })))
    expect(await who()).toEqual([true, true, false])
    expect(await check(ana)).toBe(false)
    await house.acme.assignments.revoke(given)
    const below = await house.acme.assignments.grant({ principal: sub, role: 'viewer', scope: { organization: there } })
    expect(await who()).toEqual([false, true, false])
    await house.acme.assignments.revoke(below)
    const all = await house.acme.assignments.grant({
      principal: { kind: 'everyone' },
      role: 'viewer',
      scope: { organization: there },
    })
    expect(await who()).toEqual([true, true, true])
    await house.acme.assignments.revoke(all)
    expect(await who()).toEqual([false, false, false])
  })

  it('as a member counts in the team and below it', async () => {
    const ana = await house.person()
    const permissions = [{ resource: 'invoice', actions: ['read'] }]
    await house.acme.teams.members.add(team, { principal: ana, role: 'viewer', permissions })
    expect([await check(ana), await check(ana, { organization: here })]).toEqual([false, false])
    expect([await check(ana, { team }), await check(ana, { project })]).toEqual([true, true])
    const { access } = house.acme
    expect(await access.check(ana, 'invoice:read', { team: sub })).toBe(true)
    expect((await access.explain(ana, 'invoice:read', { team: sub })).by).toMatchObject({
      source: { kind: 'membership', team: team.id },
      roles: expect.any(Array),
      scope: { kind: 'team', id: team.id },
    })
  })
})

describe('an explanation', () => {
  it('says the way from the place asked about to the scope', async () => {
    const ana = await viewer({ organization: here })
    const { by } = await house.acme.access.explain(ana, 'note:read', { project, on: { type: 'note', id: '1' } })
    expect(by).toMatchObject({ flow: 'descendants', effect: 'allow', roles: ['viewer'] })
    expect(by?.path).toEqual([
      { kind: 'resource', type: 'note', id: '1' },
      { kind: 'project', id: project.id },
      { kind: 'team', id: sub.id },
      { kind: 'team', id: team.id },
      { kind: 'organization', id: here.id },
    ])
    const everywhere = await viewer()
    expect((await house.acme.access.explain(everywhere, 'note:read')).by?.path).toEqual([{ kind: 'tenant' }])
  })

  it('says what would be needed', async () => {
    const { access, assignments } = house.acme
    const ana = await house.person()
    const needed = async (options?: CheckOptions) => (await access.explain(ana, 'note:read', options)).needed
    expect(await needed()).toEqual([{ kind: 'role', roles: expect.arrayContaining(['owner', 'member', 'viewer']) }])
    await assignments.grant({ principal: ana, role: 'viewer', scope: { team } })
    expect(await needed()).toContainEqual({ kind: 'place', scopes: [{ kind: 'team', id: team.id }] })
    expect(await needed({ team })).toEqual([])
    const entry = { resource: 'note', actions: ['read'], effect: 'deny' } as const
    const { key: role } = await house.acme.roles.create({ key: `ban-${++made}`, permissions: [entry] })
    const ban = await assignments.grant({ principal: ana, role })
    const removal = {
      kind: 'removal',
      of: { source: { kind: 'assignment', id: ban.id, of: 'principal' }, roles: [role] },
    }
    expect(await needed({ team })).toMatchObject([removal])
    // a denial may not be all that stands in the way
    expect(await needed()).toMatchObject([removal, { kind: 'role' }, { kind: 'place' }])
    await house.acme.users.disable(ana)
    expect(await needed()).toEqual([{ kind: 'activation' }])
  })
})

describe('a place that is none', () => {
  it('is refused, also where nothing depends on it', async () => {
    const owner = await house.person(['owner'])
    const held = await house.acme.access.principal(owner)
    const wrong: [CheckOptions, Parameters<typeof refused>[1]][] = [
      [{ team: newId() as never }, 'TEAM_UNKNOWN'],
      [{ team: here.id as never }, 'TEAM_UNKNOWN'],
      [{ project: team.id as never }, 'PROJECT_UNKNOWN'],
      [{ organization: team.id as never }, 'ORGANIZATION_UNKNOWN'],
      [{ organization: null as never }, 'ORGANIZATION_UNKNOWN'],
      [{ in: [{ team }, { project: newId() as never }] }, 'PROJECT_UNKNOWN'],
      [{ in: null as never }, 'INPUT_INVALID'],
      [{ in: 'x' as never }, 'INPUT_INVALID'],
      [{ in: [{}] as never }, 'INPUT_INVALID'],
      [{ in: [{ tenant: 'x' }] as never }, 'INPUT_INVALID'],
      [{ in: { team, project } as never }, 'INPUT_INVALID'],
      [{ in: [JSON.parse('{"__proto__":"x"}')] }, 'INPUT_INVALID'],
      [{ in: Array.from({ length: 101 }, () => ({ team })) }, 'INPUT_INVALID'],
      [{ on: null as never }, 'RESOURCE_TYPE_UNKNOWN'],
      [{ on: { type: 'memo', id: '1' } }, 'RESOURCE_TYPE_UNKNOWN'],
      [{ on: { type: 'toString', id: '1' } }, 'RESOURCE_TYPE_UNKNOWN'],
      [{ on: { type: 'note', id: '' } }, 'INPUT_INVALID'],
      [{ on: { type: 'note', id: 7 as never } }, 'INPUT_INVALID'],
      [{ on: { type: 'note', id: 'x'.repeat(201) } }, 'INPUT_INVALID'],
      [{ fields: [] }, 'INPUT_INVALID'],
      [{ fields: 'title' as never }, 'INPUT_INVALID'],
      [{ fields: [''] }, 'INPUT_INVALID'],
      [{ fields: Array(1) }, 'INPUT_INVALID'],
      [{ fields: Array.from({ length: 101 }, () => 'x') }, 'INPUT_INVALID'],
    ]
    for (const [options, code] of wrong) {
      await refused(() => check(owner, options), code)
      await refused(() => house.acme.access.explain(owner, 'note:read', options), code)
      await refused(() => held.can('note:read', options), code)
      if (options.fields === undefined) {
        await refused(() => held.permissions(options), code)
        await refused(() => held.fields('note:read', options), code)
      }
    }
  })

  it('is one of another tenant, or one that is gone', async () => {
    const owner = await house.person(['owner'])
    const globex = await house.globex()
    const foreign = await globex.organizations.get('main')
    await refused(() => check(owner, { organization: foreign }), 'ORGANIZATION_UNKNOWN')
    const gone = await house.acme.teams.create({ organization: here, key: 'gone' })
    expect(await check(owner, { team: gone })).toBe(true)
    await house.acme.teams.remove(gone)
    await refused(() => check(owner, { team: gone }), 'TEAM_UNKNOWN')
  })
})

describe('fields', () => {
  it('are each allowed, and none denied; asked about none in particular, all of them', async () => {
    const { acme } = house
    const permissions = [
      { resource: 'note', actions: ['read'], fields: ['title', 'body'] },
      { resource: 'note', actions: ['write'] },
      { resource: 'note', actions: ['write'], effect: 'deny' as const, fields: ['price'] },
    ]
    const role = await acme.roles.create({ key: `fields-${++made}`, permissions })
    expect(role.permissions).toEqual(permissions)
    const ana = await house.person([role.key])
    const { access } = acme
    const may = (permission: 'note:read' | 'note:write', ...fields: string[]) =>
      access.check(ana, permission, fields.length > 0 ? { fields } : {})
    expect([await may('note:read'), await may('note:read', 'title'), await may('note:read', 'title', 'body')]).toEqual([
      ...[false, true, true],
    ])
    expect([await may('note:read', 'price'), await may('note:read', 'title', 'price')]).toEqual([false, false])
    expect([await may('note:write'), await may('note:write', 'title'), await may('note:write', 'price')]).toEqual([
      ...[false, true, false],
    ])
    expect(await access.fieldsOf(ana, 'note:read')).toEqual({ all: false, fields: ['body', 'title'] })
    expect(await access.fieldsOf(ana, 'note:write')).toEqual({ all: true, except: ['price'] })
    expect(await access.fieldsOf(ana, 'invoice:read')).toEqual({ all: false, fields: [] })
    expect(await access.explain(ana, 'note:read')).toMatchObject({
      reason: 'fields-not-granted',
      by: { fields: ['title', 'body'] },
      needed: [{ kind: 'fields', fields: ['*'] }],
    })
    expect(await access.permissionsOf(ana)).toEqual({ allowed: [], conditional: ['note:read', 'note:write'] })
    // names are compared exactly
    expect(await may('note:read', 'Title')).toBe(false)
  })

  it('of a role are names', async () => {
    for (const fields of [[], 'title', [''], ['a b'], ['*'], ['__proto__'], [5], Array(1), ['x'.repeat(64)]]) {
      const permissions = [{ resource: 'note', actions: ['read'], fields: fields as never }]
      await refused(() => house.acme.roles.create({ key: `fields-${++made}`, permissions }), 'INPUT_INVALID')
    }
  })
})
