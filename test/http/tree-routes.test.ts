// Organizations, teams and members over HTTP: for who may manage them where they are.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Organization, Team } from '../../src/index.ts'
import { NOBODY, openTown, outcome, type Person, type Town } from './callers.ts'

let house: Town
let owner: Person
let northerner: Person
let captain: Person
let north: Organization
let south: Organization
let crew: Team
let guests: Team

beforeAll(async () => {
  house = await openTown()
  ;({ owner, northerner, captain, north, south, crew, guests } = house)
})
afterAll(() => house[Symbol.asyncDispose]())

describe('organizations over HTTP', () => {
  it('are made, told by key and id, changed and removed, each step audited as theirs', async () => {
    const made = await owner.ask('POST', 'organizations', { key: 'west', name: 'West', metadata: { floor: 3 } })
    expect([made.status, Object.keys(made.organization).sort()]).toEqual([
      201,
      ['createdAt', 'id', 'key', 'metadata', 'name', 'updatedAt'],
    ])
    const path = `organizations/${made.organization.id}`
    expect((await owner.ask('GET', 'organizations/west')).organization).toEqual(made.organization)
    expect((await owner.ask('GET', path)).organization).toEqual(made.organization)
    const changed = await owner.ask('POST', 'organizations/west', { name: 'Wild West' })
    expect(changed.organization).toMatchObject({ name: 'Wild West', metadata: { floor: 3 } })
    expect(await outcome(owner.ask('DELETE', path))).toBe(204)
    expect(await outcome(owner.ask('GET', path))).toBe('404 ORGANIZATION_UNKNOWN')
    const { items } = await house.acme.audit.list({ resourceType: 'organization', resourceId: made.organization.id })
    expect(items.map(({ action, actor }) => [action, actor.id])).toEqual([
      ['organization.removed', owner.user.id],
      ['organization.updated', owner.user.id],
      ['organization.created', owner.user.id],
    ])
  })

  it('are listed in pages, to each those that they may read', async () => {
    const { items } = await owner.ask('GET', 'organizations')
    expect(items.map(({ key }: Organization) => key)).toEqual(expect.arrayContaining(['north', 'south']))
    const first = await owner.ask('GET', 'organizations?limit=1')
    const rest = await owner.ask('GET', `organizations?cursor=${first.next}`)
    expect([...first.items, ...rest.items]).toEqual(items)
    const mine = await northerner.ask('GET', 'organizations')
    expect(mine.items.map(({ key }: Organization) => key)).toEqual(['north'])
    expect((await captain.ask('GET', 'organizations')).items).toEqual([])
  })

  it('are managed by who may in just one there, and none is made by them', async () => {
    expect(await outcome(northerner.ask('GET', 'organizations/north'))).toBe(200)
    expect(await outcome(northerner.ask('POST', 'organizations/north', { name: 'North!' }))).toBe(200)
    for (const [method, path, body] of [
      ['GET', 'organizations/south', undefined],
      ['GET', `organizations/${south.id}`, undefined],
      ['POST', 'organizations/south', { name: 'Mine' }],
      ['DELETE', 'organizations/south', undefined],
      ['POST', 'organizations', { key: 'mine', name: 'Mine' }],
    ] as const) {
      expect(await outcome(northerner.ask(method, path, body))).toBe('403 FORBIDDEN')
    }
    expect((await house.acme.organizations.get('south')).name).toBe('South')
  })

  it('are not removed by who does not hold what is held there', async () => {
    const east = await house.acme.organizations.create({ key: 'east', name: 'East' })
    const scope = { organization: east }
    const keeper = await house.person(house.acme, { role: 'keeper', scope })
    await house.acme.assignments.grant({ principal: owner.user, role: 'owner', scope })
    expect(await outcome(keeper.ask('DELETE', 'organizations/east'))).toBe('403 GRANT_REFUSED')
    expect(await outcome(owner.ask('DELETE', 'organizations/east'))).toBe(204)
  })
})

