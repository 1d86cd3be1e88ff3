// Teams: a tree below each organization, of any depth, without rings.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NewTeam, Team, TeamId } from '../../src/index.ts'
import { logOf } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0
const key = (): string => `team-${++made}`
const newId = () => crypto.randomUUID() as TeamId

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const organization = (name = key()) => house.acme.organizations.create({ key: name, name })
async function chain(length: number): Promise<Team[]> {
  const { id } = await organization()
  const teams: Team[] = []
  for (let i = 0; i < length; i++) {
    const parent = teams.at(-1)
    teams.push(await house.acme.teams.create({ organization: id, key: `t${i}`, ...(parent ? { parent } : {}) }))
  }
  return teams
}

describe('teams', () => {
  it('are created, found by id and by key, listed and changed', async () => {
    const { teams } = house.acme
    const { id } = await organization()
    const root = await teams.create({
      organization: id,
      key: 'root',
      name: ' Root ',
      description: 'all',
      metadata: { a: 1 },
    })
    expect(root).toEqual({
      kind: 'team',
      id: expect.any(String),
      organizationId: id,
      parentTeamId: null,
      key: 'root',
      name: 'Root',
      description: 'all',
      metadata: { a: 1 },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    const child = await teams.create({ organization: { id }, key: 'child', parent: root })
    expect(child).toMatchObject({ name: 'child', parentTeamId: root.id, description: null, metadata: {} })
    expect(await teams.get(root.id)).toEqual(root)
    expect(await teams.get(root)).toEqual(root)
    expect(await teams.get({ organization: id, key: 'child' })).toEqual(child)
    const changed = await teams.update(root, { name: 'Roots', description: null })
    expect(changed).toMatchObject({ name: 'Roots', description: null, metadata: { a: 1 } })
    expect(await teams.update(root, { name: 'Roots' })).toEqual(changed)
  })

  it('are listed by organization, by parent, and in pages', async () => {
    const { teams } = house.acme
    const [root, child, grandchild] = await chain(3)
    const { organizationId } = root!
    // those made in one millisecond come in any order
    const keys = async (filter: Parameters<typeof teams.list>[0]) =>
      (await teams.list(filter)).items.map((team) => team.key).sort()
    expect(await keys({ organization: organizationId })).toEqual(['t0', 't1', 't2'])
    expect(await keys({ organization: organizationId, parent: null })).toEqual(['t0'])
    expect(await keys({ parent: root! })).toEqual(['t1'])
    expect(await keys({ parent: child!.id })).toEqual([grandchild!.key])
    const first = await teams.list({ organization: organizationId, limit: 2 })
    const second = await teams.list({ organization: organizationId, limit: 2, cursor: first.next! })
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null])
    expect([...first.items, ...second.items].map((team) => team.key).sort()).toEqual(['t0', 't1', 't2'])
  })

  it('have a key of their own in their organization, and may share it with one of another', async () => {
    const [team] = await chain(1)
    const create = (organizationId: string) =>
      house.acme.teams.create({ organization: organizationId as Team['organizationId'], key: 't0' })
    expect((await refused(() => create(team!.organizationId), 'TEAM_TAKEN')).details).toEqual({ key: 't0' })
    expect((await create((await organization()).id)).key).toBe('t0')
  })

  it('move with all that is below them, and never below themselves', async () => {
    const { teams } = house.acme
    const [a, b, c, d] = await chain(4)
    for (const parent of [a, b, c, d]) await refused(() => teams.move(a!, { parent: parent! }), 'TEAM_CYCLE')
    expect(await teams.move(c!, { parent: a! })).toMatchObject({ parentTeamId: a!.id })
    expect((await teams.list({ parent: c! })).items.map(({ id }) => id)).toEqual([d!.id])
    expect(await teams.move(b!, { parent: d! })).toMatchObject({ parentTeamId: d!.id })
    await refused(() => teams.move(c!, { parent: b! }), 'TEAM_CYCLE')
    const top = await teams.move(c!, { parent: null })
    expect(top.parentTeamId).toBeNull()
    expect(await teams.move(c!, { parent: null })).toEqual(top)
    const log = (await logOf(house.acme)).filter(({ action }) => action === 'team.moved')
    expect(log.map(({ changes }) => changes)).toEqual([
      { parentTeamId: { from: b!.id, to: a!.id } },
      { parentTeamId: { from: a!.id, to: d!.id } },
      { parentTeamId: { from: a!.id, to: null } },
    ])
  })

  it('stay in their organization', async () => {
    const [a] = await chain(1)
    const [b] = await chain(1)
    const { teams } = house.acme
    const elsewhere = await refused(() => teams.move(a!, { parent: b! }), 'INPUT_INVALID')
    expect(elsewhere.details.field).toBe('parent')
    const created = await refused(
      () => teams.create({ organization: a!.organizationId, key: 'x', parent: b! }),
      'INPUT_INVALID',
    )
    expect(created.details.field).toBe('parent')
  })

  it('1,000 deep are made, asked and moved', async () => {
    const teams = await chain(1000)
    const [top, bottom] = [teams[0]!, teams.at(-1)!]
    const ana = await house.person()
    await house.acme.assignments.grant({ principal: ana, role: 'member', scope: { team: bottom } })
    await refused(() => house.acme.teams.move(top, { parent: bottom }), 'TEAM_CYCLE')
    const second = await house.acme.teams.move(teams[1]!, { parent: null })
    expect(second.parentTeamId).toBeNull()
    await house.acme.teams.remove(second, { contents: 'remove' })
    expect((await house.acme.teams.list({ organization: top.organizationId })).items).toEqual([top])
    expect((await house.acme.assignments.list({ principal: ana })).items).toEqual([])
  }, 60_000)
})

