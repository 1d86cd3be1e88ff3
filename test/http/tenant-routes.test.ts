import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import { createFreehold, definePermissions } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const permissions = definePermissions({ note: ['read', 'write'] })
const PASSWORD = 'a kettle orbits quietly'

interface Caller {
  readonly user: User
  /** The status and the body of GET /auth/{path}. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared with what is expected
  get(path: string): Promise<{ status: number; json: any }>
}

let freehold: Freehold
let acme: TenantHandle
let owner: Caller
let member: Caller

beforeAll(async () => {
  freehold = await createFreehold<unknown, string>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    permissions,
    tenants: { resolve: ['credential'] },
    onError: () => undefined,
  })
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  owner = await caller('owner')
  member = await caller('member')
})
afterAll(() => freehold.close())

async function caller(role: string): Promise<Caller> {
  const user = await acme.users.create({ email: `${role}@example.test`, password: PASSWORD })
  await acme.assignments.grant({ principal: user, role })
  const signedIn = await acme.signIn.password({ email: user.email, password: PASSWORD })
  if (!signedIn.ok) throw new Error(signedIn.reason)
  const headers = { authorization: `Bearer ${signedIn.tokens.accessToken}` }
  return {
    user,
    async get(path) {
      const answer = await freehold.handler(new Request(`http://app.test/auth/${path}`, { headers }))
      return { status: answer.status, json: await answer.json() }
    },
  }
}

describe('the audit log over HTTP', () => {
  it('is for who may read it', async () => {
    expect((await member.get('audit')).json).toMatchObject({ code: 'FORBIDDEN', permission: 'audit:read' })
    const stranger = await freehold.handler(new Request('http://app.test/auth/audit'))
    expect(stranger.status).toBe(404)
    const { status, json } = await owner.get('audit')
    expect(status).toBe(200)
    expect(Object.keys(json.items[0]).sort()).toEqual([
      'action',
      'actor',
      'at',
      'changes',
      'complianceFlags',
      'details',
      'id',
      'leaf',
      'outcome',
      'targets',
    ])
  })

  it('is filtered and paged, newest first', async () => {
    const actions = async (query: string): Promise<string[]> =>
      (await owner.get(`audit?${query}`)).json.items.map(({ action }: { action: string }) => action)
    expect(new Set(await actions('action=user.created'))).toEqual(new Set(['user.created']))
    expect(await actions(`action=user.created&resourceType=user&resourceId=${member.user.id}`)).toHaveLength(1)
    expect(await actions('from=2999-01-01')).toEqual([])
    expect(await actions('before=2999-01-01T00:00:00Z&outcome=success')).not.toEqual([])
    const whole = await owner.get('audit?limit=200')
    const first = await owner.get('audit?limit=2')
    const second = await owner.get(`audit?limit=2&cursor=${first.json.next}`)
    expect([...first.json.items, ...second.json.items]).toEqual(whole.json.items.slice(0, 4))
  })

  it.each([
    ['acton=user.created', 'INPUT_INVALID'],
    ['action=user.created&action=user.updated', 'INPUT_INVALID'],
    ['from=yesterday', 'INPUT_INVALID'],
    ['from=2026-02-31', 'INPUT_INVALID'],
    ['before=2026-01-01T00:00', 'INPUT_INVALID'],
    ['limit=all', 'INPUT_INVALID'],
    ['limit=1000', 'INPUT_INVALID'],
    ['outcome=maybe', 'INPUT_INVALID'],
    ['actorId=me', 'ID_INVALID'],
    ['cursor=x', 'CURSOR_INVALID'],
  ])('refuses the filter %s, and shows nothing', async (query, code) => {
    const { json } = await owner.get(`audit?${query}`)
    expect([json.code, json.items]).toEqual([code, undefined])
  })
})

describe('explaining over HTTP', () => {
  it("tells all of one's own permissions, or one", async () => {
    const { json } = await member.get('access/explain')
    expect(json.principal).toEqual({ kind: 'user', id: member.user.id })
    const allowed = json.items.filter((item: { allowed: boolean }) => item.allowed)
    expect(allowed.map((item: { permission: string }) => item.permission)).toEqual(['note:read', 'note:write'])
    expect(json.items).toHaveLength(permissions.names.length)
    const one = await member.get('access/explain?permission=audit:read')
    expect(one.json.items).toMatchObject([{ permission: 'audit:read', allowed: false, reason: 'no-grant', by: null }])
  })

  it('takes a resource, facts and an organization', async () => {
    const conditions = { 'resource.owner_id': { $ref: 'principal.id' }, 'context.night': false }
    const entry = { resource: 'note', actions: ['write'], conditions }
    await acme.roles.create({ key: 'author', permissions: [entry] })
    const north = await acme.organizations.create({ key: 'north', name: 'North' })
    const author = await caller('viewer')
    await acme.assignments.grant({ principal: author.user, role: 'author', scope: { organization: north } })
    const ask = async (resource?: object, context?: object): Promise<unknown[]> => {
      const query = new URLSearchParams({ permission: 'note:write', organizationId: north.id })
      if (resource) query.set('resource', JSON.stringify(resource))
      if (context) query.set('context', JSON.stringify(context))
      const [item] = (await author.get(`access/explain?${query}`)).json.items
      return [item.allowed, item.reason, item.missing, item.by?.roles]
    }
    const mine = { owner_id: author.user.id }
    expect(await ask(mine, { night: false })).toEqual([true, 'allowed', [], ['author']])
    expect(await ask({ owner_id: 'other' }, { night: false })).toEqual([false, 'condition-not-met', [], ['author']])
    expect(await ask(mine)).toEqual([false, 'context-missing', ['context.night'], ['author']])
    const elsewhere = await author.get('access/explain?permission=note:write')
    expect(elsewhere.json.items[0].reason).toBe('no-grant')
  })

  it("tells another's to who may read roles only, whether or not there is such a user", async () => {
    const nobody = '01890000-0000-7000-8000-000000000000'
    const query = 'permission=note:read&userId='
    for (const id of [owner.user.id, nobody]) {
      expect((await member.get(`access/explain?${query}${id}`)).json).toMatchObject({
        code: 'FORBIDDEN',
        permission: 'role:read',
      })
    }
    expect((await member.get(`access/explain?${query}${member.user.id}`)).status).toBe(200)
    const seen = await owner.get(`access/explain?${query}${member.user.id}`)
    expect(seen.json).toMatchObject({
      principal: { id: member.user.id },
      items: [{ allowed: true, by: { roles: ['member'] } }],
    })
    expect((await owner.get(`access/explain?${query}${nobody}`)).json.code).toBe('PRINCIPAL_UNKNOWN')
    const account = await acme.serviceAccounts.create({ name: 'robot' })
    const robot = await owner.get(`access/explain?permission=note:read&serviceAccountId=${account.id}`)
    expect(robot.json).toMatchObject({ principal: { kind: 'service_account' }, items: [{ allowed: false }] })
  })

  it.each([
    ['permission=note:shred', 'INPUT_INVALID'],
    ['permission=', 'INPUT_INVALID'],
    ['resource=[1]', 'INPUT_INVALID'],
    ['resource={', 'INPUT_INVALID'],
    ['context={"__proto__":1}', 'INPUT_INVALID'],
    ['organizationId=north', 'ID_INVALID'],
    ['userId=me', 'ID_INVALID'],
    [
      'userId=01890000-0000-7000-8000-000000000000&serviceAccountId=01890000-0000-7000-8000-000000000000',
      'INPUT_INVALID',
    ],
  ])('refuses %s', async (query, code) => {
    expect((await owner.get(`access/explain?${query}`)).json.code).toBe(code)
  })
})
