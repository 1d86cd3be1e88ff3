// Operators who enter a tenant from outside, on both storages.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLATFORM_TENANT_ID } from '../../src/index.ts'
import { logOf, STORAGES } from '../audit/house.ts'
import { code, type OperatorHouse, openOperatorHouse } from './house.ts'

const REASON = 'ticket 4712: they cannot get their data out'

describe.each(STORAGES)('on %s', (storage) => {
  let house: OperatorHouse
  beforeAll(async () => {
    house = await openOperatorHouse(storage)
  })
  afterAll(() => house.close())

  const suspended = async () => {
    const acme = await house.tenant()
    const user = await house.person(acme)
    await house.freehold.tenants.suspend(acme)
    return { acme, user }
  }

  it('opens a suspended tenant in the operator’s name, and tells both logs and the security events', async () => {
    const { acme, user } = await suspended()
    await expect(house.freehold.tenant(acme)).rejects.toEqual(code('TENANT_SUSPENDED'))
    const handle = await house.rooms.breakGlass(acme, { reason: REASON })
    expect((await handle.users.get(user)).id).toBe(user.id)
    await handle.users.update(user, { name: 'Una' })
    const operator = { type: 'operator', id: house.operator.id }
    const told = { action: 'break_glass.opened', actor: operator, targets: [{ type: 'tenant', id: acme.id }] }
    expect((await logOf(handle)).slice(-2)).toMatchObject([
      { ...told, details: { reason: REASON } },
      { action: 'user.updated', actor: operator },
    ])
    expect((await logOf(house.platform)).at(-1)).toMatchObject({ ...told, details: { reason: REASON } })
    const ref = { id: acme.id, location: house.storage.sharedLocation }
    const events = await house.storage.tenant(ref).records.find('security_events', { limit: 10 })
    expect(events).toMatchObject([
      { kind: 'break_glass.opened', details: { operatorId: house.operator.id, reason: REASON, lifetimeMs: 1_800_000 } },
    ])
  })

  it('refuses when its time is over, in every room and under every other name', async () => {
    const { acme, user } = await suspended()
    const handle = await house.rooms.breakGlass(acme, { reason: REASON, lifetimeMs: 1000 })
    const other = handle.as({ type: 'system' })
    await handle.users.get(user)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const over = code('BREAK_GLASS_EXPIRED')
    for (const one of [handle, other, handle.as({ type: 'system' })]) {
      await expect(one.users.get(user)).rejects.toEqual(over)
      await expect(one.audit.list()).rejects.toEqual(over)
      await expect(one.access.check(user, 'user:read')).rejects.toEqual(over)
      await expect(one.access.principal(user)).rejects.toEqual(over)
      await expect(one.domains.list()).rejects.toEqual(over)
      await expect(one.entitlements.check('sso')).rejects.toEqual(over)
      await expect(one.transaction(async () => 1)).rejects.toEqual(over)
      await expect(one.signIn.password({ email: user.email, password: 'x' })).rejects.toEqual(over)
    }
  })

  it('lets nobody sign in to a suspended tenant, nor act as one of its users', async () => {
    const { acme, user } = await suspended()
    const handle = await house.rooms.breakGlass(acme, { reason: REASON })
    const acting = handle.impersonation.start({ user, reason: REASON })
    await expect(acting).rejects.toEqual(code('TENANT_SUSPENDED'))
  })

  it('opens nothing for anybody else, and tells nobody', async () => {
    const { acme } = await suspended()
    const viewer = await house.hired('viewer')
    const fired = await house.hired('admin')
    await house.platform.users.disable(fired)
    const length = (await logOf(house.platform)).length
    const { freehold } = house
    for (const rooms of [
      freehold,
      freehold.as({ type: 'user', id: house.operator.id }),
      freehold.as({ type: 'operator', id: viewer.id }),
      freehold.as({ type: 'operator', id: fired.id }),
    ]) {
      await expect(rooms.breakGlass(acme, { reason: REASON })).rejects.toEqual(code('FORBIDDEN'))
    }
    expect((await logOf(house.platform)).length).toBe(length)
  })

  it('refuses what it cannot read, a tenant that is gone, and the platform’s own', async () => {
    const { acme } = await suspended()
    const open = (options: object, name: unknown = acme) =>
      house.rooms.breakGlass(name as typeof acme, options as { reason: string })
    for (const options of [
      {},
      { reason: '' },
      { reason: 'x'.repeat(501) },
      { reason: REASON, lifetimeMs: 28_800_001 },
    ]) {
      await expect(open(options)).rejects.toEqual(code('INPUT_INVALID'))
    }
    await expect(open({ reason: REASON, allow: ['deleted'] })).rejects.toEqual(code('INPUT_INVALID'))
    await expect(open({ reason: REASON }, PLATFORM_TENANT_ID)).rejects.toEqual(code('INPUT_INVALID'))
    await expect(open({ reason: REASON }, 'no-such-tenant')).rejects.toEqual(code('TENANT_UNKNOWN'))
    await house.freehold.tenants.remove(acme)
    await expect(open({ reason: REASON })).rejects.toEqual(code('TENANT_DELETED'))
  })
})
