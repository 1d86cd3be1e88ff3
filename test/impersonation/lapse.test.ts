// Whatever takes from an operator what they may do ends what they have begun: at once where the database is asked, within
// ten seconds elsewhere, and for good. On both storages.

import { beforeEach, describe, expect, it } from 'vitest'
import type { TenantHandle, Tokens, User } from '../../src/index.ts'
import { logOf, PASSWORD, STORAGES } from '../audit/house.ts'
import { code, inHouse, type OperatorHouse } from './house.ts'

const REASON = 'ticket 4713: the invoice is wrong'

describe.each(STORAGES)('on %s', (storage) => {
  let house: OperatorHouse
  let acme: TenantHandle
  let user: User
  inHouse(storage, (scene) => {
    ;({ house, acme, user } = scene)
  })

  let made = 0
  /** Somebody of the platform tenant who holds both permissions by a role of their own. */
  async function supporter(expiresAt?: Date) {
    const operator = await house.platform.users.create({ email: `support${++made}@example.test`, password: PASSWORD })
    const permissions = [
      { resource: 'user', actions: ['impersonate'] },
      { resource: 'tenant', actions: ['break-glass'] },
    ]
    const role = await house.platform.roles.create({ key: `support-${made}`, permissions })
    const held = { principal: operator, role: role.key, ...(expiresAt ? { expiresAt } : {}) }
    return { operator, role, assignment: await house.platform.assignments.grant(held) }
  }
  type Supporter = Awaited<ReturnType<typeof supporter>>

  const start = ({ operator }: Supporter, more = {}) =>
    house.by(acme, operator).impersonation.start({ user, reason: REASON, ...more })
  const open = ({ operator }: Supporter) =>
    house.freehold.as({ type: 'operator', id: operator.id }).breakGlass(acme, { reason: REASON })
  const verify = (tokens: Tokens, mode: 'database' | 'cached' | 'signature') =>
    house.freehold.sessions.verify(tokens.accessToken, { mode })
  /** As a process that hears no notices: what it was told longest ago is ten seconds old. */
  const tenSeconds = () => house.turn(10)

  const LOSSES: [string, (one: Supporter) => Promise<unknown>][] = [
    ['the role is taken back', ({ assignment }) => house.platform.assignments.revoke(assignment)],
    ['the role says less', ({ role }) => house.platform.roles.update(role.key, { permissions: [] })],
    [
      'the role denies it',
      ({ role }) => {
        const denied = { effect: 'deny' } as const
        const permissions = [
          { resource: 'user', actions: ['impersonate'] },
          { resource: 'tenant', actions: ['break-glass'] },
          { resource: 'user', actions: ['impersonate'], ...denied },
          { resource: 'tenant', actions: ['break-glass'], ...denied },
        ]
        return house.platform.roles.update(role.key, { permissions })
      },
    ],
    ['the operator is disabled', ({ operator }) => house.platform.users.disable(operator)],
    ['the operator is locked', ({ operator }) => house.platform.users.lock(operator)],
    ['the operator is removed', ({ operator }) => house.platform.users.remove(operator)],
    ['the operator signs out everywhere', ({ operator }) => house.platform.sessions.revokeAll(operator)],
    [
      'the operator has a new password',
      ({ operator }) => house.platform.users.setPassword(operator, 'another lantern at sea'),
    ],
  ]

  describe.each(LOSSES)('%s', (_, lose) => {
    let one: Supporter
    beforeEach(async () => {
      one = await supporter()
    })

    it('and the impersonation is over at once where the database is asked, and for a refresh', async () => {
      const { tokens, session } = await start(one)
      await verify(tokens, 'database')
      await lose(one)
      await expect(verify(tokens, 'database')).rejects.toEqual(code('SESSION_ENDED'))
      const refreshed = await house.freehold.sessions.refresh(tokens.refreshToken)
      expect(refreshed).toMatchObject({ ok: false, reason: 'ended' })
      expect(await acme.sessions.get(session.id)).toMatchObject({ revokeReason: 'operator-ended' })
    })

    it('and for a refresh that comes before anybody has asked', async () => {
      const { tokens } = await start(one)
      await lose(one)
      const refreshed = await house.freehold.sessions.refresh(tokens.refreshToken)
      expect(refreshed).toEqual({ ok: false, reason: 'ended', clear: true })
      await expect(verify(tokens, 'cached')).rejects.toEqual(code('SESSION_ENDED'))
    })

    it('and within ten seconds from memory', async () => {
      const { tokens } = await start(one)
      await verify(tokens, 'cached')
      await lose(one)
      tenSeconds()
      await expect(verify(tokens, 'cached')).rejects.toEqual(code('SESSION_ENDED'))
    })

    it('and the handle of a broken glass refuses at its next call', async () => {
      const handle = await open(one)
      await handle.users.get(user)
      await lose(one)
      await expect(handle.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
      await expect(handle.access.check(user, 'user:read')).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
    })
  })

  it('what was found over stays over when the permission comes back, and both logs have it once', async () => {
    const one = await supporter()
    const { tokens, session } = await start(one)
    const handle = await open(one)
    await house.platform.assignments.revoke(one.assignment)
    const [before, platformBefore] = [(await logOf(acme)).length, (await logOf(house.platform)).length]
    for (let i = 0; i < 2; i++) {
      await expect(verify(tokens, 'database')).rejects.toEqual(code('SESSION_ENDED'))
      await expect(handle.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
    }
    await house.platform.assignments.grant({ principal: one.operator, role: one.role.key })
    await expect(verify(tokens, 'database')).rejects.toEqual(code('SESSION_ENDED'))
    expect(await house.freehold.sessions.refresh(tokens.refreshToken)).toMatchObject({ ok: false })
    await expect(handle.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
    const details = { operatorId: one.operator.id, because: 'the operator may act no more' }
    const told = [
      {
        action: 'impersonation.ended',
        actor: { type: 'system' },
        targets: [{ type: 'session', id: session.id }, {}, {}],
        details,
      },
      { action: 'break_glass.ended', actor: { type: 'system' }, details },
    ]
    expect((await logOf(acme)).slice(before)).toMatchObject(told)
    const ended = (await logOf(house.platform)).slice(platformBefore).filter(({ action }) => action.endsWith('.ended'))
    expect(ended).toMatchObject(told)
  })

  it('a permission that ends by itself takes with it what was begun under it, to the moment', async () => {
    const soon = new Date(house.now() + 60_000)
    const one = await supporter(soon)
    const { tokens, session } = await start(one)
    const lifetimeMs = session.absoluteExpiresAt.getTime() - session.createdAt.getTime()
    expect(lifetimeMs).toBeLessThanOrEqual(60_000)
    expect(lifetimeMs).toBeGreaterThan(50_000)
    expect(tokens.accessTokenExpiresInMs).toBeLessThanOrEqual(60_000)
    expect(tokens.refreshTokenExpiresInMs).toBeLessThanOrEqual(60_000)
    const handle = await open(one)
    house.turn(59)
    await verify(tokens, 'database')
    await handle.users.get(user)
    house.turn(2)
    await expect(verify(tokens, 'database')).rejects.toEqual(code('SESSION_ENDED'))
    await expect(handle.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
  })

  it('of two grants that follow each other the last end counts, and a gap between them ends it', async () => {
    const one = await supporter(new Date(house.now() + 60_000))
    const { platform } = house
    const second = await supporter()
    await platform.assignments.revoke(second.assignment)
    const held = { principal: one.operator, role: second.role.key }
    const length = ({ session }: Awaited<ReturnType<typeof start>>) =>
      Math.round((session.absoluteExpiresAt.getTime() - session.createdAt.getTime()) / 10_000)
    await platform.assignments.grant({
      ...held,
      startsAt: new Date(house.now() + 70_000),
      expiresAt: new Date(house.now() + 120_000),
    })
    expect(length(await start(one))).toBe(6)
    await platform.assignments.grant({
      ...held,
      startsAt: new Date(house.now() + 50_000),
      expiresAt: new Date(house.now() + 120_000),
    })
    expect(length(await start(one))).toBe(12)
  })

  it('a permission for one address holds at that address, and is asked as of where it began', async () => {
    const operator = await house.platform.users.create({ email: `support${++made}@example.test`, password: PASSWORD })
    const conditions = { 'context.ip': '192.0.2.1' }
    const permissions = [{ resource: 'user', actions: ['impersonate'], conditions }]
    const role = await house.platform.roles.create({ key: `support-${made}`, permissions })
    await house.platform.assignments.grant({ principal: operator, role: role.key })
    const from = (ip: string) =>
      acme.as({ type: 'operator', id: operator.id, ip }).impersonation.start({ user, reason: REASON })
    await expect(from('192.0.2.2')).rejects.toEqual(code('FORBIDDEN'))
    const { tokens } = await from('192.0.2.1')
    await verify(tokens, 'database')
    const moved = [{ resource: 'user', actions: ['impersonate'], conditions: { 'context.ip': '192.0.2.2' } }]
    await house.platform.roles.update(role.key, { permissions: moved })
    await expect(verify(tokens, 'database')).rejects.toEqual(code('SESSION_ENDED'))
  })

  it('what others lose ends nothing', async () => {
    const [one, other] = [await supporter(), await supporter()]
    const [mine, handle] = [await start(one), await open(one)]
    await start(other)
    for (const [, lose] of LOSSES.slice(0, 2)) await lose(other)
    await house.platform.users.disable(other.operator)
    await verify(mine.tokens, 'database')
    await handle.users.get(user)
    expect(await house.freehold.sessions.refresh(mine.tokens.refreshToken)).toMatchObject({ ok: true })
  })

  it('by its signature alone a token lives to its end, as of any session', async () => {
    const one = await supporter()
    const { tokens } = await start(one)
    await house.platform.users.disable(one.operator)
    await verify(tokens, 'signature')
  })
})
