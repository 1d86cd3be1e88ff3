// Policies: what they may say, whom they reach, who may write them, and what is kept of them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PolicyDocument } from '../../src/core/access/policy-document.ts'
import type { UserId } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0
const { newId } = systemRuntime()
const key = () => `key-${++made}`

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const saying = (more: Partial<PolicyDocument> = {}): PolicyDocument => ({
  effect: 'allow',
  principals: ['*'],
  actions: ['note:read'],
  resources: ['*'],
  ...more,
})
const create = (document: PolicyDocument, enabled = true) =>
  house.acme.policies.create({ key: key(), document, enabled })

describe('a policy', () => {
  it('allows everyone, one user, one account, or who holds a role, and only what it says', async () => {
    const { acme } = house
    const [ana, bob] = [await house.person(), await house.person()]
    const robot = await acme.serviceAccounts.create({ name: key() })
    const { key: role } = await acme.roles.create({ key: key() })
    const clerk = await house.person([role])
    const who = async () =>
      Promise.all([ana, bob, robot, clerk].map((one) => acme.access.check(one as never, 'note:read')))
    expect(await who()).toEqual([false, false, false, false])
    const reached: [PolicyDocument['principals'], boolean[]][] = [
      [['*'], [true, true, true, true]],
      [[{ user: ana.id }], [true, false, false, false]],
      [[{ serviceAccount: robot.id }], [false, false, true, false]],
      [[{ role }], [false, false, false, true]],
      [
        [{ user: bob.id }, { role }],
        [false, true, false, true],
      ],
    ]
    for (const [principals, expected] of reached) {
      const { id } = await create(saying({ principals }))
      expect(await who()).toEqual(expected)
      expect(await acme.access.check(ana, 'note:write')).toBe(false)
      await acme.policies.remove(id)
      expect(await who()).toEqual([false, false, false, false])
    }
  })

  it('that denies wins over every role, the owner’s too, and over policies that allow', async () => {
    const owner = await house.person(['owner'])
    const allow = await create(saying({ principals: [{ user: owner.id }] }))
    const deny = await create(saying({ effect: 'deny', principals: [{ user: owner.id }], actions: ['note:*'] }))
    expect(await house.acme.access.check(owner, 'note:read')).toBe(false)
    expect(await house.acme.access.check(owner, 'invoice:read')).toBe(true)
    expect(await house.acme.access.explain(owner, 'note:read')).toMatchObject({
      reason: 'denied-by-rule',
      by: { source: { kind: 'policy', id: deny.id, key: deny.key, version: 1 }, effect: 'deny', roles: [] },
      needed: [{ kind: 'removal', of: { source: { key: deny.key } } }],
    })
    await house.acme.policies.remove(deny.id)
    await house.acme.policies.remove(allow.id)
  })

  it('names actions one by one, all of a resource, or all there are, and what is added later is among them', async () => {
    const ana = await house.person()
    const one = await create(saying({ principals: [{ user: ana.id }], actions: ['note:*'] }))
    const held = async () => (await house.acme.access.permissionsOf(ana)).allowed
    expect(await held()).toEqual(['note:read', 'note:write'])
    const { name } = await house.acme.customPermissions.create({ resource: 'note', action: 'print' })
    expect(await held()).toEqual(['note:read', 'note:write', 'note:print'])
    await house.acme.policies.update(one.id, { document: saying({ principals: [{ user: ana.id }], actions: ['*'] }) })
    expect(await held()).toContain('role:write')
    await house.acme.policies.remove(one.id)
    await house.acme.customPermissions.remove(name)
    expect(await held()).toEqual([])
  })

  it('counts where it says: everywhere, in a place, or for one resource', async () => {
    const { acme } = house
    const ana = await house.person()
    const [here, there] = [key(), key()].map((name) => acme.organizations.create({ key: name, name }))
    const [a, b] = [await here!, await there!]
    const principals = [{ user: ana.id }]
    const one = await create(saying({ principals, resources: [{ organization: a.id }, { type: 'note', id: 'n1' }] }))
    const check = (options: object) => acme.access.check(ana, 'note:read', options)
    expect(await check({ organization: a })).toBe(true)
    expect(await check({ organization: b })).toBe(false)
    expect(await check({})).toBe(false)
    expect(await check({ on: { type: 'note', id: 'n1' } })).toBe(true)
    expect(await check({ on: { type: 'note', id: 'n1' }, organization: b })).toBe(true)
    expect(await check({ on: { type: 'note', id: 'n2' } })).toBe(false)
    expect(await check({ on: { type: 'invoice', id: 'n1' } })).toBe(false)
    await acme.policies.remove(one.id)
  })

  it('asks its conditions; one that allows does not without what it needs, one that denies does', async () => {
    const ana = await house.person(['viewer'])
    const conditions = { 'context.mfa': true }
    const one = await create(saying({ principals: [{ user: ana.id }], actions: ['note:write'], conditions }))
    const two = await create(
      saying({ effect: 'deny', principals: [{ user: ana.id }], conditions: { 'context.late': true } }),
    )
    const check = (permission: 'note:read' | 'note:write', context?: object) =>
      house.acme.access.check(ana, permission, context ? { context: { ...context } } : {})
    expect([await check('note:write'), await check('note:write', { mfa: false })]).toEqual([false, false])
    expect(await check('note:write', { mfa: true })).toBe(true)
    expect([await check('note:read'), await check('note:read', { late: true })]).toEqual([false, false])
    expect(await check('note:read', { late: false })).toBe(true)
    for (const { id } of [one, two]) await house.acme.policies.remove(id)
  })

  it('says nothing while it is disabled', async () => {
    const ana = await house.person()
    const one = await create(saying({ principals: [{ user: ana.id }] }), false)
    const check = () => house.acme.access.check(ana, 'note:read')
    expect(await check()).toBe(false)
    expect((await house.acme.policies.enable(one.key)).enabled).toBe(true)
    expect(await check()).toBe(true)
    await house.acme.policies.disable(one.key)
    expect(await check()).toBe(false)
    await house.acme.policies.remove(one.key)
  })
})

