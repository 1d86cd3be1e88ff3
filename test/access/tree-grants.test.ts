// Roles for teams and for everyone, in every scope: what is written counts at once and in all of it, and ends with what it
// hangs on, also for who was asked about a moment before.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Assignment, CheckOptions, NewAssignment, Team } from '../../src/index.ts'
import { logOf } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let now = Date.UTC(2030, 0, 1)
let made = 0
const key = (): string => `g-${++made}`

beforeAll(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
})
afterAll(() => house.close())

/** organization > top > low > project, a note in the project; and a place beside each. */
async function land() {
  const { acme } = house
  const [organization, beside] = [
    await acme.organizations.create({ key: key(), name: 'Here' }),
    await acme.organizations.create({ key: key(), name: 'There' }),
  ]
  const top = await acme.teams.create({ organization, key: 'top' })
  const low = await acme.teams.create({ organization, key: 'low', parent: top })
  const project = await acme.projects.create({ organization, key: 'p', team: low })
  const note = await acme.resources.register({ type: 'note', externalId: key(), in: { project } })
  return { organization, beside, top, low, project, note, on: { type: 'note', id: note.externalId } }
}
const role = async (action = 'read') =>
  (await house.acme.roles.create({ key: key(), permissions: [{ resource: 'note', actions: [action] }] })).key
const may = (who: Awaited<ReturnType<House['person']>>, options?: CheckOptions) =>
  house.acme.access.check(who, 'note:read', options)

describe('a role counts in its scope and below', () => {
  it.each(['organization', 'team', 'project', 'resource'] as const)('%s', async (kind) => {
    const { organization, beside, top, low, project, note, on } = await land()
    const ana = await house.person()
    const scope = {
      organization: { organization },
      team: { team: low },
      project: { project },
      resource: { resource: note },
    }
    const asks: CheckOptions[] = [
      {},
      { organization: beside },
      { organization },
      { team: top },
      { team: low },
      { project },
      { project, on },
      { on },
    ]
    const answers = async () => Promise.all(asks.map((options) => may(ana, options)))
    expect(await answers()).toEqual(asks.map(() => false))
    const given = await house.acme.assignments.grant({ principal: ana, role: await role(), scope: scope[kind] })
    const expected = {
      organization: [false, false, true, true, true, true, true, false],
      team: [false, false, false, false, true, true, true, false],
      project: [false, false, false, false, false, true, true, false],
      resource: [false, false, false, false, false, false, true, true],
    }
    expect(await answers()).toEqual(expected[kind])
    const id = { organization: organization.id, team: low.id, project: project.id, resource: note.id }[kind]
    expect(given.scope).toEqual({ kind, id })
    expect((await house.acme.assignments.list({ principal: ana, scope: scope[kind] })).items).toEqual([given])
    expect((await house.acme.assignments.list({ principal: ana, scope: { organization: beside } })).items).toEqual([])
    await house.acme.assignments.revoke(given)
    expect(await answers()).toEqual(asks.map(() => false))
  })

  it('with flow self it counts at its scope alone; granting it again with another flow changes it', async () => {
    const { top, low, organization } = await land()
    const ana = await house.person()
    const grant = { principal: ana, role: await role(), scope: { team: top } }
    const self = await house.acme.assignments.grant({ ...grant, flow: 'self' })
    expect(self.flow).toBe('self')
    expect([await may(ana, { team: top }), await may(ana, { team: low })]).toEqual([true, false])
    const all = await house.acme.assignments.grant(grant)
    expect([all.id, all.flow]).toEqual([self.id, 'descendants'])
    expect([await may(ana, { team: low }), await may(ana, { organization })]).toEqual([true, false])
  })

  it('a thing may be named by its id, or as the host names it', async () => {
    const { note } = await land()
    const ana = await house.person()
    const given: Assignment[] = []
    const names = [note, note.id, { type: note.type, externalId: note.externalId }]
    const grant = { principal: ana, role: await role() }
    for (const resource of names) given.push(await house.acme.assignments.grant({ ...grant, scope: { resource } }))
    expect(new Set(given.map(({ id }) => id)).size).toBe(1)
  })
})

