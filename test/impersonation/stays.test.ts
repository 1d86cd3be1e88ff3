// Operators in other tenants, seen and ended from the platform's side, on both storages.

import { generate } from 'otplib'
import { describe, expect, it } from 'vitest'
import type { SessionId, TenantHandle, User } from '../../src/index.ts'
import { actionsOf, logOf, PASSWORD, STORAGES } from '../audit/house.ts'
import { code, inHouse, type OperatorHouse } from './house.ts'

const REASON = 'ticket 4714: nobody can sign in'
const NOBODY = '01890a5d-ac96-774b-bcce-b302099a8057' as never

describe.each(STORAGES)('on %s', (storage) => {
  let house: OperatorHouse
  let acme: TenantHandle
  let user: User
  inHouse(storage, (scene) => {
    ;({ house, acme, user } = scene)
  })

  const roomsOf = ({ id }: Pick<User, 'id'>) => house.freehold.as({ type: 'operator', id })
  const start = (operator = house.operator) => house.by(acme, operator).impersonation.start({ user, reason: REASON })
  let made = 0
  /** Who may only act as users, or only break the glass. */
  async function limited(resource: 'user' | 'tenant', action: string): Promise<User> {
    const email = `limited${++made}@example.test`
    const operator = await house.platform.users.create({ email, password: PASSWORD })
    const role = await house.platform.roles.create({
      key: `limited-${made}`,
      permissions: [{ resource, actions: [action] }],
    })
    await house.platform.assignments.grant({ principal: operator, role: role.key })
    return operator
  }

  it('one of each is listed: who, where, as whom, why and until when', async () => {
    const operator = await house.hired('admin')
    const { session } = await start(operator)
    const glass = await roomsOf(operator).stays.open(acme, { reason: REASON, lifetimeMs: 60_000 })
    const { items } = await house.rooms.stays.list({ operator })
    const whole = { operatorId: operator.id, tenantId: acme.id, reason: REASON, endedAt: null }
    expect(items).toEqual([
      {
        ...whole,
        id: glass.id,
        kind: 'break-glass',
        userId: null,
        createdAt: glass.createdAt,
        expiresAt: glass.expiresAt,
      },
      {
        ...whole,
        id: session.id,
        kind: 'impersonation',
        userId: user.id,
        createdAt: expect.any(Date),
        expiresAt: expect.any(Date),
      },
    ])
    expect(glass.expiresAt.getTime() - glass.createdAt.getTime()).toBe(60_000)
    const kinds = async (filter: object) =>
      (await house.rooms.stays.list({ operator, ...filter })).items.map(({ kind }) => kind)
    expect(await kinds({ kind: 'impersonation' })).toEqual(['impersonation'])
    expect(await kinds({ tenant: acme, open: true })).toEqual(['break-glass', 'impersonation'])
    expect(await kinds({ tenant: house.platform })).toEqual([])
    await house.rooms.stays.end(glass)
    expect(await kinds({ open: true })).toEqual(['impersonation'])
    const first = await house.rooms.stays.list({ operator, limit: 1 })
    const second = await house.rooms.stays.list({ operator, limit: 1, cursor: first.next! })
    expect([first.items[0]!.id, second.items[0]!.id, second.next]).toEqual([glass.id, session.id, null])
  })

  it('both logs have the beginning of an impersonation', async () => {
    const { session } = await start()
    const told = {
      action: 'impersonation.started',
      actor: { type: 'operator', id: house.operator.id },
      details: { reason: REASON, lifetimeMs: 1_800_000 },
    }
    expect((await logOf(acme)).at(-1)).toMatchObject(told)
    const targets = [
      { type: 'session', id: session.id },
      { type: 'user', id: user.id },
      { type: 'tenant', id: acme.id },
    ]
    expect((await logOf(house.platform)).at(-1)).toMatchObject({ ...told, targets })
  })

  it('a colleague ends an impersonation: session, tokens and both logs', async () => {
    const { session, tokens } = await start()
    const colleague = await house.hired('admin')
    expect(await roomsOf(colleague).stays.goesOn(session)).toBe(true)
    const ended = await roomsOf(colleague).stays.end(session)
    expect(ended.endedAt).toBeInstanceOf(Date)
    for (const mode of ['database', 'cached'] as const) {
      const used = house.freehold.sessions.verify(tokens.accessToken, { mode })
      await expect(used).rejects.toEqual(code('SESSION_ENDED'))
    }
    expect(await house.freehold.sessions.refresh(tokens.refreshToken)).toMatchObject({ ok: false, reason: 'ended' })
    expect(await house.rooms.stays.goesOn(session)).toBe(false)
    const told = { action: 'impersonation.ended', actor: { type: 'operator', id: colleague.id } }
    for (const handle of [acme, house.platform]) expect((await logOf(handle)).at(-1)).toMatchObject(told)
    const before = (await actionsOf(house.platform)).length
    expect(await roomsOf(colleague).stays.end(session)).toEqual(ended)
    expect((await actionsOf(house.platform)).length).toBe(before)
  })

  it('signing out of the impersonation ends the stay, and the user’s own sign-out everywhere is seen in it', async () => {
    const one = await start()
    expect(await house.freehold.sessions.end(one.tokens.refreshToken)).toBe(true)
    expect(await house.freehold.sessions.end(one.tokens.refreshToken)).toBe(false)
    expect((await house.rooms.stays.get(one.session)).endedAt).toBeInstanceOf(Date)
    const other = await start()
    await acme.sessions.revokeAll(user)
    expect(await house.rooms.stays.goesOn(other.session)).toBe(false)
  })

  it('a broken glass is entered by its id, by who broke it, and refuses once it is ended', async () => {
    const stay = await house.rooms.stays.open(acme, { reason: REASON })
    const [handle, again] = [await house.rooms.stays.enter(stay), await house.rooms.stays.enter(stay.id)]
    await handle.users.get(user)
    const colleague = await house.hired('admin')
    await expect(roomsOf(colleague).stays.enter(stay)).rejects.toEqual(code('FORBIDDEN'))
    await expect(house.freehold.stays.enter(stay)).rejects.toEqual(code('FORBIDDEN'))
    await house.rooms.stays.end(stay)
    for (const one of [handle, again]) {
      await expect(one.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
      await expect(one.transaction(async () => 1)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
    }
    await expect(house.rooms.stays.enter(stay)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
    const { session } = await start()
    await expect(house.rooms.stays.enter(session)).rejects.toEqual(code('STAY_UNKNOWN'))
  })

  it('a handle that somebody has opened is in the list, and ends with its stay', async () => {
    const operator = await house.hired('admin')
    const handle = await roomsOf(operator).breakGlass(acme, { reason: REASON })
    const [stay] = (await house.rooms.stays.list({ operator, open: true })).items
    expect(await house.rooms.stays.goesOn(stay!)).toBe(true)
    await house.rooms.stays.end(stay!)
    await expect(handle.users.get(user)).rejects.toEqual(code('BREAK_GLASS_EXPIRED'))
  })

  it('operators see and end what they could begin themselves, and others nothing', async () => {
    const { session } = await start()
    const glass = await house.rooms.stays.open(acme, { reason: REASON })
    const [actor, breaker] = [await limited('user', 'impersonate'), await limited('tenant', 'break-glass')]
    const listed = async (one: User) => new Set((await roomsOf(one).stays.list()).items.map(({ kind }) => kind))
    expect(await listed(actor)).toEqual(new Set(['impersonation']))
    expect(await listed(breaker)).toEqual(new Set(['break-glass']))
    expect((await roomsOf(actor).stays.list({ kind: 'break-glass' })).items).toEqual([])
    for (const act of ['get', 'end', 'goesOn'] as const) {
      await expect(roomsOf(actor).stays[act](glass)).rejects.toEqual(code('STAY_UNKNOWN'))
      await expect(roomsOf(breaker).stays[act](session)).rejects.toEqual(code('STAY_UNKNOWN'))
      await expect(house.rooms.stays[act](NOBODY)).rejects.toEqual(code('STAY_UNKNOWN'))
      await expect(house.rooms.stays[act]('x' as never)).rejects.toEqual(code('ID_INVALID'))
    }
    const fired = await house.hired('admin')
    await house.platform.users.disable(fired)
    const owner = await house.person(acme)
    await acme.assignments.grant({ principal: owner, role: 'owner' })
    const strangers = [roomsOf(fired), roomsOf(await house.hired('viewer')), roomsOf(owner)]
    const asUser = house.freehold.as({ type: 'user', id: house.operator.id })
    for (const rooms of [...strangers, asUser]) {
      await expect(rooms.stays.list()).rejects.toEqual(code('FORBIDDEN'))
      for (const act of ['get', 'end', 'goesOn', 'enter'] as const) {
        await expect(rooms.stays[act](glass)).rejects.toEqual(code('FORBIDDEN'))
      }
    }
    expect(await house.rooms.stays.goesOn(glass)).toBe(true)
    expect((await house.freehold.stays.get(glass)).endedAt).toBeNull()
  })

  it('what cannot be read is refused', async () => {
    const { stays } = house.rooms
    for (const filter of [{ kind: 'visit' }, { open: 'yes' }, { limit: 0 }, { user: user.id }]) {
      await expect(stays.list(filter as never)).rejects.toEqual(code('INPUT_INVALID'))
    }
    await expect(stays.list({ tenant: 'acme' as never })).rejects.toEqual(code('ID_INVALID'))
    await expect(stays.list({ cursor: 'x' })).rejects.toEqual(code('CURSOR_INVALID'))
  })

  it('it ends in a suspended tenant as elsewhere', async () => {
    const other = await house.tenant()
    const someone = await house.person(other)
    const { session } = await house.by(other).impersonation.start({ user: someone, reason: REASON })
    const glass = await house.rooms.stays.open(other, { reason: REASON })
    await house.freehold.tenants.suspend(other)
    expect(await house.rooms.stays.goesOn(session)).toBe(false)
    expect(await house.rooms.stays.goesOn(glass)).toBe(true)
    await house.rooms.stays.end(session)
    await house.rooms.stays.end(glass)
    await house.freehold.tenants.resume(other)
    expect((await other.sessions.get(session.id)).revokedAt).toBeInstanceOf(Date)
  })

  describe('an operator who is bound with a session', () => {
    const signIn = async (email: string) => {
      const answer = await house.platform.signIn.password({ email, password: PASSWORD })
      if (!answer.ok) throw new Error(answer.reason)
      return answer.session.id
    }
    const begin = async (operator: User, sessionId: SessionId) => {
      const actor = { type: 'operator', id: operator.id, sessionId } as const
      const outcome = (work: Promise<unknown>) =>
        work.then(
          () => 'begun',
          ({ code: said, details }) => (details.level ? `${said} ${details.level}` : said),
        )
      return [
        await outcome(acme.as(actor).impersonation.start({ user, reason: REASON })),
        await outcome(house.freehold.as(actor).breakGlass(acme, { reason: REASON })),
        await outcome(house.freehold.as(actor).stays.open(acme, { reason: REASON })),
      ]
    }
    const all = (outcome: string) => [outcome, outcome, outcome]

    it('has signed in a short while ago, in a live session of their own', async () => {
      const operator = await house.hired('admin')
      const session = await signIn(operator.email)
      expect(await begin(operator, session)).toEqual(all('begun'))
      const colleague = await house.hired('admin')
      expect(await begin(colleague, session)).toEqual(all('STEP_UP_REQUIRED 1'))
      expect(await begin(operator, NOBODY)).toEqual(all('STEP_UP_REQUIRED 1'))
      await house.platform.sessions.revoke(session)
      expect(await begin(operator, session)).toEqual(all('STEP_UP_REQUIRED 1'))
      if (!house.database) return
      const old = await signIn(operator.email)
      const text = `update freehold.sessions set authenticated_at = now() - interval '601 seconds' where id = $1`
      await house.database.admin(text, [old])
      expect(await begin(operator, old)).toEqual(all('STEP_UP_REQUIRED 1'))
    })

    it('shows the second factor that they have', async () => {
      const { user: operator, secret } = await house.withApp(house.platform)
      await house.platform.assignments.grant({ principal: operator, role: 'admin' })
      const before = (await house.platform.sessions.list(operator)).items
      expect(before).toEqual([])
      const next = await house.waiting(house.platform, operator)
      const code = await generate({ secret, epoch: house.seconds() })
      const entered = await house.platform.signIn.continue({ token: next.token, code })
      if (!entered.ok) throw new Error(entered.reason)
      expect(await begin(operator, entered.session.id)).toEqual(all('begun'))
      const weak = await house.hired('admin')
      const session = await signIn(weak.email)
      const app = await house.platform.factors.enrolTotp(weak, { name: 'App' })
      const proof = await generate({ secret: app.secret, epoch: house.seconds() })
      await house.platform.factors.confirm(weak, app.factor, { code: proof })
      expect(await begin(weak, session)).toEqual(all('STEP_UP_REQUIRED 2'))
    })
  })
})