describe('a document', () => {
  const faults: [string, unknown, path: string][] = [
    ['is none', null, 'document'],
    ['is a list', [], 'document'],
    ['has another field', { ...saying(), effects: 1 }, 'document.effects'],
    ['has no effect', { ...saying(), effect: undefined }, 'document.effect'],
    ['has another effect', { ...saying(), effect: 'permit' }, 'document.effect'],
    ['names nobody', saying({ principals: [] }), 'document.principals'],
    ['names two in one', saying({ principals: [{ user: 'a', team: 'b' } as never] }), 'document.principals[0]'],
    ['names another kind', saying({ principals: ['*', { group: 'a' } as never] }), 'document.principals[1]'],
    ['names a prototype', saying({ principals: [JSON.parse('{"__proto__":"a"}')] }), 'document.principals[0]'],
    ['names with no text', saying({ principals: [{ team: 5 } as never] }), 'document.principals[0].team'],
    ['has a hole', saying({ principals: Array(1) }), 'document.principals[0]'],
    ['has no actions', saying({ actions: 'note:read' as never }), 'document.actions'],
    ['has an action that is no text', saying({ actions: [{}] as never }), 'document.actions[0]'],
    ['has too many actions', saying({ actions: Array.from({ length: 201 }, () => 'note:read') }), 'document.actions'],
    ['has no resources', saying({ resources: [] }), 'document.resources'],
    [
      'has a resource of two kinds',
      saying({ resources: [{ type: 'note', team: 'x' } as never] }),
      'document.resources[0].team',
    ],
    ['has a resource without an id', saying({ resources: [{ type: 'note' } as never] }), 'document.resources[0].id'],
    ['has a place of another kind', saying({ resources: [{ tenant: 'x' } as never] }), 'document.resources[0]'],
    ['is not well-formed', saying({ resources: [{ type: 'note', id: '\ud800' }] }), 'document.resources[0].id'],
    ['has a text too long', saying({ resources: [{ type: 'note', id: 'x'.repeat(201) }] }), 'document.resources[0].id'],
  ]
  it.each(faults)('that %s is refused, with the path of the fault', async (_, document, path) => {
    const refusal = await refused(() => create(document as never), 'POLICY_INVALID')
    expect(refusal.details.path).toBe(path)
  })

  it('has its conditions checked, with the path of the fault', async () => {
    const document = saying({ conditions: { 'context.ip': { $regex: 'x' } } })
    expect((await refused(() => create(document), 'CONDITION_INVALID')).details.path).toBe(
      'document.conditions["context.ip"]',
    )
  })

  it('names what there is', async () => {
    const hank = await house.person([], await house.globex())
    const unknown: [Partial<PolicyDocument>, Parameters<typeof refused>[1]][] = [
      [{ actions: ['note:shred'] }, 'PERMISSION_UNKNOWN'],
      [{ actions: ['memo:*'] }, 'PERMISSION_UNKNOWN'],
      [{ actions: ['Note:read'] }, 'PERMISSION_UNKNOWN'],
      [{ actions: ['n*'] }, 'PERMISSION_UNKNOWN'],
      [{ principals: [{ user: newId() }] }, 'PRINCIPAL_UNKNOWN'],
      [{ principals: [{ user: hank.id }] }, 'PRINCIPAL_UNKNOWN'],
      [{ principals: [{ user: 'ana' }] }, 'PRINCIPAL_UNKNOWN'],
      [{ principals: [{ serviceAccount: hank.id }] }, 'PRINCIPAL_UNKNOWN'],
      [{ principals: [{ role: 'nothing' }] }, 'ROLE_UNKNOWN'],
      [{ principals: [{ team: newId() }] }, 'TEAM_UNKNOWN'],
      [{ resources: [{ organization: newId() }] }, 'ORGANIZATION_UNKNOWN'],
      [{ resources: [{ team: newId() }] }, 'TEAM_UNKNOWN'],
      [{ resources: [{ project: newId() }] }, 'PROJECT_UNKNOWN'],
      [{ resources: [{ type: 'memo', id: '1' }] }, 'RESOURCE_TYPE_UNKNOWN'],
    ]
    for (const [more, code] of unknown) await refused(() => create(saying(more)), code)
  })

  it('takes nothing from a system role by its name; it may give it more', async () => {
    const system = await house.acme.roles.get('member')
    for (const role of ['owner', 'admin', 'member', 'viewer', system.id]) {
      await refused(() => create(saying({ effect: 'deny', principals: ['*', { role }] })), 'ROLE_SYSTEM')
    }
    const ana = await house.person(['viewer'])
    const one = await create(saying({ principals: [{ role: 'viewer' }], actions: ['note:write'] }))
    expect(one.document.principals).toEqual([{ role: (await house.acme.roles.get('viewer')).id }])
    expect(await house.acme.access.check(ana, 'note:write')).toBe(true)
    expect(await house.acme.access.explain(ana, 'note:write')).toMatchObject({ by: { roles: ['viewer'] } })
    await house.acme.policies.remove(one.id)
  })
})