describe('removing a team', () => {
  async function full() {
    const [root, team, below] = await chain(3)
    const { acme } = house
    const ana = await house.person()
    await acme.teams.members.add(team!, { principal: ana })
    const { id } = await acme.projects.create({ organization: root!.organizationId, key: 'p', team: team! })
    const note = await acme.resources.register({ type: 'note', externalId: key(), in: { team: team! } })
    await acme.assignments.grant({ principal: ana, role: 'member', scope: { team: team! } })
    await acme.assignments.grant({ principal: team!, role: 'viewer' })
    return { root: root!, team: team!, below: below!, project: id, note, ana }
  }

  it('is refused while anything is in it, and says what', async () => {
    const { team, below } = await full()
    const { details } = await refused(() => house.acme.teams.remove(team), 'TEAM_IN_USE')
    expect(details).toEqual({ teams: 1, members: 1, projects: 1, resources: 1 })
    await house.acme.teams.remove(below)
    await refused(() => house.acme.teams.get(below), 'TEAM_UNKNOWN')
    await refused(() => house.acme.teams.remove(below), 'TEAM_UNKNOWN')
  })

  it.each(['below a team', 'at the top'])('lifts what is in it when told to, %s', async (where) => {
    const { root, team, below, project, note, ana } = await full()
    const top = where === 'at the top'
    const { acme } = house
    if (top) await acme.teams.move(team, { parent: null })
    await acme.teams.remove(team, { contents: 'lift' })
    expect((await acme.teams.get(below)).parentTeamId).toBe(top ? null : root.id)
    expect((await acme.projects.get(project)).teamId).toBe(top ? null : root.id)
    expect((await acme.resources.get(note)).in).toEqual(
      top ? { kind: 'organization', id: root.organizationId } : { kind: 'team', id: root.id },
    )
    expect((await acme.teams.members.list({ principal: ana })).items).toEqual([])
    expect((await acme.assignments.list({ principal: ana })).items).toEqual([])
  })

  it('removes all of it when told to', async () => {
    const { root, team, below, project, note, ana } = await full()
    const { acme } = house
    await acme.teams.remove(team, { contents: 'remove' })
    await refused(() => acme.teams.get(below), 'TEAM_UNKNOWN')
    await refused(() => acme.projects.get(project), 'PROJECT_UNKNOWN')
    await refused(() => acme.resources.get(note), 'RESOURCE_UNKNOWN')
    expect((await acme.assignments.list({ principal: ana })).items).toEqual([])
    expect((await acme.teams.get(root)).id).toBe(root.id)
    const event = (await logOf(acme)).findLast(({ action }) => action === 'team.removed')
    expect(event?.details).toMatchObject({
      contents: 'remove',
      teams: 2,
      projects: 1,
      members: 1,
      resources: 1,
      assignments: 2,
    })
  })
})

