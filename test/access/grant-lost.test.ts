// A role is given by what this process remembers of its giver, who has lost the right to it in another process meanwhile, in
// every way in which that can happen: it is refused.

import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Freehold, PermissionEntry, PlaceName, PolicyDocument, Team, User } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, makeInstance, type P } from './house.ts'

let database: TestDatabase
let pool: pg.Pool
let house: House
let elsewhere: Freehold<unknown, P>
/** The same tenant in another process, which tells this one nothing. */
let there: House['acme']
let organization: Awaited<ReturnType<House['acme']['organizations']['get']>>
/** What is given: to write notes. */
let writer: string
let made = 0
const key = () => `lost-${++made}`

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  pool = new pg.Pool({ connectionString: database.appUrl, max: 10 })
  house = await makeHouse(postgres({ pool, listen: false }))
  elsewhere = await makeInstance(postgres({ pool, listen: false }))
  there = await elsewhere.tenant(house.acme.id)
  organization = await house.acme.organizations.get('main')
  writer = await roleOf(NOTES)
})
afterAll(async () => {
  await house?.close()
  await elsewhere?.close()
  await pool?.end()
  await database?.close()
})

const NOTES: readonly PermissionEntry[] = [{ resource: 'note', actions: ['write'] }]

async function roleOf(permissions: readonly PermissionEntry[], parent?: string): Promise<string> {
  const role = await house.acme.roles.create({ key: key(), permissions, ...(parent === undefined ? {} : { parent }) })
  return role.key
}

const teamIn = (parent?: Team): Promise<Team> =>
  house.acme.teams.create({ organization, key: key(), ...(parent ? { parent } : {}) })

async function memberOf(team: Team, permissions: readonly PermissionEntry[] = []): Promise<User> {
  const user = await house.person()
  await house.acme.teams.members.add(team, { principal: user, permissions })
  return user
}

const about = ({ id }: User, effect: 'allow' | 'deny', actions = ['note:*']): PolicyDocument => ({
  ...{ effect, principals: [{ user: id }], actions, resources: ['*'] },
})

const policy = (document: PolicyDocument, enabled = true) =>
  house.acme.policies.create({ key: key(), document, enabled })

interface Loss {
  readonly giver: User
  /** Where they hold it. Default: everywhere. */
  readonly scope?: PlaceName
  /** Somewhere else. */
  readonly lose: () => Promise<unknown>
}

const losses: Readonly<Record<string, () => Promise<Loss>>> = {
  async 'their role says it no longer'() {
    const role = await roleOf(NOTES)
    return { giver: await house.person([role]), lose: () => there.roles.update(role, { permissions: [] }) }
  },
  async 'the parent of their role says it no longer'() {
    const parent = await roleOf(NOTES)
    const giver = await house.person([await roleOf([], parent)])
    return { giver, lose: () => there.roles.update(parent, { permissions: [] }) }
  },
  async 'a document that is imported says their role without it'() {
    const role = await roleOf(NOTES)
    const roles = [{ key: role, name: role, permissions: [] }]
    const giver = await house.person([role])
    return { giver, lose: () => there.access.import({ format: 'freehold.access/1', roles }) }
  },
  async 'they are in the team no longer'() {
    const team = await teamIn()
    await house.acme.assignments.grant({ principal: team, role: writer })
    const giver = await memberOf(team)
    return { giver, lose: () => there.teams.members.remove(team, giver) }
  },
  async 'their team holds it no longer'() {
    const team = await teamIn()
    const held = await house.acme.assignments.grant({ principal: team, role: writer })
    return { giver: await memberOf(team), lose: () => there.assignments.revoke(held) }
  },
  async 'their team is put elsewhere'() {
    const top = await teamIn()
    const team = await teamIn(top)
    await house.acme.assignments.grant({ principal: top, role: writer })
    return { giver: await memberOf(team), lose: () => there.teams.move(team, { parent: null }) }
  },
  async 'the team above theirs is gone'() {
    const top = await teamIn()
    await house.acme.assignments.grant({ principal: top, role: writer })
    return { giver: await memberOf(await teamIn(top)), lose: () => there.teams.remove(top, { contents: 'lift' }) }
  },
  async 'they are in the team without what they had there'() {
    const team = await teamIn()
    const giver = await memberOf(team, NOTES)
    return { giver, scope: { team }, lose: () => there.teams.members.update(team, giver, { permissions: [] }) }
  },
  async 'the project is in their team no longer'() {
    const team = await teamIn()
    const project = await house.acme.projects.create({ organization, key: key(), team })
    const giver = await house.person()
    await house.acme.assignments.grant({ principal: giver, role: writer, scope: { team } })
    return { giver, scope: { project }, lose: () => there.projects.update(project, { team: null }) }
  },
  async 'everyone holds it no longer'() {
    const held = await house.acme.assignments.grant({ principal: { kind: 'everyone' }, role: writer })
    return { giver: await house.person(), lose: () => there.assignments.revoke(held) }
  },
  async 'the policy that allows it is disabled'() {
    const giver = await house.person()
    const allowing = await policy(about(giver, 'allow'))
    return { giver, lose: () => there.policies.disable(allowing.key) }
  },
  async 'a policy that denies it is enabled'() {
    const giver = await house.person([writer])
    const denying = await policy(about(giver, 'deny'), false)
    return { giver, lose: () => there.policies.enable(denying.key) }
  },
  async 'a policy denies it as it did at first'() {
    const giver = await house.person([writer])
    const denying = await policy(about(giver, 'deny'))
    await house.acme.policies.update(denying.key, { document: about(giver, 'deny', ['invoice:*']) })
    return { giver, lose: () => there.policies.restore(denying.key, 1) }
  },
  async 'it is renewed for a time that is over'() {
    const giver = await house.person([writer])
    const expiresAt = new Date(1000)
    return { giver, lose: () => there.assignments.grant({ principal: giver, role: writer, expiresAt }) }
  },
  async 'it counts in the tenant itself only'() {
    const giver = await house.person([writer])
    return { giver, lose: () => there.assignments.grant({ principal: giver, role: writer, flow: 'self' }) }
  },
  async 'it is taken from them in a transaction'() {
    const giver = await house.person([writer])
    const [held] = (await house.acme.assignments.list({ principal: giver })).items
    return { giver, lose: () => there.transaction((tx) => tx.assignments.revoke(held!)) }
  },
  async 'they are removed'() {
    const giver = await house.person([writer])
    return { giver, lose: () => there.users.remove(giver) }
  },
  async 'they are locked'() {
    const giver = await house.person([writer])
    return { giver, lose: () => there.users.lock(giver) }
  },
}

for (const [name, make] of Object.entries(losses)) {
  it(`what one gave a moment ago is refused once ${name}`, async () => {
    const { giver, scope, lose } = await make()
    const holders = [await house.person(), await house.person()] as const
    const give = ({ id }: User) =>
      house.as(giver).assignments.grant({ principal: { id }, role: writer, ...(scope ? { scope } : {}) })
    expect(await house.acme.access.check(giver, 'note:write', scope)).toBe(true)
    await give(holders[0])
    await lose()
    await refused(() => give(holders[1]), 'GRANT_REFUSED')
    expect((await house.acme.assignments.list({ principal: holders[1] })).items).toEqual([])
  })
}