describe('teams over HTTP', () => {
  it('are made below each other, told, changed, moved and removed', async () => {
    const made = await owner.ask('POST', 'teams', { organizationId: north.id, key: 'deck', description: 'Up' })
    expect([made.status, made.team]).toMatchObject([
      201,
      { organizationId: north.id, parentTeamId: null, key: 'deck', name: 'deck', description: 'Up', metadata: {} },
    ])
    const path = `teams/${made.team.id}`
    const below = { organizationId: north.id, parentTeamId: made.team.id, key: 'watch', name: 'Watch' }
    const watch = (await owner.ask('POST', 'teams', below)).team
    expect(watch).toMatchObject(below)
    expect((await owner.ask('GET', path)).team).toEqual(made.team)
    const changed = await owner.ask('POST', path, { name: 'Deck', description: null })
    expect(changed.team).toMatchObject({ name: 'Deck', description: null })
    const listed = async (query: string) =>
      (await owner.ask('GET', `teams?${query}`)).items.map(({ key }: Team) => key).sort()
    expect(await listed(`organizationId=${north.id}`)).toEqual(['crew', 'deck', 'watch'])
    expect(await listed(`organizationId=${north.id}&parentTeamId=none`)).toEqual(['crew', 'deck'])
    expect(await listed(`parentTeamId=${made.team.id}`)).toEqual(['watch'])
    expect(await listed('')).toEqual(['crew', 'deck', 'guests', 'watch'])
    const moved = await owner.ask('POST', `teams/${watch.id}/move`, { parentTeamId: null })
    expect(moved.team.parentTeamId).toBeNull()
    await owner.ask('POST', `teams/${made.team.id}/move`, { parentTeamId: watch.id })
    expect(await outcome(owner.ask('POST', `teams/${watch.id}/move`, { parentTeamId: made.team.id }))).toBe(
      '422 TEAM_CYCLE',
    )
    expect(await outcome(owner.ask('DELETE', `teams/${watch.id}`))).toBe('409 TEAM_IN_USE')
    expect(await outcome(owner.ask('DELETE', `teams/${watch.id}?contents=burn`))).toBe('422 INPUT_INVALID')
    expect(await outcome(owner.ask('DELETE', `teams/${watch.id}?contents=remove`))).toBe(204)
    expect(await outcome(owner.ask('GET', path))).toBe('404 TEAM_UNKNOWN')
  })

  it('are managed in an organization or below a team by who may there', async () => {
    const asNortherner = await northerner.ask('POST', 'teams', { organizationId: north.id, key: 'mates' })
    const asCaptain = await captain.ask('POST', 'teams', {
      organizationId: north.id,
      parentTeamId: crew.id,
      key: 'hands',
    })
    expect([asNortherner.status, asCaptain.status]).toEqual([201, 201])
    const [mates, hands] = [asNortherner.team.id, asCaptain.team.id]
    expect(await outcome(captain.ask('POST', `teams/${hands}`, { name: 'Hands' }))).toBe(200)
    expect(await outcome(captain.ask('GET', `teams?parentTeamId=${crew.id}`))).toBe(200)
    expect(await outcome(northerner.ask('GET', `teams?organizationId=${north.id}`))).toBe(200)
    for (const [method, path, body] of [
      ['POST', 'teams', { organizationId: north.id, key: 'mine' }],
      ['POST', 'teams', { organizationId: south.id, parentTeamId: guests.id, key: 'mine' }],
      ['POST', `teams/${mates}`, { name: 'Mine' }],
      ['POST', `teams/${guests.id}`, { name: 'Mine' }],
      // out of what they manage, and into it
      ['POST', `teams/${hands}/move`, { parentTeamId: null }],
      ['POST', `teams/${hands}/move`, { parentTeamId: mates }],
      ['POST', `teams/${mates}/move`, { parentTeamId: crew.id }],
      ['DELETE', `teams/${mates}`, undefined],
      ['GET', `teams/${mates}`, undefined],
      ['GET', `teams?organizationId=${north.id}`, undefined],
      ['GET', 'teams', undefined],
      ['GET', 'team-members', undefined],
    ] as const) {
      expect([path, await outcome(captain.ask(method, path, body))]).toEqual([path, '403 FORBIDDEN'])
    }
    // a place of their own does not open another's
    const mixed = { organizationId: south.id, parentTeamId: crew.id, key: 'mine' }
    expect(await outcome(captain.ask('POST', 'teams', mixed))).toBe('422 INPUT_INVALID')
    const query = `teams?organizationId=${south.id}&parentTeamId=${crew.id}`
    expect((await captain.ask('GET', query)).items).toEqual([])
    expect(await outcome(captain.ask('DELETE', `teams/${hands}`))).toBe(204)
    expect(await outcome(northerner.ask('DELETE', `teams/${mates}`))).toBe(204)
  })
})

