// The questions about access over HTTP, as sessions and API keys ask them, and who may do something.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type House, NOBODY, openHouse, outcome, type Person } from './callers.ts'

let house: House
let owner: Person
beforeAll(async () => {
  house = await openHouse()
  owner = await house.person(house.acme, { role: 'owner' })
  await house.acme.customPermissions.create({ resource: 'note', action: 'print' })
})
afterAll(() => house[Symbol.asyncDispose]())

interface Item {
  readonly permission: string
  readonly allowed: boolean
  readonly reason: string
}

describe('an API key', () => {
  it('asks what its account may do, and is told no more than it was made for', async () => {
    const whole = await house.program(house.acme, undefined, { role: 'member' })
    const part = await house.program(house.acme, ['note:read', 'invoice:read'], { role: 'member' })
    const principal = { kind: 'service_account', id: whole.account.id }
    expect(await whole.ask('GET', 'me/permissions')).toMatchObject({
      principal,
      allowed: ['note:read', 'note:write', 'invoice:read', 'invoice:refund'],
    })
    expect(await part.ask('GET', 'me/permissions')).toMatchObject({ allowed: ['note:read', 'invoice:read'] })
    const may = async (who: typeof whole, permission: string) =>
      (await who.ask('GET', `access/check?permission=${permission}`)).allowed
    expect([await may(whole, 'note:write'), await may(part, 'note:write')]).toEqual([true, false])
    expect([await may(whole, 'note:read'), await may(part, 'note:read')]).toEqual([true, true])
    const [explained] = (await part.ask('GET', 'access/explain?permission=note:write')).items
    expect(explained).toMatchObject({ allowed: false, reason: 'not-in-credential', needed: [{ kind: 'credential' }] })
    const all = (await part.ask('GET', 'access/explain')).items.filter(({ allowed }: Item) => allowed)
    expect(all.map(({ permission }: Item) => permission)).toEqual(['note:read', 'invoice:read'])
    // it may name itself
    const self = `access/permissions?serviceAccountId=${part.account.id}`
    expect((await part.ask('GET', self)).allowed).toEqual(['note:read', 'invoice:read'])
  })

  it('asks about others when it may read roles, by its account and by itself', async () => {
    const asked = [
      `access/permissions?userId=${owner.user.id}`,
      `access/check?permission=note:read&userId=${owner.user.id}`,
      `access/explain?permission=note:read&userId=${owner.user.id}`,
      'access/who-can?permission=note:read',
      'roles',
      'role-tree',
      'permissions',
      'custom-permissions',
    ]
    const lawyer = await house.program(house.acme, ['policy:read'], { role: 'admin' })
    expect([await outcome(lawyer.ask('GET', 'policies')), await outcome(lawyer.ask('GET', 'roles'))]).toEqual([
      200,
      '403 FORBIDDEN',
    ])
    const reader = await house.program(house.acme, ['role:read'], { role: 'admin' })
    const member = await house.program(house.acme, undefined, { role: 'member' })
    const part = await house.program(house.acme, ['note:read'], { role: 'admin' })
    for (const path of asked) {
      expect([path, await outcome(reader.ask('GET', path))]).toEqual([path, 200])
      for (const who of [member, part]) expect(await outcome(who.ask('GET', path))).toBe('403 FORBIDDEN')
    }
  })

  it('K01: changes nothing, whatever its account may', async () => {
    const admin = await house.program(house.acme, undefined, { role: 'admin' })
    for (const [method, path, body] of [
      ['POST', 'api-keys', { serviceAccountId: admin.account.id, name: 'x' }],
      ['POST', 'api-keys', { userId: owner.user.id, name: 'x' }],
      ['POST', 'roles', { key: 'x' }],
      ['POST', 'policies', { key: 'x' }],
      ['POST', 'custom-permissions', { resource: 'x', action: 'y' }],
      ['POST', 'organizations', { key: 'x', name: 'X' }],
      ['GET', 'me', undefined],
      ['GET', 'me/invitations', undefined],
      ['GET', 'service-accounts', undefined],
      ['GET', 'audit', undefined],
    ] as const) {
      expect(await outcome(admin.ask(method, path, body))).toBe('401 UNAUTHENTICATED')
    }
    expect(await outcome(admin.ask('GET', 'me/assignments'))).toBe(200)
    expect(await outcome(admin.ask('GET', 'me/teams'))).toBe(200)
  })

  it('K02: of a disabled account, and of another tenant, asks nothing', async () => {
    const { account, ask } = await house.program(house.acme, undefined, { role: 'admin' })
    const foreign = await house.program(house.globex, undefined, { role: 'owner' })
    expect((await foreign.ask('GET', 'me/permissions')).status).toBe(200)
    await house.acme.serviceAccounts.disable(account)
    expect(await outcome(ask('GET', 'me/permissions'))).toBe('401 TOKEN_INVALID')
  })
})

