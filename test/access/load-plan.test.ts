// What a cold check asks, beside 100,000 assignments of others: found by indexes.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadAccessText } from '../../src/adapters/postgres/access-verbs.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type House, makeHouse } from './house.ts'

const PEOPLE = 20_000
let database: TestDatabase
let house: House

beforeAll(async () => {
  database = await createTestDatabase()
  house = await makeHouse(postgres({ pool: database.appPool }))
}, 60_000)
afterAll(async () => {
  await house?.close()
  await database?.close()
})

it('of assignments, teams and memberships it reads those that are asked for', async () => {
  const { acme } = house
  const ana = await house.person(['member'])
  const organization = await acme.organizations.get('main')
  const team = await acme.teams.create({ organization, key: 'team' })
  await acme.teams.members.add(team, { principal: ana })
  await acme.assignments.grant({ principal: team, role: 'viewer' })
  await acme.assignments.grant({ principal: { kind: 'everyone' }, role: 'viewer', scope: { team } })
  const client = await database.appPool.connect()
  try {
    await client.query(`begin; select freehold.enter_tenant('${acme.id}')`)
    await client.query(`insert into freehold.users (id, email, email_norm)
      select gen_random_uuid(), 'p' || n || '@example.test', 'p' || n || '@example.test' from generate_series(1, ${PEOPLE}) n`)
    await client.query(`insert into freehold.role_assignments (id, user_id, role_id, organization_id)
      select gen_random_uuid(), u.id, r.id, null from freehold.users u, freehold.roles r where u.email like 'p%' and r.key <> 'owner'`)
    await client.query(`insert into freehold.role_assignments (id, user_id, role_id, organization_id)
      select gen_random_uuid(), u.id, r.id, o.id from freehold.users u, freehold.roles r, freehold.organizations o
      where u.email like 'p%' and r.key in ('member', 'viewer')`)
    await client.query(`insert into freehold.team_members (id, team_id, user_id)
      select gen_random_uuid(), t.id, u.id from freehold.users u, freehold.teams t where u.email like 'p%'`)
    await client.query('commit')
    await database.ownerPool.query('analyze freehold.role_assignments, freehold.team_members, freehold.users')
    await client.query(`begin; select freehold.enter_tenant('${acme.id}')`)
    const { rows } = await client.query(`explain (costs off) ${loadAccessText('freehold', 'user')}`, [
      acme.id,
      ana.id,
      null,
    ])
    const plan = rows.map((row) => String(Object.values(row as object)[0])).join('\n')
    expect(plan).toContain('role_assignments_once_key')
    expect(plan).toContain('role_assignments_everyone_idx')
    expect(plan).not.toMatch(/Seq Scan on (role_assignments|team_members|users)/)
    await client.query('rollback')
  } finally {
    client.release()
  }
  expect(await acme.access.check(ana, 'note:read')).toBe(true)
  expect(await acme.access.check(ana, 'note:write')).toBe(true)
}, 120_000)
