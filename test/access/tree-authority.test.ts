// Nobody gives or takes in the tree what they do not hold there: not through a team, not by moving one, not by what policies
// say of it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NewAssignment, PermissionEntry, Team } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

const storage = memory()
let house: House
let made = 0
const key = (): string => `a-${++made}`

beforeAll(async () => {
  house = await makeHouse(storage)
})
afterAll(() => house.close())

const main = async () => (await house.acme.organizations.get('main')).id
const team = async (parent?: Team, organization = parent?.organizationId) =>
  house.acme.teams.create({ organization: organization ?? (await main()), key: key(), ...(parent ? { parent } : {}) })
const role = async (action: string, more: Partial<PermissionEntry> = {}) =>
  (await house.acme.roles.create({ key: key(), permissions: [{ resource: 'note', actions: [action], ...more }] })).key
const missing = async (work: () => Promise<unknown>) => (await refused(work, 'GRANT_REFUSED')).details.missing

/** Nobody's API of policies is needed for what a policy does. */
async function policy(document: Record<string, unknown>): Promise<void> {
  const scope = storage.tenant({ id: house.acme.id, location: storage.sharedLocation })
  await scope.transaction(async ({ records, verbs }) => {
    await verbs.moveAccess()
    await records.insert('policies', [{ id: crypto.randomUUID(), key: key(), document }])
    await verbs.publish({ kind: 'access', tenantId: house.acme.id })
  })
}

describe('a role in a scope', () => {
  it('is given by who holds it there or around, and by nobody beside', async () => {
    const [reader, one] = [await role('read'), await team()]
    const below = await team(one)
    const project = await house.acme.projects.create({ organization: await main(), key: key(), team: below })
    const [around, there, beside, bob] = [
      await house.person(),
      await house.person(),
      await house.person(),
      await house.person(),
    ]
    const hold = (principal: typeof bob, scope: object) =>
      house.acme.assignments.grant({ principal, role: reader, scope } as never)
    await hold(around, { organization: await main() })
    await hold(there, { team: below })
    await hold(beside, { team: await team() })
    const give = (who: typeof bob, scope: object) => () =>
      house.as(who).assignments.grant({ principal: bob, role: reader, scope } as never)
    for (const who of [around, there]) {
      await give(who, { team: below })()
      await give(who, { project })()
    }
    await give(around, { team: one })()
    expect(await missing(give(there, { team: one }))).toEqual(['note:read'])
    for (const scope of [{ team: below }, { project }, { organization: await main() }]) {
      expect(await missing(give(beside, scope))).toEqual(['note:read'])
    }
    expect(await missing(() => house.as(around).assignments.grant({ principal: bob, role: reader }))).toEqual([
      'note:read',
    ])
  })

  it('held at its scope alone is given with flow self alone', async () => {
    const [reader, one, bob, ana] = [await role('read'), await team(), await house.person(), await house.person()]
    await house.acme.assignments.grant({ principal: ana, role: reader, scope: { team: one }, flow: 'self' })
    const grant = { principal: bob, role: reader, scope: { team: one } }
    expect(await missing(() => house.as(ana).assignments.grant(grant))).toEqual(['note:read'])
    await house.as(ana).assignments.grant({ ...grant, flow: 'self' })
    // what counted below would not any more: that is taken from there
    await house.acme.assignments.grant(grant)
    expect(await missing(() => house.as(ana).assignments.grant({ ...grant, flow: 'self' }))).toEqual(['note:read'])
  })

  it('on a thing is given by who holds it where the thing is, or on it', async () => {
    const [reader, one, bob] = [await role('read'), await team(), await house.person()]
    const note = await house.acme.resources.register({ type: 'note', externalId: key(), in: { team: one } })
    const other = await house.acme.resources.register({ type: 'note', externalId: key() })
    const [ana, eve, ivy] = [await house.person(), await house.person(), await house.person()]
    await house.acme.assignments.grant({ principal: ana, role: reader, scope: { team: one } })
    await house.acme.assignments.grant({ principal: eve, role: reader, scope: { resource: note } })
    const give = (who: typeof bob, resource: typeof note) => () =>
      house.as(who).assignments.grant({ principal: bob, role: reader, scope: { resource } })
    await give(ana, note)()
    await give(eve, note)()
    expect(await missing(give(ivy, note))).toEqual(['note:read'])
    for (const who of [ana, eve]) expect(await missing(give(who, other))).toEqual(['note:read'])
    const held = (await house.acme.assignments.list({ principal: eve })).items[0]!
    expect(await missing(() => house.as(ivy).assignments.revoke(held))).toEqual(['note:read'])
    expect(await missing(() => house.as(ivy).resources.remove(note))).toEqual(['note:read'])
  })

  it('to a team or everyone is given by who holds it, and taken back on the same terms', async () => {
    const [writer, one, ana] = [await role('write'), await team(), await house.person()]
    const grant = (principal: NewAssignment['principal']) => ({ principal, role: writer, scope: { team: one } })
    const { grant: give, revoke } = house.as(ana).assignments
    const toTeam = await house.acme.assignments.grant(grant(one))
    expect(await missing(() => revoke(toTeam))).toEqual(['note:write'])
    for (const principal of [await team(), { kind: 'everyone' as const }]) {
      expect(await missing(() => give(grant(principal)))).toEqual(['note:write'])
    }
    // then ana holds it too
    await revoke(await house.acme.assignments.grant(grant({ kind: 'everyone' })))
  })

  it('for longer than it is held is not given', async () => {
    const [reader, bob, ana] = [await role('read'), await house.person(), await house.person()]
    await house.acme.assignments.grant({ principal: ana, role: reader, for: 60_000 })
    const give = (given: object) => () => house.as(ana).assignments.grant({ principal: bob, role: reader, ...given })
    await give({ for: 30_000 })()
    expect(await missing(give({ for: 90_000 }))).toEqual(['note:read'])
    expect(await missing(give({}))).toEqual(['note:read'])
    // to take it back it must be held now, and that it is
    await house.acme.assignments.grant({ principal: bob, role: reader })
    const held = (await house.acme.assignments.list({ principal: bob })).items[0]!
    await house.as(ana).assignments.revoke(held)
  })
})