describe('who may do something', () => {
  const who = async (query: string) => (await owner.ask('GET', `access/who-can?${query}`)).items

  it('is told in pages, in the place that is named', async () => {
    const north = await house.acme.organizations.create({ key: 'north', name: 'North' })
    const reader = await house.person(house.acme, { role: 'viewer', scope: { organization: north } })
    const named = { kind: 'user', id: reader.user.id }
    const here = await who(`permission=note:read&organizationId=${north.id}&limit=200`)
    expect(here).toContainEqual(named)
    expect(await who('permission=note:read&limit=200')).not.toContainEqual(named)
    let [cursor, found]: [string, object[]] = ['', []]
    for (;;) {
      const page = await owner.ask(
        'GET',
        `access/who-can?permission=note:read&organizationId=${north.id}&limit=1${cursor}`,
      )
      found = [...found, ...page.items]
      if (page.next === null) break
      cursor = `&cursor=${page.next}`
    }
    expect(found).toEqual(here)
  })

  it('counts what is told of the resource, and nothing of the request of who asks', async () => {
    const conditions = { 'resource.status': 'draft', 'context.ip': '203.0.113.9' }
    const permissions = [{ resource: 'note', actions: ['write'], conditions }]
    await house.acme.roles.create({ key: 'drafter', permissions })
    const drafter = await house.person(house.acme, { role: 'drafter' })
    const facts = (resource: object, context: object) =>
      `permission=note:write&limit=200&resource=${encodeURIComponent(JSON.stringify(resource))}&context=${encodeURIComponent(JSON.stringify(context))}`
    const named = { kind: 'user', id: drafter.user.id }
    expect(await who(facts({ status: 'draft' }, { ip: '203.0.113.9' }))).toContainEqual(named)
    expect(await who(facts({ status: 'final' }, { ip: '203.0.113.9' }))).not.toContainEqual(named)
    expect(await who(facts({ status: 'draft' }, {}))).not.toContainEqual(named)
  })

  it.each([
    ['', '422 INPUT_INVALID'],
    ['permission=note:eat', '422 INPUT_INVALID'],
    ['permission=note:read&userId=x', '422 INPUT_INVALID'],
    ['permission=note:read&limit=0', '422 INPUT_INVALID'],
    ['permission=note:read&cursor=x', '400 CURSOR_INVALID'],
    ['permission=note:read&organizationId=x', '400 ID_INVALID'],
    [`permission=note:read&organizationId=${NOBODY}`, '404 ORGANIZATION_UNKNOWN'],
  ])('is not told to %s: %s', async (query, refused) => {
    expect(await outcome(owner.ask('GET', `access/who-can?${query}`))).toBe(refused)
  })

  it('is for who may read roles', async () => {
    const member = await house.person(house.acme, { role: 'member' })
    expect(await outcome(member.ask('GET', 'access/who-can?permission=note:read'))).toBe('403 FORBIDDEN')
    expect(await outcome(house.stranger(house.acme).ask('GET', 'access/who-can?permission=note:read'))).toBe(
      '401 UNAUTHENTICATED',
    )
  })
})

it('all permissions are explained, those that the tenant added among them', async () => {
  const { items } = await owner.ask('GET', 'access/explain')
  const names = items.map(({ permission }: Item) => permission)
  expect(names).toEqual(expect.arrayContaining(['note:read', 'team:write', 'note:print']))
  expect(items.find(({ permission }: Item) => permission === 'note:print')).toMatchObject({ allowed: true })
  const foreign = await house.person(house.globex, { role: 'owner' })
  const theirs = (await foreign.ask('GET', 'access/explain')).items.map(({ permission }: Item) => permission)
  expect(theirs).toEqual(names.filter((name: string) => name !== 'note:print'))
})
