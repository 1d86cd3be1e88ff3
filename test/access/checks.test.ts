// Checks as a host asks them: what they answer, what they refuse, and the bugs that other libraries have.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { Principal } from '../../src/core/access/access.ts'
import { definePermissions } from '../../src/core/access/permissions.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { UserId } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { PermissionEntry } from '../../src/core/storage/access-tables.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, type P } from './house.ts'

let house: House
let made = 0
const { newId } = systemRuntime()

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

async function holder(...permissions: PermissionEntry[]): Promise<User> {
  const { key } = await house.acme.roles.create({ key: `role-${++made}`, permissions })
  return house.person([key])
}

const read = (conditions?: PermissionEntry['conditions'], effect?: 'deny'): PermissionEntry => ({
  resource: 'note',
  actions: ['read'],
  ...(conditions ? { conditions } : {}),
  ...(effect ? { effect } : {}),
})
const own = { 'resource.owner': { $ref: 'principal.id' } }

describe('check', () => {
  it('takes a user by id, by row or by kind, and a service account by row or kind', async () => {
    const ana = await house.person(['viewer'])
    const robot = await house.acme.serviceAccounts.create({ name: 'robot' })
    await house.acme.assignments.grant({ principal: robot, role: 'viewer' })
    const principals: Principal[] = [
      ana.id,
      ana,
      { kind: 'user', id: ana.id },
      robot,
      { kind: 'service_account', id: robot.id },
    ]
    for (const principal of principals) {
      // cold, warm, and loaded
      expect(await house.acme.access.check(principal, 'note:read')).toBe(true)
      expect(await house.acme.access.check(principal, 'note:write')).toBe(false)
      const access = await house.acme.access.principal(principal)
      expect([access.can('note:read'), access.can('note:write')]).toEqual([true, false])
      expect(access.principal.id).toBe(typeof principal === 'object' ? principal.id : principal)
    }
  })

  it('answers several at once, in order', async () => {
    const ana = await holder(read(own), { resource: 'invoice', actions: ['read'] })
    const [mine, theirs] = [{ owner: ana.id }, { owner: newId() }]
    const answers = await house.acme.access.checkMany(ana, [
      { permission: 'note:read', resource: mine },
      { permission: 'note:read', resource: theirs },
      { permission: 'note:read' },
      { permission: 'note:read', resource: mine },
      { permission: 'invoice:read' },
    ])
    expect(answers).toEqual([true, false, false, true, true])
    expect(await house.acme.access.checkMany(ana, [])).toEqual([])
  })

  it.each([null, undefined, 5, 'note:read', {}, [null], [5], [undefined], Array(1)])(
    'refuses %j as several, whoever asks',
    async (checks) => {
      const { access } = house.acme
      const nobody = newId() as UserId
      await refused(() => access.checkMany(nobody, checks as never), 'INPUT_INVALID')
      await house.acme.transaction((tx) => refused(() => tx.access.checkMany(nobody, checks as never), 'INPUT_INVALID'))
    },
  )

  it.each([null, 'main', 5, true])('refuses %j as options', async (options) => {
    const { access } = house.acme
    const ana = await house.person(['owner'])
    const held = await access.principal(ana)
    for (let i = 0; i < 2; i++) await refused(() => access.check(ana, 'note:read', options as never), 'INPUT_INVALID')
    await refused(() => access.explain(ana, 'note:read', options as never), 'INPUT_INVALID')
    await refused(() => access.permissionsOf(ana, options as never), 'INPUT_INVALID')
    await refused(() => access.fieldsOf(ana, 'note:read', options as never), 'INPUT_INVALID')
    await refused(() => held.can('note:read', options as never), 'INPUT_INVALID')
  })

  it('lets a loaded principal demand', async () => {
    const access = await house.acme.access.principal(await house.person(['viewer']))
    access.demand('note:read')
    expect((await refused(() => access.demand('note:write'), 'FORBIDDEN')).details).toEqual({
      permission: 'note:write',
    })
  })

  const unknown: [what: string, permission: string][] = [
    ['nothing', ''],
    ['no action', 'note'],
    ['another action', 'note:shred'],
    ['another resource', 'memo:read'],
    ['capitals', 'Note:read'],
    ['a trailing space', 'note:read '],
    ['a look-alike', 'n\u043ete:read'],
    ['a wildcard', 'note:*'],
    ['a prototype', '__proto__'],
    ['a method of a prototype', 'toString'],
    ['something joined', 'note:read:write'],
  ]
  for (const [what, permission] of unknown) {
    it(`refuses ${what} as a permission, cold and warm`, async () => {
      const ana = await house.person(['owner'])
      const { access } = house.acme
      for (const principal of [ana, ana]) {
        await refused(() => access.check(principal, permission as P), 'PERMISSION_UNKNOWN')
        await refused(() => access.checkMany(principal, [{ permission: permission as P }]), 'PERMISSION_UNKNOWN')
        await refused(() => access.explain(principal, permission as P), 'PERMISSION_UNKNOWN')
        await access.check(principal, 'note:read')
      }
      const held = await access.principal(ana)
      await refused(() => held.can(permission as P), 'PERMISSION_UNKNOWN')
    })
  }

  it('refuses what is no principal or nobody, again and again', async () => {
    const { access } = house.acme
    const refusedAs = async (principal: unknown, code: Parameters<typeof refused>[1]) => {
      for (let i = 0; i < 2; i++) await refused(() => access.check(principal as Principal, 'note:read'), code)
    }
    await refusedAs(newId(), 'PRINCIPAL_UNKNOWN')
    await refusedAs({ kind: 'service_account', id: newId() }, 'PRINCIPAL_UNKNOWN')
    for (const nobody of [undefined, null, '', 'ana', 7, {}, { id: 'ana' }, newId().toUpperCase()]) {
      await refusedAs(nobody, 'ID_INVALID')
    }
    const ana = await house.person(['owner'])
    await access.check(ana, 'note:read')
    for (const kind of ['team', 'everyone', '__proto__']) await refusedAs({ kind, id: ana.id }, 'INPUT_INVALID')
    await refusedAs({ kind: 'service_account', id: ana.id }, 'PRINCIPAL_UNKNOWN')
  })

  it('refuses an organization that is none, also where nothing depends on it', async () => {
    const ana = await house.person(['owner'])
    const held = await house.acme.access.principal(ana)
    for (const organization of [newId(), '', 'main', null, { id: newId() }, '__proto__'] as never[]) {
      await refused(() => house.acme.access.check(ana, 'note:read', { organization }), 'ORGANIZATION_UNKNOWN')
      await refused(() => house.acme.access.explain(ana, 'note:read', { organization }), 'ORGANIZATION_UNKNOWN')
      await refused(() => held.can('note:read', { organization }), 'ORGANIZATION_UNKNOWN')
    }
  })

  it('knows an organization as soon as it is there', async () => {
    const ana = await house.person(['owner'])
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)
    const organization = await house.acme.organizations.create({ key: 'new', name: 'New' })
    expect(await house.acme.access.check(ana, 'note:read', { organization })).toBe(true)
  })
})

