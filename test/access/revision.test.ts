// Two processes on one PostgreSQL, which nothing but the database connects: when one knows what the other wrote.

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Freehold, Team, TenantHandle, User } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { makeInstance, type P } from './house.ts'

const PASSWORD = 'velvet tractor omelette'
let database: TestDatabase
const pools: pg.Pool[] = []
const processes: Freehold<unknown, P>[] = []
let here: TenantHandle<unknown, P>
let elsewhere: TenantHandle<unknown, P>
let stranger: TenantHandle<unknown, P>
let team: Team
/** Added to the clock of the process that reads. */
let later = 0

async function start(now?: () => number): Promise<Freehold<unknown, P>> {
  const pool = new pg.Pool({ connectionString: database.appUrl, max: 2 })
  pools.push(pool)
  const freehold = await makeInstance(postgres<unknown>({ pool, listen: false }), now ? { now } : {})
  processes.push(freehold)
  return freehold
}

beforeAll(async () => {
  database = await createTestDatabase()
  const [writing, reading] = [await start(), await start(() => Date.now() + later)]
  elsewhere = await writing.tenants.create({ slug: 'acme', name: 'Acme' })
  stranger = await writing.tenants.create({ slug: 'globex', name: 'Globex' })
  here = await reading.tenant('acme')
  const organization = await elsewhere.organizations.get('main')
  team = await elsewhere.teams.create({ organization, key: 'team' })
  await elsewhere.assignments.grant({ principal: team, role: 'viewer' })
}, 60_000)
afterAll(async () => {
  for (const freehold of processes) await freehold.close()
  for (const pool of pools) await pool.end()
  await database?.close()
})

const person = () => elsewhere.users.create({ email: `p${Math.random()}@example.test`, password: PASSWORD })
const document = { effect: 'deny', principals: ['*'], actions: ['note:*'], resources: ['*'] } as const
const ana = async (): Promise<User> => {
  const user = await person()
  await elsewhere.teams.members.add(team, { principal: user })
  return user
}

/** What takes `note:read` from a member of the team. */
const takings: Readonly<Record<string, (user: User) => Promise<() => Promise<unknown>>>> = {
  'a policy': async () => {
    const { id } = await elsewhere.policies.create({ key: `p${Math.random()}`.replace('.', ''), document })
    return () => elsewhere.policies.remove(id)
  },
  'the end of a membership': async (user) => {
    await elsewhere.teams.members.remove(team, user)
    return async () => undefined
  },
  'the end of what a team holds': async () => {
    const [held] = (await elsewhere.assignments.list({ principal: team })).items
    await elsewhere.assignments.revoke(held!)
    return () => elsewhere.assignments.grant({ principal: team, role: 'viewer' })
  },
  'the end of an account': async (user) => {
    await elsewhere.users.disable(user)
    return async () => undefined
  },
}

describe('what another process took', () => {
  it.each(Object.entries(takings))(
    'shows with atLeast at once, and without within ten seconds: %s',
    async (_, take) => {
      const user = await ana()
      const check = (atLeast?: string) => here.access.check(user, 'note:read', atLeast === undefined ? {} : { atLeast })
      expect(await check()).toBe(true)
      const before = await elsewhere.access.revision(user)
      expect(await check(before)).toBe(true)
      const undo = await take(user)
      const after = await elsewhere.access.revision(user)
      // nobody told this process
      expect(await check()).toBe(true)
      later += 9_000
      expect(await check()).toBe(true)
      expect(await check(before)).toBe(true)
      expect(await check(after)).toBe(false)
      expect(await check()).toBe(false)
      await undo()
      // and by itself, when what is remembered is ten seconds old
      const other = await ana()
      const seen = () => here.access.check(other, 'note:read')
      later += 10_000
      expect(await seen()).toBe(true)
      const again = await take(other)
      expect(await seen()).toBe(true)
      later += 10_000
      expect(await seen()).toBe(false)
      await again()
      later += 10_000
    },
  )

  it.each(Object.entries(takings).slice(0, 3))(
    'shows with the next session that is looked up in the database: %s',
    async (_, take) => {
      const user = await ana()
      const signedIn = await elsewhere.signIn.password({ email: user.email, password: PASSWORD })
      if (!signedIn.ok) throw new Error('nobody signed in')
      const may = async (mode: 'database' | 'signature') => {
        const verified = await processes[1]!.sessions.verify(signedIn.tokens.accessToken, { mode })
        return (await here.access.principal(verified.principal, verified.accessVersions)).can('note:read')
      }
      expect(await may('database')).toBe(true)
      const undo = await take(user)
      expect(await may('signature')).toBe(true)
      expect(await may('database')).toBe(false)
      await undo()
    },
  )
})

describe('a revision', () => {
  it('is asked for once by many, and costs nothing where it is known', async () => {
    const user = await ana()
    const atLeast = await elsewhere.access.revision(user)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => here.access.check(user, 'note:read', { atLeast })),
    )
    expect(new Set(answers)).toEqual(new Set([true]))
    const { access } = here
    expect(await access.explain(user, 'note:read', { atLeast })).toMatchObject({ allowed: true, reason: 'allowed' })
    expect((await access.permissionsOf(user, { atLeast })).allowed).toContain('note:read')
    expect(await access.fieldsOf(user, 'note:read', { atLeast })).toEqual(await access.fieldsOf(user, 'note:read'))
    expect(await access.ever(user, 'note:read', { atLeast })).toBe(true)
    expect(await access.checkMany(user, [{ permission: 'note:read' }], { atLeast })).toEqual([true])
    expect((await access.principal(user, { atLeast })).can('note:read')).toBe(true)
  })

  it('comes with a loaded principal, and of a transaction holds once that has committed', async () => {
    const user = await ana()
    const { revision } = await elsewhere.access.principal(user)
    expect(await here.access.check(user, 'note:read', { atLeast: revision })).toBe(true)
    const { token, policy } = await elsewhere.transaction(async (tx) => {
      const { id } = await tx.policies.create({ key: 'in-a-transaction', document })
      return { token: await tx.access.revision(), policy: id }
    })
    expect(await here.access.check(user, 'note:read', { atLeast: token })).toBe(false)
    await elsewhere.policies.remove(policy)
  })

  it('of another tenant, made up, or of a future that does not come is refused', async () => {
    const user = await ana()
    const refusedAs = async (atLeast: unknown, reason: string) => {
      for (const principal of [user, user.id]) {
        const refusal = await refused(
          () => here.access.check(principal, 'note:read', { atLeast: atLeast as string }),
          'REVISION_INVALID',
        )
        expect(refusal.details.reason).toBe(reason)
      }
    }
    await refusedAs(await stranger.access.revision(), 'tenant')
    const token = await elsewhere.access.revision(user)
    for (const wrong of ['', 'x', `${token}A`, `${token}=`, token.slice(4), 5, null, {}, 'A'.repeat(5000)]) {
      await refusedAs(wrong, 'malformed')
    }
    const bytes = Buffer.from(token, 'base64url')
    bytes[20] = 255
    await refusedAs(bytes.toString('base64url'), 'ahead')
    await refused(() => here.access.revision('x' as never), 'ID_INVALID')
    await refused(() => here.access.revision(team.id as never), 'PRINCIPAL_UNKNOWN')
  })
})