describe('a team', () => {
  it('gives what it holds to its members and those of its sub-teams, as long as they are', async () => {
    const { top, low, organization } = await land()
    const [ana, bob, robot] = [
      await house.person(),
      await house.person(),
      await house.acme.serviceAccounts.create({ name: key() }),
    ]
    const { members } = house.acme.teams
    await members.add(low, { principal: ana })
    await members.add(low, { principal: robot })
    expect(await may(ana)).toBe(false)
    const given = await house.acme.assignments.grant({ principal: top, role: await role() })
    expect(given.principal).toEqual({ kind: 'team', id: top.id })
    expect([await may(ana), await may(bob), await house.acme.access.check(robot, 'note:read')]).toEqual([
      true,
      false,
      true,
    ])
    expect((await house.acme.assignments.list({ principal: top })).items).toEqual([given])
    await house.acme.teams.move(low, { parent: null })
    expect(await may(ana)).toBe(false)
    await house.acme.teams.move(low, { parent: top })
    expect(await may(ana)).toBe(true)
    await members.remove(low, ana)
    expect(await may(ana)).toBe(false)
    await house.acme.organizations.remove(organization.id)
    expect(await house.acme.access.check(robot, 'note:read')).toBe(false)
  })

  it('gives a member what the membership says, in it and below', async () => {
    const { top, low, organization, project } = await land()
    const ana = await house.person()
    const { members } = house.acme.teams
    await members.add(top, { principal: ana, role: await role() })
    expect([await may(ana, { team: low }), await may(ana, { project }), await may(ana, { organization })]).toEqual([
      true,
      true,
      false,
    ])
    await members.update(top, ana, {
      role: null,
      permissions: [{ resource: 'note', actions: ['read'], effect: 'deny' }],
    })
    await house.acme.assignments.grant({ principal: ana, role: await role() })
    expect([await may(ana), await may(ana, { team: low })]).toEqual([true, false])
  })
})

describe('everyone', () => {
  it('holds what is given to everyone, until it is taken back', async () => {
    const globex = await house.globex()
    const { key: name } = await globex.roles.create({
      key: key(),
      permissions: [{ resource: 'note', actions: ['read'] }],
    })
    const ana = await house.person([], globex)
    const ask = () => globex.access.check(ana, 'note:read')
    expect(await ask()).toBe(false)
    const given = await globex.assignments.grant({ principal: { kind: 'everyone' }, role: name })
    expect(given.principal).toEqual({ kind: 'everyone', id: null })
    expect(await ask()).toBe(true)
    expect((await globex.assignments.list({ principal: { kind: 'everyone' } })).items).toEqual([given])
    expect((await globex.assignments.list({ principal: ana })).items).toEqual([])
    await globex.assignments.revoke(given)
    expect(await ask()).toBe(false)
  })
})

describe('for a while', () => {
  it('a role ends by itself, and says when', async () => {
    const ana = await house.person()
    const given = await house.acme.assignments.grant({
      principal: ana,
      role: await role(),
      for: 60_000,
      reason: 'an incident',
    })
    expect(given.expiresAt).toEqual(new Date(now + 60_000))
    expect(await may(ana)).toBe(true)
    now += 59_999
    expect(await may(ana)).toBe(true)
    now += 1
    expect(await may(ana)).toBe(false)
    expect((await house.acme.access.explain(ana, 'note:read')).reason).toBe('expired')
  })

  it('counts from its start, and from now again when it is renewed', async () => {
    const ana = await house.person()
    const grant = { principal: ana, role: await role() }
    const startsAt = new Date(now + 10_000)
    const later = await house.acme.assignments.grant({ ...grant, startsAt, for: 5000 })
    expect([later.startsAt, later.expiresAt]).toEqual([startsAt, new Date(now + 15_000)])
    const renewed = await house.acme.assignments.grant({ ...grant, for: 5000 })
    expect([renewed.id, renewed.startsAt, renewed.expiresAt]).toEqual([later.id, null, new Date(now + 5000)])
  })

  it.each([
    ['no number', { for: '1000' }],
    ['a fraction', { for: 1500.5 }],
    ['too short', { for: 999 }],
    ['too long', { for: 367 * 86_400_000 }],
    ['not for ever', { for: Number.POSITIVE_INFINITY }],
    ['and an end', { for: 1000, expiresAt: new Date(now + 5000) }],
  ])('%s is refused', async (_, given) => {
    const ana = await house.person()
    const { details } = await refused(
      () => house.acme.assignments.grant({ principal: ana, role: 'member', ...given } as NewAssignment),
      'INPUT_INVALID',
    )
    expect(details.field).toBe('for')
  })
})

