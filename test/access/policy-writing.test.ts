// What a policy may say, and who may write it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PolicyDocument } from '../../src/core/access/policy-document.ts'
import type { UserId } from '../../src/core/kernel/ids.ts'
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
