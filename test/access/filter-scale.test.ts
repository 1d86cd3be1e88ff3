// Filters of who holds 10,000 things, in organizations, teams, projects and on single resources, on PostgreSQL: a few
// questions of whole lists, far from its 65,535 parameters, and still what a check says of each row.

import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessFilter, accessFilterText, postgres } from '../../src/adapters/postgres/index.ts'
import type { User } from '../../src/core/identity/user.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { type House, makeHouse } from './house.ts'

const OF_EACH = 2500
const ROWS = 4000

interface NoteRow {
  readonly id: string
  readonly organization_id: string | null
  readonly team_id: string | null
  readonly project_id: string | null
}

let database: TestDatabase
let house: House
let db: Kysely<{ notes: NoteRow }>
let rows: readonly NoteRow[]

beforeAll(async () => {
  database = await createTestDatabase()
  house = await makeHouse(postgres({ pool: database.appPool }))
  db = new Kysely({ dialect: new PostgresDialect({ pool: database.ownerPool }) })
  const role = (key: string, effect: 'allow' | 'deny', conditions?: Record<string, unknown>) =>
    house.acme.roles.create({
      key,
      permissions: [{ resource: 'note', actions: ['read'], effect, ...(conditions ? { conditions } : {}) }],
    })
  await role('reader', 'allow')
  await role('banned', 'deny')
  await role('lead', 'allow', { 'resource.team_id': null })
  await inTenant([
    `insert into freehold.organizations (id, key, name) select gen_random_uuid(), 'o' || n, 'O' from generate_series(1, ${OF_EACH}) n`,
    // every other team is below the one before it, in the same organization
    `insert into freehold.teams (id, organization_id, key, name)
      select gen_random_uuid(), id, 'top', 'T' from freehold.organizations where key ~ '[02468]$'`,
    `insert into freehold.teams (id, organization_id, parent_team_id, key, name)
      select gen_random_uuid(), organization_id, id, 'sub', 'T' from freehold.teams`,
    `insert into freehold.projects (id, organization_id, team_id, key, name)
      select gen_random_uuid(), organization_id, id, 'in-' || key, 'P' from freehold.teams`,
    `insert into freehold.resources (id, type, external_id)
      select id, 'note', id::text from (select gen_random_uuid() as id from generate_series(1, ${OF_EACH})) made`,
  ])
  // rows in places of all kinds, in several at once, in none, and in those of nobody
  await database.ownerPool.query(
    `create table notes (id uuid primary key, organization_id uuid, team_id uuid, project_id uuid)`,
  )
  await inTenant([
    `create temporary table ids on commit drop as
      select (select array_agg(id order by id) from freehold.organizations) as o, (select array_agg(id order by id) from freehold.teams) as t,
        (select array_agg(id order by id) from freehold.projects) as p, (select array_agg(id order by id) from freehold.resources) as r`,
    `insert into notes select case when n % 3 = 0 then r[1 + n % 2500] else gen_random_uuid() end,
        case when n % 2 = 0 then o[1 + n * 7 % 2500] end, case when n % 5 < 2 then t[1 + n * 11 % 2500] end, case when n % 7 < 2 then p[1 + n * 13 % 2500] end
      from ids, generate_series(1, ${ROWS}) n on conflict do nothing`,
  ])
  // some of them in a team and in its own organization
  await inTenant([
    `update notes set organization_id = t.organization_id from freehold.teams t where t.id = notes.team_id and notes.id::text < '8'`,
  ])
  rows = await db.selectFrom('notes').selectAll().orderBy('id').execute()
}, 120_000)
afterAll(async () => {
  await house?.close()
  await database?.close()
})

