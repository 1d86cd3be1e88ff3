// Roles, permissions, policies and teams that change under those who use them at the same moment, with many connections.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type House, makeHouse } from './house.ts'
import { heldUp, race, times } from './race.ts'

let database: TestDatabase
let house: House
let made = 0
const key = () => `m-${++made}`
const says = (...actions: string[]) => [{ resource: 'note', actions }]

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  house = await makeHouse(postgres({ pool: database.appPool }))
})
afterAll(async () => {
  await house?.close()
  await database?.close()
})

describe('races', () => {
  it('a role that gains what its giver does not hold was given before, or is not', async () => {
    const { acme } = house
    const outcomes = new Set<string>()
    for (let round = 0; round < 24; round++) {
      const [ana, bob] = [await house.person(), await house.person()]
      const { key: own } = await acme.roles.create({ key: key(), permissions: says('read') })
      const { key: given } = await acme.roles.create({ key: key(), permissions: says('read') })
      await acme.assignments.grant({ principal: ana, role: own })
      // what she holds is remembered in every other round, so that both ways of giving meet it
      if (round % 2 === 0) await acme.access.check(ana, 'note:read')
      const widen = () => acme.roles.update(given, { permissions: says('read', 'write') })
      const grant = () => house.as(ana).assignments.grant({ principal: bob, role: given })
      const both = round % 4 < 2 ? [widen, grant] : [grant, widen]
      const work = () => race<unknown>(both)
      const { lost } = await (round % 3 === 0 ? heldUp(database, acme.id, 2, work) : work())
      const [held] = (await acme.assignments.list({ principal: bob })).items
      expect(lost).toEqual(held ? [] : ['GRANT_REFUSED'])
      if (held) expect(held.createdAt.getTime()).toBeLessThanOrEqual((await acme.roles.get(given)).updatedAt.getTime())
      outcomes.add(held ? 'given' : 'refused')
      expect(await acme.access.check(bob, 'note:write')).toBe(held !== undefined)
    }
    expect([...outcomes].sort()).toEqual(['given', 'refused'])
  })

  it('who loses the role through which they widen another widens it before, or not at all', async () => {
    const { acme } = house
    for (let round = 0; round < 8; round++) {
      const ana = await house.person()
      const held = await acme.assignments.grant({ principal: ana, role: 'member' })
      const { key: role } = await acme.roles.create({ key: key(), permissions: says('read') })
      const work = () =>
        race<unknown>([
          () => acme.assignments.revoke(held),
          () => house.as(ana).roles.update(role, { permissions: says('read', 'write') }),
        ])
      const { lost } = await (round % 2 === 0 ? heldUp(database, acme.id, 2, work) : work())
      const { permissions } = await acme.roles.get(role)
      expect(lost).toEqual(permissions[0]!.actions.length === 2 ? [] : ['GRANT_REFUSED'])
    }
  })

  it('a permission is not taken away from under the role that comes to name it', async () => {
    const { acme } = house
    for (let round = 0; round < 8; round++) {
      const { name, resource, action } = await acme.customPermissions.create({ resource: key(), action: 'open' })
      const role = key()
      const uses = [
        () => acme.roles.create({ key: role, permissions: [{ resource, actions: [action] }] }),
        () =>
          acme.policies.create({
            key: role,
            document: { effect: 'deny', principals: ['*'], actions: [name], resources: ['*'] },
          }),
      ]
      const works = [() => acme.customPermissions.remove(name), uses[round % 2]!]
      const { won, lost } = await heldUp(database, acme.id, 2, () => race<unknown>(works))
      expect(won).toHaveLength(1)
      expect(['PERMISSION_IN_USE', 'PERMISSION_UNKNOWN', 'POLICY_INVALID']).toContain(lost[0])
      const there = (await acme.customPermissions.list({ limit: 200 })).items.some((one) => one.name === name)
      expect(there).toBe(lost[0] === 'PERMISSION_IN_USE')
      if (round % 2 === 1 && there) await acme.policies.remove(role)
    }
  })

  it('of 12 who save a policy each makes a version of its own, and the last one is in force', async () => {
    const { acme } = house
    const name = key()
    const document = (i: number) => ({
      effect: 'allow' as const,
      principals: [{ role: 'viewer' }] as const,
      actions: ['note:read'],
      resources: [{ type: 'note', id: `n-${i}` }] as const,
    })
    await acme.policies.create({ key: name, document: document(0) })
    const { won, lost } = await race(times(12, (i) => acme.policies.update(name, { document: document(i + 1) })))
    expect(lost).toEqual([])
    expect(won.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      times(12, async (i) => i).map((_, i) => i + 2),
    )
    const [last, ...others] = (await acme.policies.history(name, { limit: 20 })).items
    expect([last!.version, others.length]).toEqual([13, 12])
    expect((await acme.policies.get(name)).document).toEqual(last!.document)
  })

  it('a team that is put below one that goes is below what was around it, or stays where it was', async () => {
    const { acme } = house
    const organization = (await acme.organizations.get('main')).id
    for (let round = 0; round < 8; round++) {
      const top = await acme.teams.create({ organization, key: key() })
      const gone = await acme.teams.create({ organization, key: key(), parent: top })
      const team = await acme.teams.create({ organization, key: key() })
      const contents = round % 2 === 0 ? 'lift' : 'remove'
      const works = [
        () => acme.teams.remove(gone, { contents }),
        () => acme.teams.move(team, { parent: gone }),
        () => acme.projects.create({ organization, key: key(), team }),
      ]
      const { lost } = await heldUp(database, acme.id, 3, () => race<unknown>(works))
      expect(lost.filter((code) => code !== 'TEAM_UNKNOWN')).toEqual([])
      const left = (await acme.teams.list({ organization, limit: 200 })).items.find(({ id }) => id === team.id)
      if (contents === 'lift') expect([null, top.id]).toContain(left?.parentTeamId)
      else if (left) expect(left.parentTeamId).toBeNull()
    }
  })
})

describe('a team', () => {
  it('is not put into another organization, and says what to do instead', async () => {
    const { acme } = house
    const other = await acme.organizations.create({ key: key(), name: 'Other' })
    const there = await acme.teams.create({ organization: other, key: key() })
    const here = await acme.teams.create({ organization: await acme.organizations.get('main'), key: key() })
    const before = await acme.access.revision()
    await expect(acme.teams.move(here, { parent: there })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { field: 'parent', problem: expect.stringContaining('make one there') },
    })
    expect(await acme.access.revision()).toBe(before)
    expect(await acme.teams.get(here)).toEqual(here)
  })
})