describe('what conditions see', () => {
  it('is the principal, with metadata that stands in for nothing else', async () => {
    const ana = await holder(
      read({ 'principal.department': 'sales', 'principal.metadata.department': 'sales', 'principal.kind': 'user' }),
    )
    expect(await house.acme.access.check(ana, 'note:read')).toBe(false)
    await house.acme.users.update(ana, { metadata: { department: 'sales', id: 'root', kind: 'root', email: 'root' } })
    expect(await house.acme.access.check(ana, 'note:read')).toBe(true)

    const bob = await holder(read({ 'principal.email': 'root' }), { ...read({ 'principal.id': 'root' }) })
    await house.acme.users.update(bob, { metadata: { id: 'root', email: 'root', kind: 'root', status: 'root' } })
    expect(await house.acme.access.check(bob, 'note:read')).toBe(false)

    const robot = await house.acme.serviceAccounts.create({ name: 'mailer', metadata: { email: 'root' } })
    const { key } = await house.acme.roles.create({
      key: `role-${++made}`,
      permissions: [read({ 'principal.email': 'root' })],
    })
    await house.acme.assignments.grant({ principal: robot, role: key })
    expect(await house.acme.access.explain(robot, 'note:read')).toMatchObject({
      reason: 'context-missing',
      missing: ['principal.email'],
    })
  })

  it('holds no secret of the principal', async () => {
    const ana = await house.acme.users.create({ email: 'secret@example.test', password: 'velvet tractor omelette' })
    const { key } = await house.acme.roles.create({
      key: `role-${++made}`,
      permissions: [read({ 'principal.password_hash': null })],
    })
    await house.acme.assignments.grant({ principal: ana, role: key })
    expect((await house.acme.access.explain(ana, 'note:read')).missing).toEqual(['principal.password_hash'])
  })
})

describe('bugs that others had', () => {
  it('CASL: a denial that needs what is not there denies; one that is null does not match', async () => {
    const ana = await holder(read(), read({ 'resource.status': 'secret' }, 'deny'))
    const check = (resource?: object) =>
      house.acme.access.check(ana, 'note:read', resource ? { resource: { ...resource } } : {})
    expect(await check({ status: 'open' })).toBe(true)
    expect(await check({ status: null })).toBe(true)
    expect(await check({ status: 'secret' })).toBe(false)
    expect(await check({})).toBe(false)
    expect(await check()).toBe(false)
  })

  it('CASL: the order of rules decides nothing', async () => {
    const [allow, deny] = [read(), read({ 'resource.locked': true }, 'deny')]
    for (const rules of [
      [allow, deny],
      [deny, allow],
    ]) {
      const ana = await holder(...rules)
      expect(await house.acme.access.check(ana, 'note:read', { resource: { locked: true } })).toBe(false)
      expect(await house.acme.access.check(ana, 'note:read', { resource: { locked: false } })).toBe(true)
    }
  })

  it('casbin: names with separators in them stay apart', () => {
    for (const catalog of [{ 'a:b': ['c'] }, { a: ['b:c'] }, { a$: ['b'] }, { A: ['b'] }, { '': ['b'] }, { a: [''] }]) {
      expect(() => definePermissions(catalog)).toThrow('CONFIG_INVALID')
    }
    for (const catalog of [JSON.parse('{"__proto__":["x"]}'), { user: ['read'] }, { a: 'read' }]) {
      expect(() => definePermissions(catalog)).toThrow('CONFIG_INVALID')
    }
    expect(() => definePermissions({ a: ['b'] }, { roles: { viewer: ['a:c' as 'a:b'] } })).toThrow('CONFIG_INVALID')
    const { names, ids } = definePermissions({ constructor: ['read', 'read'], a_b: ['c'], a: ['b_c'] })
    expect(names.filter((name) => name === 'constructor:read')).toHaveLength(1)
    expect(new Set(ids.values()).size).toBe(names.length)
  })
})