async function inTenant(statements: readonly string[], values: readonly unknown[] = []): Promise<void> {
  const client = await database.ownerPool.connect()
  try {
    await client.query(`begin; select freehold.enter_tenant('${house.acme.id}')`)
    for (const statement of statements) await client.query(statement, statement.includes('$1') ? [...values] : [])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** Somebody with the role in every place and on every resource. */
async function everywhere(key: string, flow: 'descendants' | 'self', but = 'false'): Promise<User> {
  const user = await house.person()
  const columns = { organizations: 'organization_id', teams: 'scope_team_id', projects: 'project_id' }
  const statements = Object.entries(columns).map(
    ([table, column]) =>
      `insert into freehold.role_assignments (id, user_id, role_id, ${column}, flow)
        select gen_random_uuid(), $1, r.id, x.id, $3::text from freehold.roles r, freehold.${table} x where r.key = $2 and not (${but})`,
  )
  await inTenant(
    [
      ...statements,
      `insert into freehold.role_assignments (id, user_id, role_id, resource_id)
        select gen_random_uuid(), $1, r.id, x.id from freehold.roles r, freehold.resources x where r.key = $2 and $3::text is not null and not (${but})`,
    ],
    [user.id, key, flow],
  )
  return user
}

const columns = { id: 'uuid', organization_id: 'uuid', team_id: 'uuid', project_id: 'uuid' } as const
const places = { organization: 'organization_id', team: 'team_id', project: 'project_id' } as const

/** As many rows as there are, each checked. */
async function compare(user: User, withIds: boolean): Promise<{ found: number; values: number; length: number }> {
  const options = { columns, places: withIds ? { ...places, resource: 'id' } : places }
  const access = await house.acme.access.principal(user)
  const filter = access.filter('note:read', options)
  const answered = await db
    .selectFrom('notes')
    .select('id')
    .where((eb) => accessFilter(eb, filter))
    .orderBy('id')
    .execute()
  const expected = rows.filter(({ id, organization_id, team_id, project_id }) =>
    access.can('note:read', {
      resource: { id, organization_id, team_id, project_id },
      ...(organization_id ? { organization: organization_id as never } : {}),
      ...(team_id ? { team: team_id as never } : {}),
      ...(project_id ? { project: project_id as never } : {}),
      ...(withIds ? { on: { type: 'note', id } } : {}),
    }),
  )
  expect(answered.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  const { text, values } = accessFilterText(filter)
  return { found: answered.length, values: values.length, length: text.length }
}

describe('the filter of 10,000 assignments', () => {
  it.each([
    ['that count below their scopes', 'reader', 'descendants', true],
    ['that count at their scopes alone', 'reader', 'self', false],
    ['under conditions', 'lead', 'descendants', true],
    ['under conditions, at their scopes alone', 'lead', 'self', false],
  ] as const)(
    '%s is short, and right',
    async (_what, role, flow, withIds) => {
      const some = `x.id::text < '8'`
      for (const but of ['false', some]) {
        const { found, values, length } = await compare(await everywhere(role, flow, but), withIds)
        expect(found).toBeGreaterThan(100)
        expect(found).toBeLessThan(rows.length)
        expect(values).toBeLessThan(20)
        expect(length).toBeLessThan(2000)
      }
    },
    120_000,
  )

  it('that deny is short, and right', async () => {
    for (const flow of ['descendants', 'self'] as const) {
      const user = await everywhere('banned', flow, `x.id::text < 'c'`)
      await house.acme.assignments.grant({ principal: user, role: 'reader' })
      const { found, values, length } = await compare(user, flow === 'descendants')
      expect(found).toBeGreaterThan(100)
      expect(found).toBeLessThan(rows.length)
      expect(values).toBeLessThan(20)
      expect(length).toBeLessThan(2000)
    }
  }, 120_000)

  it('by a policy that names the role and single rows is short, and right', async () => {
    const user = await everywhere('lead', 'descendants')
    const ids = rows.slice(0, 40).map(({ id }) => id)
    await house.acme.policies.create({
      key: 'forty',
      document: {
        effect: 'deny',
        principals: [{ role: 'lead' }],
        actions: ['note:read'],
        resources: ids.map((id) => ({ type: 'note', id })),
      },
    })
    const { values, length } = await compare(user, true)
    expect(values).toBeLessThan(40)
    expect(length).toBeLessThan(4000)
  }, 120_000)

  it('is a part of a query that PostgreSQL answers at once, however many fields it is about', async () => {
    const access = await house.acme.access.principal(await everywhere('reader', 'self'))
    const fields = Array.from({ length: 100 }, (_, i) => `f${i}`)
    const { values } = accessFilterText(access.filter('note:read', { columns, places, fields }))
    expect(values.length).toBeLessThan(20)
  })
})
