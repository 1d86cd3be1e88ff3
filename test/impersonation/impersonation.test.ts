// Operators who act as users, on both storages.

import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SessionId, TenantHandle, User } from '../../src/index.ts'
import { logOf, PASSWORD, STORAGES } from '../audit/house.ts'
import { code, inHouse, type OperatorHouse } from './house.ts'

const REASON = 'ticket 4711: the report is empty'

describe.each(STORAGES)('on %s', (storage) => {
  let house: OperatorHouse
  let acme: TenantHandle
  let user: User
  inHouse(storage, (scene) => {
    ;({ house, acme, user } = scene)
  })

  const start = (more = {}, who = house.operator) =>
    house.by(acme, who).impersonation.start({ user, reason: REASON, ...more })
  const bearer = (accessToken: string) =>
    house.freehold.authenticate(
      new Request('https://example.test/', { headers: { authorization: `Bearer ${accessToken}` } }),
    )

  it('a session is opened that says who acts, why and until when, in its row, its token and the log', async () => {
    const { session, tokens } = await start()
    expect(session).toMatchObject({
      userId: user.id,
      assuranceLevel: 1,
      authenticationMethods: ['imp'],
      impersonatorId: house.operator.id,
      impersonationReason: REASON,
    })
    expect(session.absoluteExpiresAt.getTime() - session.createdAt.getTime()).toBe(30 * 60_000)
    expect(session.idleExpiresAt).toEqual(session.absoluteExpiresAt)
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ sub: user.id, act: { sub: house.operator.id } })
    for (const mode of ['signature', 'cached', 'database'] as const) {
      const verified = await house.freehold.sessions.verify(tokens.accessToken, { mode })
      expect(verified.impersonator).toEqual({ id: house.operator.id })
    }
    expect((await acme.sessions.list(user)).items[0]).toMatchObject({ impersonatorId: house.operator.id })
    expect((await logOf(acme)).at(-1)).toMatchObject({
      action: 'impersonation.started',
      actor: { type: 'operator', id: house.operator.id },
      targets: [
        { type: 'session', id: session.id },
        { type: 'user', id: user.id },
      ],
      details: { reason: REASON },
    })
  })

  it('a session of the user says nothing of operators', async () => {
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (!answer.ok) throw new Error('nobody signed in')
    expect(answer.session.impersonatorId).toBeNull()
    expect(decodeJwt(answer.tokens.accessToken)).not.toHaveProperty('act')
    expect(await house.freehold.sessions.verify(answer.tokens.accessToken)).not.toHaveProperty('impersonator')
  })

  it('a refresh keeps who acts, and never extends the time', async () => {
    const { session, tokens } = await start({ lifetimeMs: 60_000 })
    const refreshed = await house.freehold.sessions.refresh(tokens.refreshToken)
    if (!refreshed.ok) throw new Error(refreshed.reason)
    expect(refreshed.session.idleExpiresAt).toEqual(session.absoluteExpiresAt)
    expect(refreshed.session.absoluteExpiresAt).toEqual(session.absoluteExpiresAt)
    expect(refreshed.tokens.refreshTokenExpiresInMs).toBeLessThanOrEqual(60_000)
    expect(refreshed.tokens.accessTokenExpiresInMs).toBeLessThanOrEqual(60_000)
    expect(decodeJwt(refreshed.tokens.accessToken)).toMatchObject({ act: { sub: house.operator.id } })
  })

  it('it ends when its time is over', async () => {
    const { tokens } = await start({ lifetimeMs: 1000 })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await house.freehold.sessions.refresh(tokens.refreshToken)).toMatchObject({ reason: 'ended' })
    await expect(house.freehold.sessions.verify(tokens.accessToken, { mode: 'database' })).rejects.toEqual(
      code('SESSION_ENDED'),
    )
  })

  it('only an operator who holds the right in the platform tenant starts it', async () => {
    const log = (await logOf(acme)).length
    const [viewer, disabled] = [await house.hired('viewer'), await house.hired('admin')]
    await house.platform.users.disable(disabled)
    const owner = await house.person(acme)
    await acme.assignments.grant({ principal: owner, role: 'owner' })
    const granted = (await logOf(acme)).length - log
    const given = { user, reason: REASON }
    for (const who of [viewer, disabled, owner]) await expect(start({}, who)).rejects.toEqual(code('FORBIDDEN'))
    for (const handle of [acme, acme.as({ type: 'user', id: house.operator.id }), acme.as({ type: 'operator' })]) {
      await expect(handle.impersonation.start(given)).rejects.toEqual(code('FORBIDDEN'))
    }
    expect((await logOf(acme)).length).toBe(log + granted)
  })

  it('nobody acts as a user of the platform tenant, nor as one who is not there or not active', async () => {
    const other = await house.hired('viewer')
    const acting = house.by(house.platform).impersonation.start({ user: other, reason: REASON })
    await expect(acting).rejects.toEqual(code('IMPERSONATION_REFUSED'))
    const gone = await acme.users.disable(await house.person(acme))
    for (const absent of [gone, other]) {
      await expect(start({ user: absent })).rejects.toEqual(code('USER_UNKNOWN'))
    }
  })

  it.each([
    ['no reason', { reason: undefined }],
    ['an empty one', { reason: '  ' }],
    ['a long one', { reason: 'x'.repeat(501) }],
    ['no time', { lifetimeMs: 0 }],
    ['more than 8 hours', { lifetimeMs: 8 * 3_600_000 + 1 }],
    ['half a millisecond', { lifetimeMs: 1000.5 }],
    ['another field', { assuranceLevel: 3 }],
    ['an address that is none', { client: { ip: 7 } }],
  ])('%s is refused, and nothing is opened', async (_, more) => {
    const before = (await acme.sessions.list(user)).items.length
    await expect(start(more)).rejects.toEqual(code('INPUT_INVALID'))
    expect((await acme.sessions.list(user)).items.length).toBe(before)
  })

  it('a request in it acts as the user, and every event says who acted', async () => {
    const { session, tokens } = await start()
    const context = await bearer(tokens.accessToken)
    expect(context.impersonator).toEqual({ id: house.operator.id })
    expect(context.actor).toMatchObject({ type: 'user', id: user.id, impersonatorId: house.operator.id })
    await context.tenant.audit.record({ action: 'note.read' })
    const actor = { type: 'user', id: user.id, sessionId: session.id, impersonatorId: house.operator.id }
    expect((await logOf(acme)).at(-1)).toMatchObject({ action: 'note.read', actor })
    expect(await house.freehold.sessions.end(tokens.refreshToken)).toBe(true)
    expect((await logOf(acme)).at(-1)).toMatchObject({ action: 'impersonation.ended', actor })
  })

  describe('what is out of its reach', () => {
    let acting: TenantHandle
    let session: SessionId
    let accessToken: string
    beforeAll(async () => {
      const opened = await start()
      session = opened.session.id
      accessToken = opened.tokens.accessToken
      acting = (await bearer(accessToken)).tenant
    })

    const id = '01890a5d-ac96-774b-bcce-b302099a8057' as never
    const SEEN: Readonly<Record<string, readonly string[]>> = {
      factors: ['list', 'recoveryCodesLeft'],
      passkeys: ['list'],
      accounts: ['invite'],
      apiKeys: ['get', 'list'],
      serviceAccounts: ['get', 'list'],
    }

    it.each(Object.keys(SEEN))('%s: everything but reading', async (room) => {
      const before = (await logOf(acme)).length
      const here = Reflect.get(acting, room) as Record<string, (...asked: unknown[]) => Promise<unknown>>
      const methods = Object.keys(here).filter((name) => !SEEN[room]!.includes(name))
      expect(methods.length).toBeGreaterThan(2)
      for (const name of methods)
        await expect(here[name]!(user, id), name).rejects.toEqual(code('IMPERSONATION_REFUSED'))
      if (room !== 'accounts' && room !== 'factors') {
        await acting.transaction(async (tx) => {
          const inside = Reflect.get(tx, room) as typeof here
          for (const name of methods)
            await expect(inside[name]!(user, id)).rejects.toEqual(code('IMPERSONATION_REFUSED'))
        })
      }
      expect((await logOf(acme)).length).toBe(before)
    })

    it('the password', async () => {
      const refused = acting.users.setPassword(user, 'another lantern at sea')
      await expect(refused).rejects.toEqual(code('IMPERSONATION_REFUSED'))
      expect(await acme.signIn.password({ email: user.email, password: PASSWORD })).toMatchObject({ ok: true })
    })

    it('a step-up, even with the right password', async () => {
      for (const password of [{}, { password: PASSWORD }]) {
        expect(await acme.signIn.stepUp({ session, ...password })).toMatchObject({ ok: false, reason: 'denied' })
      }
    })

    it('a demand for a proof, however young the session is', async () => {
      const context = await bearer(accessToken)
      expect(context.requireAssurance({ aal: 1 }).session.id).toBe(session)
      for (const demand of [{ aal: 2 }, { maxAgeMs: 3_600_000 }] as const) {
        expect(() => context.requireAssurance(demand)).toThrow(code('IMPERSONATION_REFUSED'))
      }
    })

    it('what the host asks in its session, by a handle of its own', async () => {
      const { accounts } = acme
      const [email, phone] = ['other@example.test', '+34600000042']
      const stepUp = code('STEP_UP_REQUIRED')
      await expect(accounts.requestEmailChange(user, { email, session })).rejects.toEqual(stepUp)
      await expect(accounts.requestPhoneChange(user, { phone, session })).rejects.toEqual(stepUp)
      await expect(acme.accounts.deactivate(user, { session })).rejects.toEqual(code('STEP_UP_REQUIRED'))
      const forgotten = acme.as({ type: 'user', id: user.id, sessionId: session })
      await expect(forgotten.factors.enrolTotp(user, { name: 'App' })).rejects.toEqual(code('STEP_UP_REQUIRED'))
      await expect(forgotten.passkeys.registrationOptions(user)).rejects.toEqual(code('STEP_UP_REQUIRED'))
    })

    it('A10: the proof of an address in its session removes the password as anywhere else', async () => {
      const other = await house.person(acme, { emailVerified: false })
      const opened = await start({ user: other })
      await acme.accounts.requestEmailVerification({ email: other.email })
      const { tokenIn } = await import('../../src/adapters/testing/index.ts')
      const token = tokenIn(await house.mailbox.last({ to: other.email })) ?? ''
      const proof = await acme.accounts.confirmEmail({ token, session: opened.session.id })
      expect(proof.passwordRemoved).toBe(true)
    })
  })

  it('ends when it is ended, once', async () => {
    const { session, tokens } = await start()
    await house.by(acme).impersonation.end(session)
    expect((await logOf(acme)).at(-1)).toMatchObject({ action: 'impersonation.ended', actor: { type: 'operator' } })
    const length = (await logOf(acme)).length
    await house.by(acme).impersonation.end(session.id)
    expect((await logOf(acme)).length).toBe(length)
    await expect(house.freehold.sessions.verify(tokens.accessToken)).rejects.toEqual(code('SESSION_ENDED'))
    expect(await house.freehold.sessions.refresh(tokens.refreshToken)).toMatchObject({ ok: false, reason: 'ended' })
  })

  it('a session of the user is none of an operator’s', async () => {
    const answer = await acme.signIn.password({ email: user.email, password: PASSWORD })
    if (!answer.ok) throw new Error('nobody signed in')
    await expect(house.by(acme).impersonation.end(answer.session)).rejects.toEqual(code('SESSION_UNKNOWN'))
    expect(await house.freehold.sessions.refresh(answer.tokens.refreshToken)).toMatchObject({ ok: true })
  })

  it('an operator who is disabled gets no further token, and is refused at once by who asks the database', async () => {
    const operator = await house.hired('admin')
    const { tokens } = await start({}, operator)
    await house.platform.users.disable(operator)
    const ended = house.freehold.sessions.verify(tokens.accessToken, { mode: 'database' })
    await expect(ended).rejects.toEqual(code('SESSION_ENDED'))
    expect(await house.freehold.sessions.refresh(tokens.refreshToken)).toMatchObject({ ok: false, reason: 'ended' })
  })

  it('whoever says that somebody acts for another than a user is refused', () => {
    const impersonatorId = house.operator.id
    expect(() => acme.as({ type: 'system', impersonatorId })).toThrow(code('INPUT_INVALID'))
    expect(() => acme.as({ type: 'user', id: user.id, impersonatorId: 'x' })).toThrow(code('ID_INVALID'))
  })
})