describe('what goes along', () => {
  it('is lifted by who may write it where it comes to, and not by who may in the team alone', async () => {
    const { acme } = house
    const boat = await acme.teams.create({ organization: north, key: 'boat', parent: crew })
    const oars = await acme.teams.create({ organization: north, key: 'oars', parent: boat })
    const project = await acme.projects.create({ organization: north, key: 'row', team: boat })
    const bosun = await house.person(acme, { role: 'admin', scope: { team: boat } })
    expect(await outcome(bosun.ask('DELETE', `teams/${boat.id}?contents=lift`))).toBe('403 FORBIDDEN')
    expect((await acme.teams.get(oars)).parentTeamId).toBe(boat.id)
    expect(await outcome(captain.ask('DELETE', `teams/${boat.id}?contents=lift`))).toBe(204)
    expect((await acme.teams.get(oars)).parentTeamId).toBe(crew.id)
    expect((await acme.projects.get(project)).teamId).toBe(crew.id)
    await acme.teams.remove(oars)
    await acme.projects.remove(project)
  })

  it('is removed by who may write each of it', async () => {
    const { acme } = house
    const write = (resource: string) => ({ resource, actions: ['write'] })
    await acme.roles.create({ key: 'planner', permissions: [write('organization'), write('team')] })
    const organization = await acme.organizations.create({ key: 'isle', name: 'Isle' })
    const team = await acme.teams.create({ organization, key: 'camp' })
    await acme.projects.create({ organization, key: 'hut', team })
    const planner = await house.person(acme, { role: 'planner', scope: { organization } })
    for (const [path, permission] of [
      [`teams/${team.id}?contents=remove`, 'project:write'],
      [`teams/${team.id}?contents=lift`, 'project:write'],
      ['organizations/isle', 'project:write'],
    ]) {
      expect(await planner.ask('DELETE', path!)).toMatchObject({ status: 403, code: 'FORBIDDEN', permission })
    }
    const keeper = await house.person(acme, { role: 'keeper', scope: { organization } })
    await acme.teams.create({ organization, key: 'empty' })
    const empty = (await acme.teams.get({ organization, key: 'empty' })).id
    expect(await outcome(planner.ask('DELETE', `teams/${empty}`))).toBe(204)
    expect(await outcome(keeper.ask('DELETE', `teams/${team.id}?contents=remove`))).toBe(204)
    expect(await outcome(keeper.ask('DELETE', 'organizations/isle'))).toBe(204)
  })
})