describe('the history', () => {
  it('keeps every document that was saved, by whom, and gives one back as the newest', async () => {
    const { policies } = house.acme
    const ana = await house.person(['owner'])
    const one = await create(saying())
    expect(one).toMatchObject({ version: 1, enabled: true, description: null })
    const two = await house
      .as(ana)
      .policies.update(one.id, { document: saying({ effect: 'allow', actions: ['note:*'] }) })
    expect(two.version).toBe(2)
    // what says nothing new is no version
    expect(await policies.update(one.id, { document: two.document })).toEqual(two)
    expect((await policies.update(one.id, { description: 'why' })).version).toBe(2)
    const three = await policies.restore(one.id, 1)
    expect([three.version, three.document]).toEqual([3, one.document])
    const { items } = await policies.history(one.key)
    expect(items.map(({ version, document }) => [version, document.actions])).toEqual([
      [3, ['note:read']],
      [2, ['note:*']],
      [1, ['note:read']],
    ])
    expect(items[1]!.changedBy).toEqual({ type: 'user', id: ana.id })
    const first = await policies.history(one.key, { limit: 2 })
    expect(first.items).toHaveLength(2)
    const rest = await policies.history(one.key, { limit: 2, cursor: first.next! })
    expect([rest.items.map(({ version }) => version), rest.next]).toEqual([[1], null])
    await refused(() => policies.restore(one.id, 4), 'POLICY_UNKNOWN')
    await refused(() => policies.restore(one.id, 0), 'INPUT_INVALID')
    await policies.remove(one.id)
    await refused(() => policies.history(one.id), 'POLICY_UNKNOWN')
  })

  it('gives nothing back that names what is gone', async () => {
    const { key: role } = await house.acme.roles.create({ key: key() })
    const one = await create(saying({ principals: [{ role }] }))
    await house.acme.policies.update(one.id, { document: saying() })
    await house.acme.roles.remove(role)
    await refused(() => house.acme.policies.restore(one.id, 1), 'ROLE_UNKNOWN')
    await house.acme.policies.remove(one.id)
  })

  it('is each tenant’s own, and so are the keys', async () => {
    const one = await create(saying())
    const globex = await house.globex()
    await refused(() => globex.policies.get(one.id), 'POLICY_UNKNOWN')
    await refused(() => globex.policies.history(one.id), 'POLICY_UNKNOWN')
    await refused(() => globex.policies.remove(one.key), 'POLICY_UNKNOWN')
    await globex.policies.create({ key: one.key, document: saying() })
    await refused(() => house.acme.policies.create({ key: one.key, document: saying() }), 'POLICY_TAKEN')
    for (const name of [undefined, null, '', 'nothing', 7, newId()]) {
      await refused(() => house.acme.policies.get(name as never), 'POLICY_UNKNOWN')
    }
    await house.acme.policies.remove(one.id)
  })
})

