import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import { createFreehold, definePermissions } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read', 'refund'] })
const PASSWORD = 'a kettle orbits quietly'

interface Caller {
  readonly user: User
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared with what is expected
  ask(method: string, path: string, body?: unknown): Promise<any>
}

let freehold: Freehold
let acme: TenantHandle
let owner: Caller
let member: Caller
let keeper: Caller
let reader: Caller

beforeAll(async () => {
  freehold = await createFreehold<unknown, string>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    permissions,
    tenants: { resolve: ['credential'] },
    http: { rateLimits: false },
    onError: () => undefined,
  })
  acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const roles = [
    ['keeper', ['read', 'write']],
    ['reader', ['read']],
  ] as const
  for (const [key, actions] of roles) {
    await acme.roles.create({ key, parent: 'viewer', permissions: [{ resource: 'role', actions }] })
  }
  owner = await caller('owner')
  member = await caller('member')
  keeper = await caller('keeper')
  reader = await caller('reader')
})
afterAll(() => freehold.close())

let number = 0
async function caller(role: string): Promise<Caller> {
  const user = await acme.users.create({ email: `${role}${++number}@example.test`, password: PASSWORD })
  await acme.assignments.grant({ principal: user, role })
  const signedIn = await acme.signIn.password({ email: user.email, password: PASSWORD })
  if (!signedIn.ok) throw new Error(signedIn.reason)
  const headers = { authorization: `Bearer ${signedIn.tokens.accessToken}`, 'content-type': 'application/json' }
  return {
    user,
    async ask(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const request = new Request(`http://app.test/auth/${path}`, { method, headers, ...sent })
      const answer = await freehold.handler(request)
      const text = await answer.text()
      return { status: answer.status, ...(text === '' ? {} : JSON.parse(text)) }
    },
  }
}

const outcome = async (answer: Promise<{ status: number; code?: string }>) => {
  const { status, code } = await answer
  return code ? `${status} ${code}` : status
}