describe('what goes takes along what was held there', () => {
  it.each(['resource', 'project', 'team', 'organization'] as const)('%s', async (kind) => {
    const { organization, top, low, project, note, on } = await land()
    const { acme } = house
    const ana = await house.person()
    await acme.assignments.grant({ principal: ana, role: await role(), scope: { resource: note } })
    await acme.teams.members.add(low, { principal: ana, role: await role('write') })
    expect(await may(ana, { on })).toBe(true)
    const before = (await acme.access.principal(ana)).versions.principal
    await {
      resource: () => acme.resources.remove(note),
      project: () => acme.projects.remove(project),
      team: () => acme.teams.remove(top, { contents: 'remove' }),
      organization: () => acme.organizations.remove(organization.id),
    }[kind]()
    // a thing that is gone is still named by the host: whoever was known to hold it must not be
    expect(await may(ana, { on })).toBe(false)
    expect((await acme.access.principal(ana)).versions.principal).toBeGreaterThan(before)
    expect((await acme.assignments.list({ principal: ana })).items).toEqual([])
    const members = (await acme.teams.members.list({ principal: ana })).items.length
    expect(members).toBe(kind === 'team' || kind === 'organization' ? 0 : 1)
    const { details } = (await logOf(acme)).findLast(({ action }) => action === `${kind}.removed`)!
    expect(details).toMatchObject({ assignments: 1 })
  })

  it('of more than a hundred people, too', async () => {
    const { top } = await land()
    const people: Awaited<ReturnType<House['person']>>[] = []
    for (let i = 0; i < 120; i++) people.push(await house.person())
    const note = await house.acme.resources.register({ type: 'note', externalId: key(), in: { team: top } })
    const reader = await role()
    for (const principal of people)
      await house.acme.assignments.grant({ principal, role: reader, scope: { resource: note } })
    const on = { type: 'note', id: note.externalId }
    const answers = () => Promise.all(people.map((who) => may(who, { on })))
    expect(new Set(await answers())).toEqual(new Set([true]))
    await house.acme.resources.remove(note)
    expect(new Set(await answers())).toEqual(new Set([false]))
  })
})

describe('bad input', () => {
  const team = { kind: 'team', id: crypto.randomUUID() } as unknown as Team
  it.each([
    ['an unknown team', { principal: team }, 'TEAM_UNKNOWN'],
    ['a team without an id', { principal: { kind: 'team' } }, 'ID_INVALID'],
    ['an unknown scope', { scope: { team } }, 'TEAM_UNKNOWN'],
    ['an unknown project', { scope: { project: crypto.randomUUID() } }, 'PROJECT_UNKNOWN'],
    ['an unknown thing', { scope: { resource: crypto.randomUUID() } }, 'RESOURCE_UNKNOWN'],
    ['a thing nobody registered', { scope: { resource: { type: 'note', externalId: 'x' } } }, 'RESOURCE_UNKNOWN'],
    [
      'a thing with a prototype for a type',
      { scope: { resource: { type: '__proto__', externalId: 'x' } } },
      'RESOURCE_UNKNOWN',
    ],
    ['two scopes', { scope: { team, project: crypto.randomUUID() } }, 'INPUT_INVALID'],
    ['a scope and a thing', { scope: { team, resource: 'x' } }, 'INPUT_INVALID'],
    ['another flow', { flow: 'up' }, 'INPUT_INVALID'],
  ])('%s', async (_, given, code) => {
    const ana = await house.person()
    const assignment = { principal: ana, role: 'member', ...given } as NewAssignment
    await refused(() => house.acme.assignments.grant(assignment), code as 'INPUT_INVALID')
    expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([])
  })

  it('places and things of another tenant are none', async () => {
    const globex = await house.globex()
    const { id: organization } = await globex.organizations.get('main')
    const foreign = {
      team: await globex.teams.create({ organization, key: 'x' }),
      project: await globex.projects.create({ organization, key: 'x' }),
      resource: await globex.resources.register({ type: 'note', externalId: 'x' }),
    }
    const ana = await house.person()
    const grant = (given: Partial<NewAssignment>) => () =>
      house.acme.assignments.grant({ principal: ana, role: 'member', ...given })
    await refused(grant({ principal: foreign.team }), 'TEAM_UNKNOWN')
    await refused(grant({ scope: { team: foreign.team } }), 'TEAM_UNKNOWN')
    await refused(grant({ scope: { project: foreign.project } }), 'PROJECT_UNKNOWN')
    await refused(grant({ scope: { resource: foreign.resource } }), 'RESOURCE_UNKNOWN')
    await refused(grant({ scope: { organization } }), 'ORGANIZATION_UNKNOWN')
  })
})
