// The permissions that a tenant adds to those of the code.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PolicyDocument } from '../../src/core/access/policy-document.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'
import { key, saying, write } from './policy-house.ts'

let house: House

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const create = (document: PolicyDocument, enabled = true) => write(house, document, enabled)

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