describe('roles over HTTP', () => {
  it('are made, told, changed and removed by who may, and every step is audited as theirs', async () => {
    const entry = { resource: 'note', actions: ['read'] }
    const made = await owner.ask('POST', 'roles', {
      key: 'editor',
      name: 'Editor',
      parent: 'viewer',
      permissions: [entry],
    })
    expect([made.status, made.role.key, made.role.permissions]).toEqual([201, 'editor', [entry]])
    expect((await owner.ask('GET', 'roles/editor')).role).toEqual(made.role)
    const more = { ...entry, actions: ['read', 'write'], conditions: { 'resource.owner_id': { $ref: 'principal.id' } } }
    const changed = await owner.ask('POST', `roles/${made.role.id}`, { name: 'Author', permissions: [more] })
    expect([changed.status, changed.role.name, changed.role.permissions]).toEqual([200, 'Author', [more]])
    expect(await outcome(owner.ask('DELETE', 'roles/editor'))).toBe(204)
    expect(await outcome(owner.ask('GET', 'roles/editor'))).toBe('404 ROLE_UNKNOWN')
    const { items } = await acme.audit.list({ resourceType: 'role', resourceId: made.role.id })
    expect(items.map(({ action, actor }) => [action, actor.id])).toEqual([
      ['role.removed', owner.user.id],
      ['role.updated', owner.user.id],
      ['role.created', owner.user.id],
    ])
  })

  it('are listed in pages, and shown as a tree', async () => {
    await owner.ask('POST', 'roles', { key: 'leaf', parent: 'keeper' })
    const { items } = await owner.ask('GET', 'roles')
    const first = await owner.ask('GET', 'roles?limit=2')
    const second = await owner.ask('GET', `roles?limit=200&cursor=${first.next}`)
    expect([...first.items, ...second.items]).toEqual(items)
    const { roles, complete } = await owner.ask('GET', 'role-tree')
    expect(complete).toBe(true)
    expect(roles.map(({ key }: { key: string }) => key)).toEqual(['owner', 'admin', 'member', 'viewer'])
    const [, , , viewer] = roles
    expect(
      viewer.roles.map((role: { key: string; roles: { key: string }[] }) => [role.key, role.roles[0]?.key]),
    ).toEqual([
      ['keeper', 'leaf'],
      ['reader', undefined],
    ])
    const all = await owner.ask('GET', 'permissions')
    expect(all.resources).toMatchObject({ invoice: ['read', 'refund'], role: ['read', 'write'] })
  })

  it('are for who may read or write them, and say nothing to the others', async () => {
    for (const path of ['roles', 'roles/viewer', 'role-tree', 'permissions']) {
      expect(await outcome(member.ask('GET', path))).toBe('403 FORBIDDEN')
      expect(await outcome(reader.ask('GET', path))).toBe(200)
      expect(await outcome(freehold.handler(new Request(`http://app.test/auth/${path}`)))).toBe(404)
    }
    const writes: [string, string, unknown][] = [
      ['POST', 'roles', { key: 'x' }],
      ['POST', 'roles/viewer', { name: 'X' }],
      ['DELETE', 'roles/viewer', undefined],
    ]
    for (const [method, path, body] of writes) {
      for (const who of [member, reader]) expect(await outcome(who.ask(method, path, body))).toBe('403 FORBIDDEN')
    }
    expect(await outcome(owner.ask('GET', 'roles/x'))).toBe('404 ROLE_UNKNOWN')
  })

  it('give nobody who may write them more than they hold', async () => {
    const refund = [{ resource: 'invoice', actions: ['refund'] }]
    const refused = await keeper.ask('POST', 'roles', { key: 'rich', permissions: refund })
    expect([refused.status, refused.code, refused.missing]).toEqual([403, 'GRANT_REFUSED', ['invoice:refund']])
    expect(await outcome(keeper.ask('POST', 'roles/keeper', { permissions: refund }))).toBe('403 GRANT_REFUSED')
    expect(await outcome(keeper.ask('POST', 'roles', { key: 'rich', parent: 'owner' }))).toBe('403 GRANT_REFUSED')
    expect(
      await outcome(
        keeper.ask('POST', 'roles', { key: 'modest', permissions: [{ resource: 'role', actions: ['read'] }] }),
      ),
    ).toBe(201)
    expect(await outcome(owner.ask('GET', 'roles/rich'))).toBe('404 ROLE_UNKNOWN')
  })

  it.each([
    ['POST', 'roles', {}, 'INPUT_INVALID'],
    ['POST', 'roles', { key: 'Not A Key' }, 'INPUT_INVALID'],
    ['POST', 'roles', { key: 'a', system: true }, 'INPUT_INVALID'],
    ['POST', 'roles', { key: 'viewer' }, 'ROLE_TAKEN'],
    ['POST', 'roles', { key: 'a', parent: 'nobody' }, 'ROLE_UNKNOWN'],
    ['POST', 'roles', { key: 'a', permissions: [{ resource: 'note', actions: ['shred'] }] }, 'INPUT_INVALID'],
    [
      'POST',
      'roles',
      { key: 'a', permissions: [{ resource: 'note', actions: ['read'], conditions: { $nor: [] } }] },
      'CONDITION_INVALID',
    ],
    ['POST', 'roles/viewer', { parent: 'keeper' }, 'ROLE_SYSTEM'],
    ['POST', 'roles/keeper', { parent: 'keeper' }, 'ROLE_CYCLE'],
    ['DELETE', 'roles/viewer', undefined, 'ROLE_SYSTEM'],
    ['DELETE', 'roles/reader', undefined, 'ROLE_IN_USE'],
  ])('refuse %s %s of %o with %s, and change nothing', async (method, path, body, code) => {
    const before = await owner.ask('GET', 'roles')
    expect((await owner.ask(method, path, body)).code).toBe(code)
    expect(await owner.ask('GET', 'roles')).toEqual(before)
  })
})

