// The tree on a real PostgreSQL, with many connections: no member twice, no ring, nothing given while it goes.

import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Team } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type House, makeHouse } from './house.ts'
import { heldUp, race, times } from './race.ts'

let database: TestDatabase
let house: House
let made = 0
const key = () => `r-${++made}`

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  house = await makeHouse(postgres({ pool: database.appPool }))
})
afterAll(async () => {
  await house?.close()
  await database?.close()
})

const held = <R>(waiting: number, work: () => Promise<R>) => heldUp(database, house.acme.id, waiting, work)
const main = async () => (await house.acme.organizations.get('main')).id
const team = async (parent?: Team) =>
  house.acme.teams.create({ organization: await main(), key: key(), ...(parent ? { parent } : {}) })

describe('races', () => {
  it('T02: of 20 who add the same member one does', async () => {
    const one = await team()
    const ana = await house.person()
    const robot = await house.acme.serviceAccounts.create({ name: key() })
    for (const principal of [ana, robot]) {
      const { won, lost } = await race(times(20, () => house.acme.teams.members.add(one, { principal })))
      expect([won.length, lost.length, new Set(lost)]).toEqual([1, 19, new Set(['MEMBER_TAKEN'])])
    }
    expect((await house.acme.teams.members.list({ team: one })).items).toHaveLength(2)
  })

  it('T04: of 10 teams, projects or resources of one name one is made', async () => {
    const organization = await main()
    const name = key()
    const teams = await race(times(10, () => house.acme.teams.create({ organization, key: name })))
    expect([teams.won.length, new Set(teams.lost)]).toEqual([1, new Set(['TEAM_TAKEN'])])
    const projects = await race(times(10, () => house.acme.projects.create({ organization, key: name })))
    expect([projects.won.length, new Set(projects.lost)]).toEqual([1, new Set(['PROJECT_TAKEN'])])
    const things = await race(times(10, () => house.acme.resources.register({ type: 'note', externalId: name })))
    expect([things.won.length, new Set(things.lost)]).toEqual([1, new Set(['RESOURCE_TAKEN'])])
  })

  it('moves that cross close no ring', async () => {
    for (let round = 0; round < 6; round++) {
      const teams = [await team(), await team(), await team(), await team()]
      const close = (i: number) => house.acme.teams.move(teams[i]!, { parent: teams[(i + 1) % 4]! })
      const { won, lost } = await held(4, () => race(times(4, close)))
      expect([won.length, lost]).toEqual([3, ['TEAM_CYCLE']])
    }
  })

  it('deep trees that are put below each other keep a top', async () => {
    const grow = async () => {
      const top = await team()
      return { top, bottom: await team(await team(top)) }
    }
    const [x, y] = [await grow(), await grow()]
    const works = [
      () => house.acme.teams.move(x.top, { parent: y.bottom }),
      () => house.acme.teams.move(y.top, { parent: x.bottom }),
    ]
    const { won, lost } = await held(2, () => race(works))
    expect([won.length, lost]).toEqual([1, ['TEAM_CYCLE']])
  })

  it('nobody is added to a team that is being removed, and no role is given in it', async () => {
    const scoped = [
      (one: Team) => async () => house.acme.teams.members.add(one, { principal: await house.person() }),
      (one: Team) => async () =>
        house.acme.assignments.grant({ principal: await house.person(), role: 'viewer', scope: { team: one } }),
      (one: Team) => () => house.acme.assignments.grant({ principal: one, role: 'viewer' }),
      (one: Team) => async () => house.acme.projects.create({ organization: await main(), key: key(), team: one }),
      (one: Team) => () => house.acme.resources.register({ type: 'note', externalId: key(), in: { team: one } }),
      (one: Team) => () => team(one),
    ]
    for (const [i, use] of scoped.entries()) {
      for (let round = 0; round < 3; round++) {
        const one = await team()
        const works = [() => house.acme.teams.remove(one, { contents: 'remove' }), use(one)]
        const { lost } = await held(2, () => race<unknown>(works))
        expect(
          lost.filter((code) => code !== 'TEAM_UNKNOWN'),
          `way ${i}`,
        ).toEqual([])
        expect((await race([() => house.acme.teams.get(one)])).lost).toEqual(['TEAM_UNKNOWN'])
      }
    }
    const orphans = `select count(*)::int as n from freehold.team_members m
      where not exists (select from freehold.teams t where t.tenant_id = m.tenant_id and t.id = m.team_id)`
    expect(await database.admin(orphans)).toEqual([{ n: 0 }])
  })

  it('an organization that goes takes what is put into it at the same moment along, or refuses it', async () => {
    for (let round = 0; round < 6; round++) {
      const organization = await house.acme.organizations.create({ key: key(), name: 'Gone' })
      const works = [
        () => house.acme.organizations.remove(organization.id),
        () => house.acme.teams.create({ organization, key: key() }),
        () => house.acme.projects.create({ organization, key: key() }),
      ]
      const { lost } = await held(3, () => race<unknown>(works))
      expect(lost.filter((code) => code !== 'ORGANIZATION_UNKNOWN')).toEqual([])
      expect((await house.acme.teams.list({ organization })).items).toEqual([])
      expect((await house.acme.projects.list({ organization })).items).toEqual([])
    }
  })
})

describe('a connection that is cut', () => {
  it('while a team moves leaves it where it was, and a ring is closed by nobody', async () => {
    const [a, b] = [await team(), await team()]
    const client = new pg.Client({ connectionString: database.ownerUrl })
    await client.connect()
    await client.query(`begin; select freehold.enter_tenant('${house.acme.id}')`)
    await client.query(`select 1 from freehold.tenant_counters where name = 'access-writes' for update`)
    const moving = house.acme.teams.move(a, { parent: b }).then(
      () => 'moved',
      () => 'lost',
    )
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`
    for (let i = 0; i < 200 && (await database.admin(cut, [database.name])).length === 0; i++) await setTimeout(10)
    expect(await moving).toBe('lost')
    await client.query('commit')
    await client.end()
    expect((await house.acme.teams.get(a)).parentTeamId).toBeNull()
    const log = await house.acme.audit.list({ action: 'team.moved', resourceId: a.id })
    expect(log.items).toEqual([])
    expect((await house.acme.teams.move(a, { parent: b })).parentTeamId).toBe(b.id)
  })
})
