// Risk at the door, on memory and on PostgreSQL: what is scored, stored, told, challenged, refused, and learned.

import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClientInfo, GeoPlace, TenantHandle, User } from '../../../src/index.ts'
import { logOf, PASSWORD, STORAGES } from '../../audit/house.ts'
import { refused } from '../../setup/refusal.ts'
import { type FactorHouse, next, openFactorHouse } from '../factor-house.ts'
import { BERLIN, MEXICO_CITY } from './inputs.ts'

const HOME = '192.0.2.7'
const ABROAD = '198.51.100.7'
const GATEWAY = '192.0.2.99'
const NOWHERE = '203.0.113.7'
const BROKEN = '203.0.113.99'
const PLACES: Readonly<Record<string, GeoPlace>> = {
  [HOME]: { ...MEXICO_CITY, city: 'Mexico City' },
  [ABROAD]: { ...BERLIN, city: 'Berlin' },
  // 30 km from home
  [GATEWAY]: { country: 'MX', latitude: 19.43, longitude: -98.84 },
}
const WRONG = 'copper giraffe lullaby'

const lastOf = async (handle: TenantHandle) => (await logOf(handle)).at(-1)!

describe.each(STORAGES)('risk at the door, on %s', (storage) => {
  const errors: unknown[] = []
  let leaked = false
  let house: FactorHouse
  let acme: TenantHandle
  let ana: User
  beforeAll(async () => {
    house = await openFactorHouse(storage, {
      geo: {
        locate(ip) {
          if (ip === BROKEN) throw new Error('the file is gone')
          return PLACES[ip]
        },
      },
      leakedPasswords: {
        // of PASSWORD's SHA-1
        suffixes: async (prefix) => {
          if (!leaked) return []
          const hash = createHash('sha1').update(PASSWORD).digest('hex').toUpperCase()
          return hash.startsWith(prefix) ? [`${hash.slice(5)}:7`] : []
        },
      },
      onError: (error) => errors.push(error),
      tenants: { resolve: ['path'] },
    })
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    leaked = false
    acme = await house.tenant()
    ana = await house.person(acme)
  })

  async function enter(ip: string, client: ClientInfo = {}, user: Pick<User, 'email'> = ana, password = PASSWORD) {
    // within one millisecond no time has passed, and no journey is impossible
    await setTimeout(5)
    return acme.signIn.password({ email: user.email, password, client: { ip, ...client } })
  }
  const scope = () => house.storage.tenant({ id: acme.id, location: house.storage.sharedLocation })
  const profile = () => scope().records.get('sign_in_profiles', { user_id: ana.id })
  const told = () => scope().records.find('security_events', { where: { kind: 'sign_in.risk' }, limit: 10 })
  const restrict = (risk: object) => house.freehold.tenants.update(acme, { settings: { authentication: { risk } } })
  /** The handle of the tenant as it is now. */
  const reopen = async () => {
    acme = await house.freehold.tenant(acme.id)
  }

  it('X01: the first sign-in is no alarm, and is learned with its place, hour and count', async () => {
    const entered = await enter(HOME)
    expect(entered).toMatchObject({
      ok: true,
      session: { country: 'MX', city: 'Mexico City', riskScore: 0, riskFlags: [] },
    })
    expect(await profile()).toMatchObject({ sign_ins: 1, last_country: 'MX', last_latitude: 19.43 })
    expect((await lastOf(acme)).actor.riskScore).toBe(0)
    expect(await told()).toEqual([])
    // no coordinates, no address, nothing known of it
    for (const ip of [NOWHERE, '']) {
      expect(await enter(ip)).toMatchObject({ ok: true, session: { country: null, riskScore: 0 } })
    }
    expect(await profile()).toMatchObject({ sign_ins: 3, last_country: null, last_latitude: null })
  })

  it('X02: two sign-ins within seconds, 30 km apart, are nothing', async () => {
    await enter(HOME)
    expect(await enter(GATEWAY)).toMatchObject({ ok: true, session: { riskScore: 0, riskFlags: [] } })
  })

  it('M05: a trusted device stands in for the second factor, and not where the risk asks for one', async () => {
    const { user, code } = await house.withApp(acme)
    const device = (token?: string): ClientInfo => ({ device: token === undefined ? {} : { token } })
    const asked = next(await enter(HOME, device(), user))
    const client = { ip: HOME, ...device() }
    const trusting = { token: asked.token, code: await code(), client, trustDevice: true }
    const entered = await acme.signIn.continue(trusting)
    if (!entered.ok || !entered.device) throw new Error('nobody signed in on a device')
    const { token, device: trusted } = entered.device
    expect(trusted.trustedUntil).toBeInstanceOf(Date)
    expect(await enter(HOME, device(token), user)).toMatchObject({
      ok: true,
      session: { assuranceLevel: 1, riskFlags: [] },
    })
    // the same device, 9,700 km away within the second
    const again = next(await enter(ABROAD, device(token), user))
    expect(again.factors.map(({ type }) => type)).toContain('totp')
    expect((await lastOf(acme)).details).toMatchObject({ riskFlags: ['impossible-travel', 'new-country'] })
    const answer = await acme.signIn.continue({
      token: again.token,
      code: await code(1),
      client: { ip: ABROAD, ...device(token) },
    })
    expect(answer).toMatchObject({ ok: true, session: { assuranceLevel: 2, deviceId: trusted.id, country: 'DE' } })
    expect(await enter(HOME, device(token), user)).toMatchObject({ ok: true, session: { assuranceLevel: 1 } })
  })

  it('X03: whoever comes first from a new place does not make it home', async () => {
    await enter(HOME)
    const before = await profile()
    // 9,700 km in no time: a second factor is due; there is none, and the host lets that pass
    const attacker = await enter(ABROAD)
    expect(attacker).toMatchObject({
      ok: true,
      session: { country: 'DE', riskFlags: ['impossible-travel', 'new-country'] },
    })
    expect(await profile()).toEqual(before)
    expect(await enter(HOME)).toMatchObject({ ok: true, session: { riskScore: 0, riskFlags: [] } })
    const [event, ...others] = await told()
    expect(others).toEqual([])
    expect(event).toMatchObject({
      user_id: ana.id,
      ip: ABROAD,
      risk_flags: ['impossible-travel', 'new-country'],
      details: {
        verdict: 'step-up',
        reasons: [expect.stringContaining(' km from the last sign-in'), expect.any(String)],
      },
    })
    expect(event!.risk_score).toBeCloseTo(1 - 0.3 * 0.6, 9)
  })

  it('X03: a challenge that was passed teaches nothing either, and its session says what spoke against it', async () => {
    const { user, code } = await house.withApp(acme)
    ana = user
    const home = next(await enter(HOME))
    expect(await acme.signIn.continue({ token: home.token, code: await code() })).toMatchObject({ ok: true })
    // asked by rule, not for its risk: that is what is usual
    expect(await profile()).toMatchObject({ sign_ins: 1, last_country: 'MX' })
    const before = await profile()
    const { token } = next(await enter(ABROAD))
    expect((await lastOf(acme)).details).toMatchObject({ riskFlags: ['impossible-travel', 'new-country'] })
    expect(await told()).toHaveLength(1)
    const passed = await acme.signIn.continue({ token, code: await code(1) })
    expect(passed).toMatchObject({ ok: true, session: { country: 'DE', assuranceLevel: 2 } })
    expect(passed.ok && passed.session.riskScore).toBeGreaterThan(0.5)
    expect(await profile()).toEqual(before)
    expect(await told()).toHaveLength(1)
  })

  it('a tenant that denies from a score on refuses with one event, and an answer that does not tell why', async () => {
    await enter(HOME)
    await restrict({ denyFrom: 0.3 })
    await reopen()
    const before = await scope().records.count('audit_events')
    expect(await enter(ABROAD)).toEqual({ ok: false, reason: 'denied' })
    expect(await scope().records.count('audit_events')).toBe(before + 1)
    const event = await lastOf(acme)
    expect(event).toMatchObject({
      action: 'sign_in.denied',
      outcome: 'denied',
      targets: [{ type: 'user', id: ana.id }],
      details: { riskFlags: ['impossible-travel', 'new-country'] },
    })
    expect(event.actor.riskScore).toBeCloseTo(0.82, 9)
    expect(await told()).toMatchObject([{ user_id: ana.id, details: { verdict: 'deny' } }])
    expect(await enter(HOME)).toMatchObject({ ok: true })
  })

  it('thresholds are each tenant’s own, and checked when they are set', async () => {
    await enter(HOME)
    expect(await enter(ABROAD)).toMatchObject({ ok: true })
    await restrict({ stepUpFrom: 0.1, denyFrom: 0.2 })
    const other = await house.tenant()
    const bo = await house.person(other)
    const client = (ip: string) => ({ email: bo.email, password: PASSWORD, client: { ip } })
    await other.signIn.password(client(HOME))
    await setTimeout(5)
    expect(await other.signIn.password(client(ABROAD))).toMatchObject({ ok: true })
    await reopen()
    expect(await enter(ABROAD)).toEqual({ ok: false, reason: 'denied' })
    for (const wrong of [{ denyFrom: 7 }, { stepUpFrom: 0.9, denyFrom: 0.1 }, { high: 1 }, 'strict']) {
      await refused(() => restrict(wrong as object), 'INPUT_INVALID')
    }
    await house.freehold.tenants.update(acme, { settings: { authentication: null } })
    await reopen()
    expect(await enter(HOME)).toMatchObject({ ok: true })
  })

  it('many accounts that fail from one address speak against the next one from there, known to this tenant or not', async () => {
    for (let i = 0; i < 12; i++) await enter(HOME, {}, { email: `made-up-${i}@example.test` }, WRONG)
    const entered = await enter(HOME, { signals: { userAgent: 'python-requests/2.32.5' } })
    if (!entered.ok) throw new Error(entered.reason)
    expect(entered.session.riskFlags).toEqual(
      expect.arrayContaining(['credential-stuffing', 'automation', 'ip-velocity']),
    )
    expect(entered.session.riskScore).toBeGreaterThan(0.8)
    expect(await profile()).toBeUndefined()
    // elsewhere it is as if nothing had happened
    expect(await enter(ABROAD)).toMatchObject({ ok: true, session: { riskScore: 0 } })
  })

  it('wrong passwords speak against the right one after them', async () => {
    for (let i = 0; i < 5; i++) await enter(HOME, {}, ana, WRONG)
    const entered = await enter(ABROAD)
    expect(entered).toMatchObject({ ok: true, session: { riskFlags: ['user-velocity'] } })
  })

  it('a leaked password is asked about once it was right, and is a reason to step up', async () => {
    leaked = true
    expect(await enter(HOME)).toMatchObject({ ok: true, session: { riskScore: 0.5, riskFlags: ['leaked-password'] } })
    expect(await told()).toMatchObject([{ details: { reasons: ['the password is on a list of leaked passwords'] } }])
  })

  it('a geo provider that fails stops nobody, and onError is told', async () => {
    errors.length = 0
    expect(await enter(BROKEN)).toMatchObject({ ok: true, session: { country: null, riskScore: 0 } })
    expect(errors).toEqual([expect.objectContaining({ message: 'the file is gone' })])
  })

  it('signals of a client are checked like the rest of it', async () => {
    for (const signals of [{ formMs: -1 }, { userAgent: 7 }, { header: 'x' }, 'curl']) {
      await refused(() => enter(HOME, { signals: signals as never }), 'INPUT_INVALID')
    }
  })

  it('A06: a forged X-Forwarded-For moves nobody: the place is that of the address that was reached from', async () => {
    const { slug } = acme.tenant
    const request = new Request(`http://localhost/t/${slug}/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `${HOME}, ${HOME}, ${HOME}` },
      body: JSON.stringify({ email: ana.email, password: PASSWORD, transport: 'body' }),
    })
    const response = await house.freehold.handler(request, { peerAddress: ABROAD })
    expect(response.status).toBe(200)
    const [session] = await scope().records.find('sessions', { where: { user_id: ana.id }, limit: 2 })
    expect(session).toMatchObject({ ip: ABROAD, country: 'DE', city: 'Berlin' })
  })
})

it('where the host says so, whoever has nothing to step up with is refused', async () => {
  const house = await openFactorHouse('memory', {
    geo: { locate: (ip) => PLACES[ip] },
    risk: { withoutFactor: 'deny' },
  })
  const acme = await house.tenant()
  const { email } = await house.person(acme)
  const enter = (ip: string) => acme.signIn.password({ email, password: PASSWORD, client: { ip } })
  expect(await enter(HOME)).toMatchObject({ ok: true })
  await setTimeout(5)
  expect(await enter(ABROAD)).toEqual({ ok: false, reason: 'denied' })
  await house.close()
})