describe('moving a team', () => {
  it('asks for what its members would gain and lose', async () => {
    const [rich, plain, mine, writer] = [await team(), await team(), await team(), await role('write')]
    const low = await team(mine)
    await house.acme.assignments.grant({ principal: rich, role: writer })
    const ana = await house.person()
    // empty, nobody gains
    await house.as(ana).teams.move(mine, { parent: rich })
    await house.as(ana).teams.move(mine, { parent: plain })
    await house.acme.teams.members.add(low, { principal: ana })
    expect(await missing(() => house.as(ana).teams.move(mine, { parent: rich }))).toEqual(['note:write'])
    await house.acme.teams.move(mine, { parent: rich })
    const bob = await house.person()
    expect(await missing(() => house.as(bob).teams.move(mine, { parent: null }))).toEqual(['note:write'])
    // inside the rich team nothing changes
    await house.as(bob).teams.move(low, { parent: rich })
    await house.as(await house.person([writer])).teams.move(mine, { parent: null })
  })

  it('asks for what is held at the teams that it leaves and joins, in it', async () => {
    const [one, other, mine] = [await team(), await team(), await team()]
    const [reader, writer] = [await role('read'), await role('write')]
    const [bob, ivy, ana] = [await house.person(), await house.person(), await house.person()]
    await house.acme.assignments.grant({ principal: bob, role: writer, scope: { team: one } })
    await house.acme.assignments.grant({ principal: bob, role: writer, scope: { team: other }, flow: 'self' })
    await house.acme.teams.members.add(other, { principal: ivy, role: reader })
    const move = (who: typeof ana, parent: Team | null) => () => house.as(who).teams.move(mine, { parent })
    expect(await missing(move(ana, one))).toEqual(['note:write'])
    expect(await missing(move(ana, other))).toEqual(['note:read'])
    await house.acme.teams.move(mine, { parent: one })
    expect(await missing(move(ana, null))).toEqual(['note:write'])
    await house.acme.assignments.grant({ principal: ana, role: writer, scope: { team: mine } })
    expect(await missing(move(ana, other))).toEqual(['note:read'])
    await move(ana, null)()
  })

  it('a project asks for the same', async () => {
    const [one, writer] = [await team(), await role('write')]
    const project = await house.acme.projects.create({ organization: await main(), key: key() })
    const [bob, ana] = [await house.person(), await house.person()]
    await house.acme.assignments.grant({ principal: bob, role: writer, scope: { team: one } })
    expect(await missing(() => house.as(ana).projects.update(project, { team: one }))).toEqual(['note:write'])
    await house.as(ana).projects.update(project, { name: 'Renamed' })
    await house.acme.projects.update(project, { team: one })
    expect(await missing(() => house.as(ana).projects.update(project, { team: null }))).toEqual(['note:write'])
    expect((await house.acme.projects.get(project)).teamId).toBe(one.id)
  })
})

