// Nobody removes what they could not take back: a role that says more than they hold, an organization in which more is held.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PermissionEntry } from '../../src/core/storage/access-tables.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const entry = (action: string, more: Partial<PermissionEntry> = {}): PermissionEntry => ({
  resource: 'note',
  actions: [action],
  ...more,
})

async function role(permissions: readonly PermissionEntry[]): Promise<string> {
  const { key } = await house.acme.roles.create({ key: `role-${++made}`, permissions })
  return key
}

async function missing(work: () => Promise<unknown>): Promise<readonly string[]> {
  return (await refused(work, 'GRANT_REFUSED')).details.missing
}

describe('removing an organization', () => {
  it('needs what taking back each of its assignments needs, in it', async () => {
    const [reader, writer] = [await role([entry('read')]), await role([entry('write')])]
    const organization = await house.acme.organizations.create({ key: `gone-${++made}`, name: 'Gone' })
    const [ana, bob, eve] = [await house.person([reader]), await house.person(), await house.person()]
    const grant = (principal: typeof bob, name: string) =>
      house.acme.assignments.grant({ principal, role: name, scope: { organization } })
    await grant(bob, reader)
    await grant(bob, writer)
    await grant(eve, writer)
    const remove = (user: typeof ana) => () => house.as(user).organizations.remove(organization.key)
    expect(await missing(remove(ana))).toEqual(['note:write'])
    expect(await missing(remove(eve))).toEqual(['note:read'])
    // a denial that goes with it is taken back too
    await grant(eve, await role([{ resource: 'invoice', actions: ['read'], effect: 'deny' }]))
    expect(await missing(remove(bob))).toEqual(['invoice:read'])
    expect((await house.acme.organizations.get(organization.key)).id).toBe(organization.id)
    await house.as(await house.person(['admin'])).organizations.remove(organization.key)
    await refused(() => house.acme.organizations.get(organization.key), 'ORGANIZATION_UNKNOWN')
  })

  it('in which owners are owners only there needs an owner', async () => {
    const organization = await house.acme.organizations.create({ key: `gone-${++made}`, name: 'Gone' })
    const bob = await house.person()
    await house.acme.assignments.grant({ principal: bob, role: 'owner', scope: { organization } })
    const adam = await house.person(['admin'])
    expect(await missing(() => house.as(adam).organizations.remove(organization.id))).toEqual(['*'])
    await house.acme.organizations.remove(organization.id)
  })
})

describe('removing a role', () => {
  it('needs what writing it needs', async () => {
    const reader = await role([entry('read')])
    const ana = await house.person([reader])
    const { roles } = house.as(ana)
    const [mine, other, ban] = [
      await role([entry('read')]),
      await role([entry('write')]),
      await role([entry('write', { effect: 'deny' })]),
    ]
    expect(await missing(() => roles.remove(other))).toEqual(['note:write'])
    expect(await missing(() => roles.remove(ban))).toEqual(['note:write'])
    expect(await house.acme.roles.get(other)).toMatchObject({ key: other })
    await roles.remove(mine)
    await house.acme.roles.remove(other)
  })
})