describe('policies over HTTP', () => {
  const document = { effect: 'deny', principals: [{ role: 'reader' }], actions: ['note:write'], resources: ['*'] }

  it('are made, changed, switched, restored and removed by who may', async () => {
    const made = await owner.ask('POST', 'policies', { key: 'quiet', description: 'Shh', document })
    expect([made.status, made.policy.version, made.policy.enabled]).toEqual([201, 1, true])
    expect((await owner.ask('GET', 'policies/quiet')).policy).toEqual(made.policy)
    const changed = await owner.ask('POST', 'policies/quiet', { document: { ...document, actions: ['note:*'] } })
    expect([changed.status, changed.policy.version]).toEqual([200, 2])
    expect((await owner.ask('POST', 'policies/quiet/disable')).policy.enabled).toBe(false)
    expect((await owner.ask('POST', 'policies/quiet/enable')).policy.enabled).toBe(true)
    expect((await owner.ask('POST', 'policies/quiet/restore', { version: 1 })).policy.document.actions).toEqual([
      'note:write',
    ])
    const { items } = await owner.ask('GET', 'policies/quiet/versions')
    expect(items.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1])
    expect((await owner.ask('GET', 'policies')).items).toHaveLength(1)
    expect(await outcome(owner.ask('DELETE', 'policies/quiet'))).toBe(204)
    expect(await outcome(owner.ask('GET', 'policies/quiet'))).toBe('404 POLICY_UNKNOWN')
  })

  it('are for who may read or write them, and say no more than their writer holds', async () => {
    const permissions = [{ resource: 'policy', actions: ['read', 'write'] }]
    await acme.roles.create({ key: 'legislator', permissions })
    const legislator = await caller('legislator')
    for (const [method, path, body] of [
      ['GET', 'policies', undefined],
      ['POST', 'policies', { key: 'x', document }],
      ['POST', 'policies/x/enable', undefined],
      ['DELETE', 'policies/x', undefined],
    ] as const) {
      expect(await outcome(keeper.ask(method, path, body))).toBe('403 FORBIDDEN')
    }
    expect(await outcome(legislator.ask('GET', 'policies'))).toBe(200)
    expect(await outcome(legislator.ask('POST', 'policies', { key: 'x', document }))).toBe('403 GRANT_REFUSED')
  })

  it.each([
    [{}, 'INPUT_INVALID'],
    [{ key: 'x' }, 'POLICY_INVALID'],
    [{ key: 'x', document: { ...document, effect: 'maybe' } }, 'POLICY_INVALID'],
    [{ key: 'x', document: { ...document, actions: ['note:shred'] } }, 'INPUT_INVALID'],
    [{ key: 'x', document: { ...document, principals: [{ role: 'nobody' }] } }, 'ROLE_UNKNOWN'],
    [{ key: 'x', document, version: 7 }, 'INPUT_INVALID'],
  ])('of %j are refused with %s', async (body, code) => {
    expect((await owner.ask('POST', 'policies', body)).code).toBe(code)
    expect((await owner.ask('GET', 'policies')).items).toEqual([])
  })

  it('and permissions that the tenant adds can be asked for at once', async () => {
    const added = await owner.ask('POST', 'custom-permissions', { resource: 'report', action: 'print' })
    expect([added.status, added.permission.name]).toEqual([201, 'report:print'])
    expect((await owner.ask('GET', 'access/check?permission=report:print')).allowed).toBe(true)
    expect((await member.ask('GET', 'access/explain?permission=report:print')).items[0].reason).toBe('no-grant')
    expect((await owner.ask('GET', 'custom-permissions')).items).toHaveLength(1)
    expect(await outcome(member.ask('DELETE', 'custom-permissions/report/print'))).toBe('403 FORBIDDEN')
    expect(await outcome(owner.ask('DELETE', 'custom-permissions/report/print'))).toBe(204)
    expect(await outcome(owner.ask('GET', 'access/check?permission=report:print'))).toBe('422 INPUT_INVALID')
    expect((await owner.ask('POST', 'custom-permissions', { resource: 'role', action: 'eat' })).code).toBe(
      'PERMISSION_TAKEN',
    )
  })
})

