// Policies: whom they reach and where, and what is kept of them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PolicyDocument } from '../../src/core/access/policy-document.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'
import { key, saying, write } from './policy-house.ts'

let house: House
const { newId } = systemRuntime()

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const create = (document: PolicyDocument, enabled = true) => write(house, document, enabled)

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