describe('members of teams over HTTP', () => {
  it('are added, told, changed, listed and taken out: users and service accounts', async () => {
    const { user } = await house.person(house.acme)
    const robot = await house.acme.serviceAccounts.create({ name: 'stoker' })
    const members = `teams/${crew.id}/members`
    const entry = { resource: 'note', actions: ['read'] }
    const added = await captain.ask('POST', members, {
      principal: { kind: 'user', id: user.id },
      role: 'viewer',
      permissions: [entry],
    })
    expect([added.status, added.member]).toMatchObject([
      201,
      { teamId: crew.id, principal: { kind: 'user', id: user.id }, permissions: [entry] },
    ])
    const principal = { kind: 'service_account', id: robot.id }
    expect(await outcome(captain.ask('POST', members, { principal }))).toBe(201)
    expect(await outcome(captain.ask('POST', members, { principal }))).toBe('409 MEMBER_TAKEN')
    expect((await captain.ask('GET', `${members}/users/${user.id}`)).member).toEqual(added.member)
    expect((await captain.ask('GET', members)).items).toHaveLength(2)
    expect((await owner.ask('GET', `team-members?serviceAccountId=${robot.id}`)).items).toMatchObject([{ principal }])
    const changed = await captain.ask('POST', `${members}/users/${user.id}`, { role: null, permissions: [] })
    expect(changed.member).toMatchObject({ roleId: null, permissions: [] })
    expect(await outcome(captain.ask('DELETE', `${members}/service-accounts/${robot.id}`))).toBe(204)
    expect(await outcome(captain.ask('GET', `${members}/service-accounts/${robot.id}`))).toBe('404 MEMBER_UNKNOWN')
    expect(await outcome(captain.ask('DELETE', `${members}/users/${user.id}`))).toBe(204)
  })

  it('get nothing that who adds them does not hold, nor are they of a team elsewhere', async () => {
    const { user } = await house.person(house.acme)
    const principal = { kind: 'user', id: user.id }
    const refused = await captain.ask('POST', `teams/${crew.id}/members`, { principal, role: 'owner' })
    expect([refused.status, refused.code]).toEqual([403, 'GRANT_REFUSED'])
    expect(await outcome(captain.ask('POST', `teams/${guests.id}/members`, { principal }))).toBe('403 FORBIDDEN')
    expect(await outcome(captain.ask('GET', `teams/${guests.id}/members`))).toBe('403 FORBIDDEN')
    const keeper = await house.person(house.acme, { role: 'keeper' })
    const give = { principal: { kind: 'user', id: keeper.user.id }, role: 'admin' }
    expect(await outcome(keeper.ask('POST', `teams/${crew.id}/members`, give))).toBe('403 GRANT_REFUSED')
  })

  it('see their own memberships, whoever they are', async () => {
    const member = await house.person(house.acme)
    await house.acme.teams.members.add(guests, { principal: member.user })
    const { items } = await member.ask('GET', 'me/teams')
    expect(items).toMatchObject([{ teamId: guests.id }])
    expect(await outcome(member.ask('GET', `team-members?userId=${member.user.id}`))).toBe('403 FORBIDDEN')
  })
})

describe('what is not there', () => {
  it('is told to who may everywhere, and is to all others a place in which they may not (A09)', async () => {
    const foreign = await house.globex.organizations.create({ key: 'abroad', name: 'Abroad' })
    const team = await house.globex.teams.create({ organization: foreign, key: 'spies' })
    const project = await house.globex.projects.create({ organization: foreign, key: 'plot' })
    const resource = await house.globex.resources.register({ type: 'note', externalId: 'code' })
    for (const [path, theirs, code] of [
      ['organizations', foreign.id, 'ORGANIZATION_UNKNOWN'],
      ['teams', team.id, 'TEAM_UNKNOWN'],
      ['projects', project.id, 'PROJECT_UNKNOWN'],
      ['resources', resource.id, 'RESOURCE_UNKNOWN'],
    ] as const) {
      for (const id of [theirs, NOBODY]) {
        for (const method of ['GET', 'DELETE', 'POST']) {
          const body = method === 'POST' ? { name: 'Mine' } : undefined
          expect(await outcome(owner.ask(method, `${path}/${id}`, body))).toBe(`404 ${code}`)
          expect(await outcome(captain.ask(method, `${path}/${id}`, body))).toBe('403 FORBIDDEN')
        }
      }
    }
    for (const id of [team.id, NOBODY]) {
      expect(await outcome(owner.ask('GET', `teams/${id}/members`))).toBe('404 TEAM_UNKNOWN')
      expect(await outcome(captain.ask('GET', `teams/${id}/members`))).toBe('403 FORBIDDEN')
    }
    const member = { principal: { kind: 'user', id: (await house.person(house.globex)).user.id } }
    expect(await outcome(owner.ask('POST', `teams/${crew.id}/members`, member))).toBe('404 PRINCIPAL_UNKNOWN')
    expect((await house.globex.teams.get(team)).name).toBe('spies')
  })
})
