// Roles: what can be written, what is refused, and what follows from it for those who hold them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const reading = [{ resource: 'note', actions: ['read'] }]
const writing = [{ resource: 'note', actions: ['write'] }]
let made = 0
const key = () => `role-${++made}`

describe('roles', () => {
  it('are there from the start, held by code', async () => {
    const { items } = await house.acme.roles.list()
    expect(items.filter(({ system }) => system).map((role) => role.key)).toEqual(['owner', 'admin', 'member', 'viewer'])
    const may = async (role: string) => {
      const access = await house.acme.access.principal(await house.person([role]))
      return (['note:read', 'note:write', 'invoice:refund', 'role:write'] as const).filter((name) => access.can(name))
    }
    expect(await may('owner')).toEqual(['note:read', 'note:write', 'invoice:refund', 'role:write'])
    expect(await may('admin')).toEqual(['note:read', 'note:write', 'invoice:refund', 'role:write'])
    expect(await may('member')).toEqual(['note:read', 'note:write', 'invoice:refund'])
    expect(await may('viewer')).toEqual(['note:read'])
  })

  it('are created, found by key and id, changed and removed', async () => {
    const name = key()
    const parent = await house.acme.roles.create({ key: key(), permissions: reading })
    const role = await house.acme.roles.create({
      key: name,
      description: 'Writes',
      parent: parent.key,
      permissions: writing,
    })
    expect(role).toMatchObject({ key: name, name, description: 'Writes', parentRoleId: parent.id, system: false })
    expect(await house.acme.roles.get(name)).toEqual(role)
    expect(await house.acme.roles.get(role.id)).toEqual(role)

    const changed = await house.acme.roles.update(name, { name: 'Écrivain', description: null, parent: null })
    expect(changed).toMatchObject({ name: 'Écrivain', description: null, parentRoleId: null, permissions: writing })
    await house.acme.roles.remove(role.id)
    expect((await refused(() => house.acme.roles.get(name), 'ROLE_UNKNOWN')).details).toEqual({ role: name })
    await refused(() => house.acme.roles.remove(name), 'ROLE_UNKNOWN')
  })

  it('give what their parents give, as soon as that changes', async () => {
    const [top, middle, low] = [key(), key(), key()]
    await house.acme.roles.create({ key: top, permissions: reading })
    await house.acme.roles.create({ key: middle, parent: top })
    await house.acme.roles.create({ key: low, parent: middle })
    const ana = await house.person([low])
    const can = () => house.acme.access.check(ana, 'note:write')
    expect([await house.acme.access.check(ana, 'note:read'), await can()]).toEqual([true, false])
    await house.acme.roles.update(top, { permissions: [...reading, ...writing] })
    expect(await can()).toBe(true)
    await house.acme.roles.update(middle, { parent: null })
    expect(await can()).toBe(false)
    await house.acme.roles.update(low, { parent: top })
    expect(await can()).toBe(true)
    await house.acme.roles.update(low, { permissions: [{ ...writing[0]!, effect: 'deny' }] })
    expect(await can()).toBe(false)
    expect(await house.acme.access.explain(ana, 'note:write')).toMatchObject({
      reason: 'denied-by-rule',
      by: { roles: [low], effect: 'deny', scope: { kind: 'tenant' } },
    })
  })

  it('of one key are one, and system keys are taken', async () => {
    const name = key()
    await house.acme.roles.create({ key: name })
    expect((await refused(() => house.acme.roles.create({ key: name }), 'ROLE_TAKEN')).details).toEqual({ key: name })
    for (const system of ['owner', 'admin', 'member', 'viewer']) {
      await refused(() => house.acme.roles.create({ key: system }), 'ROLE_TAKEN')
    }
  })

  it('inherit in no ring, and a refused change changes nothing', async () => {
    const [a, b, c] = [key(), key(), key()]
    await house.acme.roles.create({ key: a })
    await house.acme.roles.create({ key: b, parent: a })
    await house.acme.roles.create({ key: c, parent: b })
    const error = await refused(() => house.acme.roles.update(a, { parent: c, name: 'Ring' }), 'ROLE_CYCLE')
    expect(error.details.roles).toEqual([a, c, b, a])
    expect((await refused(() => house.acme.roles.update(a, { parent: a }), 'ROLE_CYCLE')).details.roles).toEqual([a, a])
    expect(await house.acme.roles.get(a)).toMatchObject({ name: a, parentRoleId: null })
  })

  it('that are held or inherited from stay', async () => {
    const [parent, child] = [key(), key()]
    await house.acme.roles.create({ key: parent })
    await house.acme.roles.create({ key: child, parent })
    expect((await refused(() => house.acme.roles.remove(parent), 'ROLE_IN_USE')).details).toEqual({ key: parent })
    const { id } = await house.acme.assignments.grant({ principal: await house.person(), role: child })
    await refused(() => house.acme.roles.remove(child), 'ROLE_IN_USE')
    await house.acme.assignments.revoke(id)
    await house.acme.roles.remove(child)
    await house.acme.roles.remove(parent)
  })

  it('of the system keep what they are; what is stored adds', async () => {
    const { acme } = house
    const vera = await house.person(['viewer'])
    for (const role of ['owner', 'viewer']) {
      await refused(() => acme.roles.remove(role), 'ROLE_SYSTEM')
      await refused(() => acme.roles.update(role, { parent: 'member' }), 'ROLE_SYSTEM')
      await refused(() => acme.roles.update(role, { permissions: [{ ...reading[0]!, effect: 'deny' }] }), 'ROLE_SYSTEM')
    }
    await acme.roles.update('viewer', { parent: null, permissions: [{ resource: 'invoice', actions: ['refund'] }] })
    expect(await acme.access.check(vera, 'invoice:refund')).toBe(true)
    await acme.roles.update('viewer', { permissions: [] })
    expect(await acme.access.check(vera, 'invoice:refund')).toBe(false)
    expect(await acme.access.check(vera, 'note:read')).toBe(true)
  })

  it('come in pages', async () => {
    const other = await house.globex()
    for (let i = 0; i < 3; i++) await other.roles.create({ key: `extra-${i}` })
    const first = await other.roles.list({ limit: 5 })
    const rest = await other.roles.list({ limit: 5, cursor: first.next! })
    // ids made within one millisecond have no order
    expect([...first.items, ...rest.items].map((role) => role.key).sort()).toEqual([
      ...['admin', 'extra-0', 'extra-1', 'extra-2', 'member', 'owner', 'viewer'],
    ])
    expect(rest.next).toBeNull()
  })
})

