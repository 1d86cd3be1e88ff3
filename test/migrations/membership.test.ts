// apply gives the application's login its rights, and nothing more.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMigrations } from '../../src/migrations/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { OWNER_ROLE } from '../setup/template.ts'
import { connectTo, refusal } from './runner.ts'

const login = `freehold_test_${randomBytes(6).toString('hex')}`
const dba = `freehold_test_${randomBytes(6).toString('hex')}`

describe('the login of the application', () => {
  let database: TestDatabase
  const apply = (appLogin: string, url = database.ownerUrl) =>
    createMigrations({ schema: 'freehold', appLogin, connect: () => connectTo(url) }).apply()
  const memberships = () =>
    database.admin(
      `select to_jsonb(m) ->> 'inherit_option' as inherit, to_jsonb(m) ->> 'set_option' as set, m.admin_option as admin
       from pg_auth_members m where m.member = $1::regrole and m.roleid = 'freehold_app'::regrole`,
      [login],
    )

  beforeAll(async () => {
    database = await createTestDatabase()
    await database.admin(`create role ${login} login`)
    await database.admin(`create role ${dba} login createrole password 'freehold'`)
  })
  afterAll(async () => {
    await database?.admin(`drop role ${login}`)
    await database?.admin(`drop role ${dba}`)
    await database?.close()
  })

  it('becomes a member of freehold_app, once', async () => {
    expect(await apply(login)).toMatchObject([
      { kind: 'granted', role: 'freehold_app', login },
      { kind: 'finished', applied: 0 },
    ])
    const [membership, ...more] = await memberships()
    expect(more).toEqual([])
    // PostgreSQL 16 and later: it has the rights, and cannot become the group
    expect(membership).toMatchObject({
      admin: false,
      inherit: membership!.inherit && 'true',
      set: membership!.set && 'false',
    })
    expect(await apply(login)).toMatchObject([{ kind: 'finished' }])
  })

  it('is left alone when it is the owner, a superuser, or nobody', async () => {
    for (const other of [OWNER_ROLE, 'postgres', 'nobody_of_this_name', 'freehold_app']) {
      expect(await apply(other)).toMatchObject([{ kind: 'finished' }])
    }
  })

  it('is named with its grant when the owner may not give it', async () => {
    await database.ownerPool.query(`revoke freehold_app from ${login}`)
    await database.admin(
      `grant select on freehold.schema_migrations to ${dba}; grant usage on schema freehold to ${dba}`,
    )
    await database.admin(`alter role ${dba} nocreaterole`)
    const url = new URL(database.ownerUrl)
    url.username = dba
    const error = await refusal(apply(login, url.href))
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED', details: { sqlstate: '42501' } })
    expect(String(error)).toContain(`grant freehold_app to \\"${login}\\"`)
    await database.admin(`drop owned by ${dba}`)
  })
})
