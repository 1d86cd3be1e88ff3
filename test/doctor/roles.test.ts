// A login that could pass or take down the wall is found, whatever way it has to it.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { OWNER_ROLE, PASSWORD, withUrl } from '../setup/template.ts'
import { brief, look } from './look.ts'

const login = `freehold_test_${randomBytes(6).toString('hex')}`
const group = `freehold_test_${randomBytes(6).toString('hex')}`

describe('the login of the application', () => {
  let database: TestDatabase
  let url: string
  const found = async () => brief(await look(url))
  /** Changes roles, looks, and changes them back. */
  async function while_(change: string, back: string): Promise<string[]> {
    await database.admin(change)
    try {
      return await found()
    } finally {
      await database.admin(back)
    }
  }

  beforeAll(async () => {
    database = await createTestDatabase()
    await database.admin(`create role ${login} login password '${PASSWORD}' in role freehold_app`)
    await database.admin(`create role ${group} nologin`)
    url = withUrl(database.appUrl, { user: login, password: PASSWORD })
  })
  afterAll(async () => {
    await database?.admin(`drop owned by ${login}, ${group}`)
    await database?.admin(`drop role ${login}, ${group}`)
    await database?.close()
  })

  it('is fine as a member of freehold_app and nothing more', async () => {
    expect(await found()).toEqual([])
    expect(await look(database.appUrl)).toEqual([])
  })

  it('is a superuser', async () => {
    expect(await while_(`alter role ${login} superuser`, `alter role ${login} nosuperuser`)).toEqual([
      `refuse superuser-role ${login}`,
    ])
  })

  it.each([
    ['has BYPASSRLS', 'bypassrls', 'bypassrls-role'],
    ['has REPLICATION', 'replication', 'bypassrls-role'],
  ])('%s', async (_, attribute, id) => {
    expect(await while_(`alter role ${login} ${attribute}`, `alter role ${login} no${attribute}`)).toEqual([
      `refuse ${id} ${login}`,
    ])
    // a member can take the role's place with SET ROLE
    const through = await while_(
      `alter role ${group} ${attribute}; grant ${group} to ${login}`,
      `alter role ${group} no${attribute}; revoke ${group} from ${login}`,
    )
    expect(through).toEqual([`refuse ${id} ${login}`])
  })

  it('is a member of a superuser', async () => {
    const through = await while_(
      `alter role ${group} superuser; grant ${group} to ${login}`,
      `alter role ${group} nosuperuser; revoke ${group} from ${login}`,
    )
    expect(through).toContain(`refuse superuser-role ${login}`)
  })

  it('is a member of a role that may write the server’s files', async () => {
    expect(
      await while_(`grant pg_write_server_files to ${login}`, `revoke pg_write_server_files from ${login}`),
    ).toEqual([`refuse superuser-role ${login}`])
  })

  it('may create roles, which on PostgreSQL 15 makes it whatever it likes', async () => {
    const [{ old } = {}] = await database.admin("select current_setting('server_version_num')::int < 160000 as old")
    const roles = await while_(`alter role ${login} createrole`, `alter role ${login} nocreaterole`)
    expect(roles).toEqual(old === true ? [`refuse owner-role ${login}`] : [])
  })

  it('is a member of the owner, or owns one thing of it', async () => {
    const member = await while_(`grant ${OWNER_ROLE} to ${login}`, `revoke ${OWNER_ROLE} from ${login}`)
    expect(member).toContain(`refuse owner-role ${login}`)
    const owner = await while_(
      `alter table freehold.sign_in_attempts owner to ${login}`,
      `alter table freehold.sign_in_attempts owner to ${OWNER_ROLE}`,
    )
    expect(owner).toContain(`refuse owner-role ${login}`)
    const [{ name } = {}] = await database.admin('select current_database() as name')
    const databases = await while_(
      `alter database ${String(name)} owner to ${group}; grant ${group} to ${login}`,
      `alter database ${String(name)} owner to ${OWNER_ROLE}; revoke ${group} from ${login}`,
    )
    expect(databases).toContain(`refuse owner-role ${login}`)
  })

  it('is the owner itself', async () => {
    const findings = await look(database.ownerUrl)
    expect(brief(findings)).toContain(`refuse owner-role ${OWNER_ROLE}`)
    expect(findings.map(({ message }) => message).join()).toContain(`${OWNER_ROLE} owns`)
  })

  it('took another role on: the login behind it is looked at too', async () => {
    await database.admin(`alter role ${login} bypassrls; alter role ${login} set role freehold_app`)
    try {
      expect(await found()).toEqual([`refuse bypassrls-role ${login}`])
    } finally {
      await database.admin(`alter role ${login} nobypassrls; alter role ${login} reset role`)
    }
  })

  it('has not the rights of the app, or has more than those', async () => {
    expect(await while_(`revoke freehold_app from ${login}`, `grant freehold_app to ${login}`)).toEqual([
      `warn role-not-member ${login}`,
    ])
    const [{ name } = {}] = await database.admin('select current_database() as name')
    expect(
      await while_(
        `grant temporary on database ${String(name)} to ${login}`,
        `revoke temporary on database ${String(name)} from ${login}`,
      ),
    ).toEqual([`warn temp-grant ${login}`])
    expect(
      await while_(`grant create on schema freehold to ${login}`, `revoke create on schema freehold from ${login}`),
    ).toEqual([`warn dangerous-grant ${login}`])
  })

  it('is told the same through the storage', async () => {
    const storage = postgres({ url, listen: false })
    try {
      const found = async () => brief(await storage.inspect()).filter((line) => !line.includes('server-version'))
      expect(await found()).toEqual([])
      await database.admin(`revoke freehold_app from ${login}`)
      expect(await found()).toEqual([`warn role-not-member ${login}`])
    } finally {
      await database.admin(`grant freehold_app to ${login}`)
      await storage.close()
    }
  })

  it('is looked at by name, whoever asks', async () => {
    expect(await look(database.ownerUrl, { login })).toEqual([])
    await database.admin(`alter role ${login} bypassrls`)
    expect(brief(await look(database.ownerUrl, { login }))).toEqual([`refuse bypassrls-role ${login}`])
    await database.admin(`alter role ${login} nobypassrls`)
  })
})

describe('before the schema exists', () => {
  it('roles are looked at, and the migrations are pending', async () => {
    const database = await createTestDatabase({ empty: true })
    expect(brief(await look(database.appUrl))).toEqual(['warn migrations-pending'])
    // twice on PostgreSQL 15, where the owner may also create roles
    const owner = new Set(brief(await look(database.ownerUrl)))
    expect([...owner]).toEqual([`refuse owner-role ${OWNER_ROLE}`, 'warn migrations-pending'])
    await database.close()
  })
})