describe('bad input', () => {
  const entry = (more: object) => ({ permissions: [{ resource: 'note', actions: ['read'], ...more }] })
  const cases: [what: string, input: object, code: Parameters<typeof refused>[1], details?: object][] = [
    ['a key in capitals', { key: 'Clerk' }, 'INPUT_INVALID', { field: 'key' }],
    ['an empty key', { key: '' }, 'INPUT_INVALID', { field: 'key' }],
    ['a key of 64', { key: 'x'.repeat(64) }, 'INPUT_INVALID', { field: 'key' }],
    ['a key with a separator', { key: 'a:b' }, 'INPUT_INVALID', { field: 'key' }],
    ['a key that looks like another', { key: '\u0430dmin' }, 'INPUT_INVALID', { field: 'key' }],
    ['a key of a prototype', { key: '__proto__' }, 'INPUT_INVALID', { field: 'key' }],
    ['a key that is an id', { key: '01890a5d-ac96-774b-bcce-b302099a8057' }, 'INPUT_INVALID', { field: 'key' }],
    ['no text as key', { key: 7 }, 'INPUT_INVALID', { field: 'key' }],
    ['a field that is none', { system: true }, 'INPUT_INVALID', { field: 'system' }],
    ['an unknown parent', { parent: 'nobody' }, 'ROLE_UNKNOWN', { role: 'nobody' }],
    ['no text as parent', { parent: { id: 'x' } }, 'ROLE_UNKNOWN'],
    ['permissions that are no list', { permissions: { resource: 'note' } }, 'INPUT_INVALID', { field: 'permissions' }],
    ['an entry that is no object', { permissions: ['note:read'] }, 'INPUT_INVALID'],
    ['another field in an entry', entry({ action: 'read' }), 'INPUT_INVALID', { field: 'action' }],
    ['another effect', entry({ effect: 'maybe' }), 'INPUT_INVALID', { field: 'permissions[0].effect' }],
    ['no actions', entry({ actions: [] }), 'INPUT_INVALID', { field: 'permissions[0].actions' }],
    ['actions that are no list', entry({ actions: 'read' }), 'INPUT_INVALID', { field: 'permissions[0].actions' }],
    ['an unknown action', entry({ actions: ['read', 'shred'] }), 'PERMISSION_UNKNOWN', { permission: 'note:shred' }],
    ['every action', entry({ actions: ['*'] }), 'PERMISSION_UNKNOWN', { permission: 'note:*' }],
    ['every resource', entry({ resource: '*' }), 'PERMISSION_UNKNOWN', { permission: '*:read' }],
    ['a resource of a prototype', entry({ resource: '__proto__' }), 'PERMISSION_UNKNOWN'],
    ['an action of a prototype', entry({ actions: ['constructor'] }), 'PERMISSION_UNKNOWN'],
    ['names joined otherwise', entry({ resource: 'note:read', actions: [''] }), 'PERMISSION_UNKNOWN'],
    ['a resource that looks like another', entry({ resource: 'n\u043ete' }), 'PERMISSION_UNKNOWN'],
    ['no text as resource', entry({ resource: ['note'] }), 'INPUT_INVALID', { field: 'permissions[0].resource' }],
    ['too many entries', { permissions: Array(1001).fill(reading[0]) }, 'INPUT_INVALID', { field: 'permissions' }],
    [
      'a condition that cannot be asked',
      entry({ conditions: { 'resource.x': { $where: '1' } } }),
      'CONDITION_INVALID',
      { path: 'permissions[0].conditions["resource.x"]' },
    ],
    ['no condition where one is said', entry({ conditions: {} }), 'CONDITION_INVALID'],
  ]
  for (const [what, input, code, details] of cases) {
    it(`${what}: ${code}`, async () => {
      const before = await house.acme.roles.list({ limit: 200 })
      const error = await refused(() => house.acme.roles.create({ key: key(), ...input }), code)
      if (details) expect(error.details).toMatchObject(details)
      if (!('key' in input)) {
        const created = await house.acme.roles.create({ key: key() })
        await refused(() => house.acme.roles.update(created.key, input), code)
        expect(await house.acme.roles.get(created.id)).toEqual(created)
        await house.acme.roles.remove(created.id)
      }
      expect(await house.acme.roles.list({ limit: 200 })).toEqual(before)
    })
  }
})
