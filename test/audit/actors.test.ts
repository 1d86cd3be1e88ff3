// In whose name: handles, transactions and the instance bound to an actor, and what nobody can say of themselves.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Actor, PLATFORM_TENANT_ID, type TenantHandle } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, logOf, openHouse, PASSWORD } from './house.ts'

let house: House
let acme: TenantHandle
const OPERATOR: Actor = { type: 'operator', id: '01890a5d-ac96-774b-bcce-b302099a8057' }
const ADMIN: Actor = { type: 'user', id: '01890a5d-ac96-774b-bcce-b302099a8001', requestId: 'r-1', ip: '192.0.2.1' }

beforeAll(async () => {
  house = await openHouse('memory')
  acme = await house.tenant()
})
afterAll(() => house.close())

const lastOf = async (handle: TenantHandle) => (await logOf(handle)).at(-1)!
let made = 0
const fresh = () => ({ email: `u${++made}@example.test`, password: PASSWORD })

it('without a name it is the host’s own code', async () => {
  await acme.users.create(fresh())
  expect((await lastOf(acme)).actor).toEqual({ type: 'system' })
})

it('a handle, its transactions and their parts act in the name of whom they are bound to', async () => {
  const bound = acme.as(ADMIN)
  await bound.users.create(fresh())
  expect((await lastOf(acme)).actor).toEqual(ADMIN)
  await bound.transaction(async (tx) => {
    await tx.users.create(fresh())
    await tx.transaction((part) => part.audit.record({ action: 'note.written' }))
    await tx.as(OPERATOR).audit.record({ action: 'note.written' })
    await tx.as(OPERATOR).transaction((part) => part.audit.record({ action: 'note.written' }))
    await tx.audit.record({ action: 'note.written' })
  })
  const actors = (await logOf(acme)).slice(-5).map(({ actor }) => actor)
  expect(actors).toEqual([ADMIN, ADMIN, OPERATOR, OPERATOR, ADMIN])
  // the one that was there stays whose it was
  await acme.users.create(fresh())
  expect((await lastOf(acme)).actor).toEqual({ type: 'system' })
})

it('the instance in somebody’s name opens handles in that name, and writes what it does to tenants as theirs', async () => {
  const { freehold } = house
  const theirs = freehold.as(OPERATOR)
  const globex = await theirs.tenants.create({ slug: 'globex', name: 'Globex' })
  await globex.users.create(fresh())
  const opened = await theirs.tenant('globex')
  await opened.users.create(fresh())
  await theirs.tenants.suspend('globex', { reason: 'unpaid' })
  await theirs.as(ADMIN).tenants.resume('globex')
  await freehold.tenants.update('globex', { name: 'Globex Corp' })
  const log = (await logOf(globex)).map(({ action, actor }) => [action, actor])
  expect(log).toEqual([
    ['tenant.created', OPERATOR],
    ['user.created', OPERATOR],
    ['user.created', OPERATOR],
    ['tenant.suspended', OPERATOR],
    ['tenant.resumed', ADMIN],
    ['tenant.updated', { type: 'system' }],
  ])
  await theirs.tenants.remove('globex')
  await theirs.tenants.purge('globex')
  const platform = await freehold.tenant(PLATFORM_TENANT_ID)
  expect(await lastOf(platform)).toMatchObject({
    action: 'tenant.purged',
    actor: OPERATOR,
    targets: [{ type: 'tenant', id: globex.id }],
    details: { slug: 'globex' },
  })
})

it('who signs in is the user from then on, in the request it was done in', async () => {
  const anna = fresh()
  const { id } = await acme.users.create(anna)
  const web = acme.as({ type: 'system', requestId: 'r-9', ip: '192.0.2.9', deviceId: OPERATOR.id! })
  const answer = await web.signIn.password({ ...anna, client: { userAgent: 'test\0agent' } })
  if (!answer.ok) throw new Error('nobody signed in')
  const { session } = answer
  expect((await lastOf(acme)).actor).toEqual({
    type: 'user',
    id,
    sessionId: session.id,
    requestId: 'r-9',
    ip: '192.0.2.9',
    deviceId: OPERATOR.id,
    userAgent: 'testagent',
    riskScore: 0,
  })
  await house.freehold.sessions.end(answer.tokens.refreshToken)
  expect(await lastOf(acme)).toMatchObject({
    action: 'session.ended',
    actor: { type: 'user', id, sessionId: session.id },
  })
})

it('settings are told by their names, flags by their values, people by the fields that changed', async () => {
  const change = { settings: { smtpPassword: 'hush', theme: 'dark' }, featureFlags: { beta: true } }
  await house.freehold.plans.put({ key: 'pro', name: 'Pro', features: {}, limits: {} })
  await house.freehold.tenants.update(acme, { plan: 'pro', ...change })
  const updated = await lastOf(acme)
  expect(updated).toMatchObject({
    changes: { plan: { from: null, to: 'pro' }, settings: {}, featureFlags: { from: {}, to: { beta: true } } },
    details: { settings: ['smtpPassword', 'theme'] },
  })
  expect(JSON.stringify(updated)).not.toMatch(/hush|dark/)
  const user = await acme.users.create({ ...fresh(), name: 'Anna Ohnegleich' })
  await acme.users.update(user, { name: 'Anna Other', metadata: { street: 'Elm' } })
  const log = JSON.stringify((await logOf(acme)).slice(-2))
  expect((await lastOf(acme)).changes).toEqual({ name: {}, metadata: {} })
  expect(log).not.toMatch(/Anna|Elm|example\.test/)
})

it('a change of everything at once, as large as it can be, fits into an event', async () => {
  const flags = (value: boolean) =>
    Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`${'ü'.repeat(48)}${i}`, value]))
  const settings = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${'日'.repeat(80)}${i}`, i]))
  const before = await house.freehold.tenants.update(acme, { featureFlags: flags(true) })
  expect(Object.keys(before.featureFlags)).toHaveLength(151)
  await house.freehold.tenants.update(acme, { name: '日'.repeat(200), featureFlags: flags(false), settings })
  const { details } = await lastOf(acme)
  expect((details.settings as string[]).length).toBe(40)
})

it('nobody is bound who cannot be', async () => {
  const bad = [undefined, {}, { type: 'root' }, { type: 'user', id: 'anna' }, { ...ADMIN, admin: true }] as Actor[]
  for (const actor of bad) {
    const code = actor?.type === 'user' && actor.id === 'anna' ? 'ID_INVALID' : 'INPUT_INVALID'
    await refused(() => acme.as(actor), code)
    await refused(() => house.freehold.as(actor), code)
    await acme.transaction(async (tx) => {
      await refused(() => tx.as(actor), code)
    })
  }
})