describe('bad input', () => {
  const fields: [string, Partial<Record<keyof NewTeam, unknown>>, string][] = [
    ['an unknown organization', { organization: newId() }, 'ORGANIZATION_UNKNOWN'],
    ['no organization', { organization: undefined }, 'ID_INVALID'],
    ['an unknown parent', { parent: newId() }, 'TEAM_UNKNOWN'],
    ['a parent that is no id', { parent: 'root' }, 'ID_INVALID'],
    ['a prototype as key', { key: '__proto__' }, 'INPUT_INVALID'],
    ['a key with a separator', { key: 'a/b' }, 'INPUT_INVALID'],
    ['a key of look-alikes', { key: 'tеam' }, 'INPUT_INVALID'],
    ['a UUID as key', { key: newId() }, 'INPUT_INVALID'],
    ['a key in capitals', { key: 'Team' }, 'INPUT_INVALID'],
    ['a name with a control character', { name: 'a\u202eb' }, 'INPUT_INVALID'],
    ['an empty name', { name: ' ' }, 'INPUT_INVALID'],
    ['a long description', { description: 'x'.repeat(1001) }, 'INPUT_INVALID'],
    ['a prototype in the metadata', { metadata: JSON.parse('{"__proto__":1}') }, 'INPUT_INVALID'],
    ['a field that is not known', { tenant_id: newId() } as object, 'INPUT_INVALID'],
  ]
  it.each(fields)('%s', async (_, given, code) => {
    const organizationId = (await house.acme.organizations.get('main')).id
    const before = (await house.acme.teams.list({ organization: organizationId })).items.length
    const team = { organization: organizationId, key: key(), ...given } as NewTeam
    await refused(() => house.acme.teams.create(team), code as 'INPUT_INVALID')
    expect((await house.acme.teams.list({ organization: organizationId })).items).toHaveLength(before)
  })

  it('a team of another tenant is none', async () => {
    const globex = await house.globex()
    const { id } = await globex.organizations.get('main')
    const foreign = await globex.teams.create({ organization: id, key: 'foreign' })
    const [own] = await chain(1)
    const { teams } = house.acme
    for (const work of [
      () => teams.get(foreign),
      () => teams.update(foreign, { name: 'x' }),
      () => teams.move(foreign, { parent: null }),
      () => teams.move(own!, { parent: foreign }),
      () => teams.remove(foreign, { contents: 'remove' }),
    ]) {
      await refused(work, 'TEAM_UNKNOWN')
    }
    await refused(() => teams.create({ organization: id, key: 'x' }), 'ORGANIZATION_UNKNOWN')
    expect((await teams.list({ parent: foreign })).items).toEqual([])
    expect(await globex.teams.get(foreign)).toEqual(foreign)
  })

  it('what is no team, and what is no way to remove one', async () => {
    const [team] = await chain(1)
    const { teams } = house.acme
    for (const wrong of ['main', '', null, undefined, 7, {}]) {
      await refused(() => teams.get(wrong as unknown as Team), 'ID_INVALID')
    }
    await refused(() => teams.get({ organization: team!.organizationId, key: '../t0' }), 'INPUT_INVALID')
    await refused(() => teams.remove(team!, { contents: 'burn' as 'lift' }), 'INPUT_INVALID')
    await refused(() => teams.move(team!, {} as { parent: null }), 'ID_INVALID')
  })
})