describe('whoever writes a policy', () => {
  const missing = async (work: () => Promise<unknown>) => (await refused(work, 'GRANT_REFUSED')).details.missing
  const reader = async () => {
    const entry = { resource: 'note', actions: ['read'] }
    return house.person([(await house.acme.roles.create({ key: key(), permissions: [entry] })).key])
  }

  it('holds what it allows, and what it denies, where it does', async () => {
    const ana = await reader()
    const bob = await house.person()
    const { policies } = house.as(ana)
    const principals = [{ user: bob.id }]
    const one = await policies.create({ key: key(), document: saying({ principals }) })
    expect(await house.acme.access.check(bob, 'note:read')).toBe(true)
    const write = (more: Partial<PolicyDocument>) => () =>
      policies.create({ key: key(), document: saying({ principals, ...more }) })
    expect(await missing(write({ actions: ['note:write'] }))).toEqual(['note:write'])
    expect(await missing(write({ effect: 'deny', actions: ['note:write'] }))).toEqual(['note:write'])
    expect(await missing(() => policies.update(one.id, { document: saying({ actions: ['note:*'] }) }))).toEqual([
      'note:write',
    ])
    await policies.remove(one.id)

    const { id: organization } = await house.acme.organizations.get('main')
    const carl = await house.person()
    const { key: role } = await house.acme.roles.create({
      key: key(),
      permissions: [{ resource: 'note', actions: ['read'] }],
    })
    await house.acme.assignments.grant({ principal: carl, role, scope: { organization } })
    const as = house.as(carl).policies
    expect(await missing(() => as.create({ key: key(), document: saying({ principals }) }))).toEqual(['note:read'])
    const there = await as.create({ key: key(), document: saying({ principals, resources: [{ organization }] }) })
    await as.remove(there.id)
    expect(
      await missing(() =>
        as.create({
          key: key(),
          document: saying({ principals, resources: [{ organization }, { type: 'note', id: '1' }] }),
        }),
      ),
    ).toEqual(['note:read'])
  })

  it('frees nobody of a denial that they could not write, and enables nothing that they could not', async () => {
    const ana = await reader()
    const bob = await house.person()
    const document = saying({ effect: 'deny', principals: [{ user: bob.id }], actions: ['note:write'] })
    const [on, off] = [await create(document), await create(document, false)]
    const { policies } = house.as(ana)
    for (const work of [
      () => policies.remove(on.id),
      () => policies.disable(on.id),
      () => policies.update(on.id, { document: saying() }),
      () => policies.enable(off.id),
      () => policies.remove(off.id),
    ]) {
      expect(await missing(work)).toEqual(['note:write'])
    }
    expect((await policies.update(on.id, { description: 'no words are taken' })).description).toBe('no words are taken')
    for (const { id } of [on, off]) await house.acme.policies.remove(id)
  })

  it('does not deny to themselves what they would need to take it back; the host’s own code may', async () => {
    const olga = await house.person(['owner'])
    const { policies } = house.as(olga)
    const denials = ['*' as const, { user: olga.id }].map((who) =>
      saying({ effect: 'deny', principals: [who], actions: ['note:write'] }),
    )
    for (const document of denials) {
      expect(await missing(() => policies.create({ key: key(), document }))).toEqual(['note:write'])
      const off = await policies.create({ key: key(), document, enabled: false })
      expect(await missing(() => policies.enable(off.id))).toEqual(['note:write'])
      await policies.remove(off.id)
    }
    const byHost = await create(denials[0]!)
    expect(await house.acme.access.check(olga, 'note:write')).toBe(false)
    // nor is an owner free of it by themselves
    expect(await missing(() => policies.remove(byHost.id))).toEqual(['note:write'])
    await house.acme.policies.remove(byHost.id)
    expect(await house.acme.access.check(olga, 'note:write')).toBe(true)
  })

  it('gives nothing to who is nobody any more', async () => {
    const ana = await house.person(['owner'])
    await house.acme.users.disable(ana)
    expect(await missing(() => house.as(ana).policies.create({ key: key(), document: saying() }))).toContain('*')
    const nobody = { id: newId() as UserId }
    expect(await missing(() => house.as(nobody).policies.create({ key: key(), document: saying() }))).toContain('*')
  })
})