describe('what one may do, over HTTP', () => {
  it('is told to everybody of themselves: allowed, and depending on the resource', async () => {
    const own = { 'resource.owner_id': { $ref: 'principal.id' } }
    await acme.roles.create({ key: 'author', permissions: [{ resource: 'note', actions: ['write'], conditions: own }] })
    const author = await caller('author')
    expect(await author.ask('GET', 'me/permissions')).toMatchObject({
      status: 200,
      principal: { kind: 'user', id: author.user.id },
      allowed: [],
      conditional: ['note:write'],
    })
    const mine = encodeURIComponent(JSON.stringify({ owner_id: author.user.id }))
    expect(await author.ask('GET', `me/permissions?resource=${mine}`)).toMatchObject({
      allowed: ['note:write'],
      conditional: [],
    })
    const [yes, no] = [`resource=${mine}`, 'resource=%7B%7D']
    expect((await author.ask('GET', `access/check?permission=note:write&${yes}`)).allowed).toBe(true)
    expect((await author.ask('GET', `access/check?permission=note:write&${no}`)).allowed).toBe(false)
  })

  it('of another is told to who may read roles', async () => {
    for (const path of ['access/permissions?', 'access/check?permission=note:read&', 'access/explain?']) {
      const asked = `${path}userId=${member.user.id}`
      expect(await outcome(keeper.ask('GET', asked))).toBe(200)
      const stranger = await caller('viewer')
      expect(await outcome(stranger.ask('GET', asked))).toBe('403 FORBIDDEN')
    }
    const { allowed } = await reader.ask('GET', `access/permissions?userId=${member.user.id}`)
    expect(allowed).toEqual(['note:read', 'note:write', 'invoice:read', 'invoice:refund'])
  })

  it('counts in the place that is named, and says what is missing elsewhere', async () => {
    const north = await acme.organizations.create({ key: 'north', name: 'North' })
    const user = await caller('author')
    await acme.assignments.grant({ principal: user.user, role: 'viewer', scope: { organization: north } })
    expect((await user.ask('GET', `me/permissions?organizationId=${north.id}`)).allowed).toContain('note:read')
    expect((await user.ask('GET', 'me/permissions')).allowed).toEqual([])
    const { items } = await user.ask('GET', 'access/explain?permission=note:read')
    expect(items[0].needed).toContainEqual({ kind: 'place', scopes: [{ kind: 'organization', id: north.id }] })
  })

  it.each([
    ['access/check', 'INPUT_INVALID'],
    ['access/check?permission=note:shred', 'INPUT_INVALID'],
    ['access/check?permission=note:read&fields=', 'INPUT_INVALID'],
    ['access/check?permission=note:read&resourceType=note', 'INPUT_INVALID'],
    ['access/check?permission=note:read&resourceType=boat&resourceId=1', 'RESOURCE_TYPE_UNKNOWN'],
    ['access/check?permission=note:read&teamId=01890000-0000-7000-8000-000000000000', 'TEAM_UNKNOWN'],
    ['access/check?permission=note:read&projectId=01890000-0000-7000-8000-000000000000', 'PROJECT_UNKNOWN'],
    ['access/check?permission=note:read&projectId=x', 'ID_INVALID'],
    ['me/permissions?userId=x', 'INPUT_INVALID'],
    ['me/permissions?resource=1', 'INPUT_INVALID'],
  ])('is not told to %s, with %s', async (path, code) => {
    expect((await owner.ask('GET', path)).code).toBe(code)
  })
})