describe('removing', () => {
  it('asks for all that goes, at any depth, and for what members lose of the teams above', async () => {
    const organization = await house.acme.organizations.create({ key: key(), name: 'Gone' })
    const top = await team(undefined, organization.id)
    const low = await team(top)
    const project = await house.acme.projects.create({ organization, key: key(), team: low })
    const note = await house.acme.resources.register({ type: 'note', externalId: key(), in: { project } })
    const [reader, writer, ana, bob] = [
      await role('read'),
      await role('write'),
      await house.person(),
      await house.person(),
    ]
    const { acme } = house
    await acme.assignments.grant({ principal: bob, role: writer, scope: { resource: note } })
    await acme.teams.members.add(low, { principal: bob, role: reader })
    const { teams, projects, organizations, resources } = house.as(ana)
    expect(await missing(() => resources.remove(note))).toEqual(['note:write'])
    expect(await missing(() => projects.remove(project))).toEqual(['note:write'])
    const all = [() => teams.remove(top, { contents: 'remove' }), () => organizations.remove(organization.id)]
    for (const work of all)
      expect(['note:read', 'note:write']).toEqual(expect.arrayContaining([...(await missing(work))]))
    expect(await missing(() => teams.remove(low, { contents: 'lift' }))).toEqual(['note:read'])
    // bob is in it without a role, and loses what the team above holds
    await acme.teams.members.update(low, bob, { role: null })
    await acme.assignments.grant({ principal: top, role: reader })
    expect(await missing(() => teams.remove(low, { contents: 'lift' }))).toEqual(['note:read'])
    await house.as(await house.person(['admin'])).organizations.remove(organization.id)
  })
})

describe('policies', () => {
  it('that name a team count for who is put into it, or below it', async () => {
    const [one, ana] = [await team(), await house.person()]
    const low = await team(one)
    await policy({ effect: 'allow', principals: [{ team: one.id }], actions: ['note:write'], resources: ['*'] })
    for (const where of [one, low]) {
      expect(await missing(() => house.as(ana).teams.members.add(where, { principal: ana }))).toEqual(['note:write'])
    }
    const apart = await team()
    await house.acme.teams.members.add(apart, { principal: ana })
    expect(await missing(() => house.as(ana).teams.move(apart, { parent: low }))).toEqual(['note:write'])
  })

  it('that name a role count for who is given it', async () => {
    const [reader, ana, bob] = [await role('read'), await house.person(), await house.person()]
    const { id } = await house.acme.roles.get(reader)
    const other = await role('read')
    await house.acme.assignments.grant({ principal: ana, role: other })
    await policy({ effect: 'allow', principals: [{ role: id }], actions: ['note:write'], resources: ['*'] })
    await house.as(ana).assignments.grant({ principal: bob, role: other })
    expect(await missing(() => house.as(ana).assignments.grant({ principal: bob, role: reader }))).toEqual([
      'note:write',
    ])
  })

  it('that speak in a team count for what is put below it', async () => {
    const [one, mine, ana] = [await team(), await team(), await house.person()]
    await policy({ effect: 'allow', principals: ['*'], actions: ['invoice:refund'], resources: [{ team: one.id }] })
    expect(await missing(() => house.as(ana).teams.move(mine, { parent: one }))).toEqual(['invoice:refund'])
    await house.as(await house.person(['admin'])).teams.move(mine, { parent: one })
  })
})

describe('an API key of a service account in teams', () => {
  it('is made by who holds what the account has through them', async () => {
    const [one, writer] = [await team(), await role('write')]
    const robot = await house.acme.serviceAccounts.create({ name: key() })
    await house.acme.assignments.grant({ principal: one, role: writer })
    await house.acme.teams.members.add(await team(one), { principal: robot })
    const issue = async (action: string) => {
      const actor = await house.acme.serviceAccounts.create({ name: key() })
      await house.acme.assignments.grant({ principal: actor, role: await role(action) })
      return house.acme
        .as({ type: 'service_account', id: actor.id })
        .apiKeys.create({ serviceAccount: robot, name: 'ci' })
    }
    expect(await missing(() => issue('read'))).toEqual(['note:write'])
    expect((await issue('write')).apiKey.serviceAccountId).toBe(robot.id)
  })
})