describe('permissions of the tenant’s own', () => {
  it('are checked by the name that is made for them, and end where the tenant does', async () => {
    const { acme } = house
    const { name } = await acme.customPermissions.create({ resource: 'door', action: 'open', description: 'in person' })
    const { key: role } = await acme.roles.create({
      key: key(),
      permissions: [{ resource: 'door', actions: ['open'] }],
    })
    const ana = await house.person([role])
    const owner = await house.person(['owner'])
    expect(await acme.access.check(ana, name)).toBe(true)
    expect(await acme.access.check(owner, name)).toBe(true)
    expect(await acme.access.check(await house.person(['member']), name)).toBe(false)
    expect(await acme.access.check(ana, name, { on: { type: 'door', id: 'front' } })).toBe(true)
    expect((await acme.access.principal(ana)).can(name)).toBe(true)
    expect((await acme.access.explain(ana, name)).by?.roles).toEqual([role])
    const globex = await house.globex()
    const hank = await house.person(['owner'], globex)
    for (let i = 0; i < 2; i++) await refused(() => globex.access.check(hank, name), 'PERMISSION_UNKNOWN')
    await refused(
      () => globex.roles.create({ key: key(), permissions: [{ resource: 'door', actions: ['open'] }] }),
      'PERMISSION_UNKNOWN',
    )
    expect((await acme.customPermissions.list()).items).toMatchObject([{ name: 'door:open', description: 'in person' }])

    await refused(() => acme.customPermissions.remove(name), 'PERMISSION_IN_USE')
    await acme.roles.update(role, { permissions: [] })
    const policy = await create(saying({ actions: [name] }), false)
    await refused(() => acme.customPermissions.remove(name), 'PERMISSION_IN_USE')
    await acme.policies.remove(policy.id)
    await acme.customPermissions.remove(name)
    await acme.customPermissions.remove(name)
    for (let i = 0; i < 2; i++) await refused(() => acme.access.check(ana, name), 'PERMISSION_UNKNOWN')
  })

  it('have names that are nobody’s yet', async () => {
    const { customPermissions } = house.acme
    const create = (resource: unknown, action: unknown) => () => customPermissions.create({ resource, action } as never)
    for (const [resource, action] of [
      ['note', 'read'],
      ['user', 'shred'],
      ['tenant', 'sell'],
    ]) {
      await refused(create(resource, action), 'PERMISSION_TAKEN')
    }
    for (const part of ['', 'A', 'a b', 'a:b', '*', '__proto__', 'n\u043ete', 'x'.repeat(64), 5, null, undefined]) {
      await refused(create(part, 'open'), 'INPUT_INVALID')
      await refused(create('door', part), 'INPUT_INVALID')
    }
    const { name } = await customPermissions.create({ resource: 'note', action: 'fold' })
    await refused(create('note', 'fold'), 'PERMISSION_TAKEN')
    await customPermissions.remove(name)
  })
})
