// What may happen once, tried by many connections at the same time.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { PasskeyRequestOptions } from '../../src/core/authentication/passkeys/ceremony.ts'
import type { User } from '../../src/core/identity/user.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { Authenticator } from './authenticator.ts'
import { type House, openHouse } from './house.ts'

const { newId } = systemRuntime()
const AT_ONCE = 10
let database: TestDatabase
let house: House
let ana: User
beforeAll(async () => {
  database = await createTestDatabase({ connections: AT_ONCE })
  const storage = postgres({ pool: database.appPool, listen: false })
  house = await openHouse(storage, { settings: { attempts: { free: 100 } } })
  ana = await house.town.person()
})
afterAll(() => database.close())

const many = <R>(work: (i: number) => Promise<R>) => Promise.all(Array.from({ length: AT_ONCE }, (_, i) => work(i)))

it('W02: one answer, shown many times at once, opens one session', async () => {
  for (const counter of [0, 5]) {
    const { authenticator, passkey } = await house.equip(ana, { counter })
    const before = (await house.town.alive(ana)).length
    const response = authenticator.get(await house.signIn.options(), house.page)
    const entered = await many(() => house.signIn.verify({ response }))
    expect(entered.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await house.town.alive(ana)).toHaveLength(before + 1)
    expect(await house.row(passkey)).toMatchObject({ clone_suspected_at: null })
  }
})

it('W01: an original and its copies at the same counter open one session, and the others are told', async () => {
  const { authenticator, passkey } = await house.equip(ana, { counter: 20 })
  const before = (await house.town.alive(ana)).length
  const options = await many(() => house.signIn.options())
  const answers = options.map((asked) => {
    authenticator.counter = 20
    return authenticator.get(asked, house.page)
  })
  const entered = await many((i) => house.signIn.verify({ response: answers[i]! }))
  expect(entered.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await house.town.alive(ana)).toHaveLength(before + 1)
  expect(await house.row(passkey)).toMatchObject({ sign_count: 21, clone_suspected_at: expect.any(Date) })
  const events = await house.context.scope.records.find('security_events', { limit: 100 })
  const told = events.filter(({ details }) => details.passkeyId === passkey.id)
  expect(told).toHaveLength(AT_ONCE - 1)
})

it('W01: as a second factor, of copies at the same counter one is taken and the others are told', async () => {
  const eve = await house.town.person()
  const { authenticator, passkey } = await house.equip(eve, { counter: 20, userVerified: false })
  const first = {
    user: (await house.context.scope.records.get('users', { id: eve.id }))!,
    methods: ['pwd'],
    assuranceLevel: 1,
    usedFactors: [],
  } as const
  const begun = await many(async () => {
    const asked = await house.engine.conclude(house.context, first)
    if (asked.ok || asked.reason !== 'factor-required') throw new Error('no factor was asked for')
    const { token } = asked.next
    const { details } = await house.engine.begin(house.context, { token })
    authenticator.counter = 20
    return { token, assertion: { ...authenticator.get(details.options as PasskeyRequestOptions, house.page) } }
  })
  const entered = await many((i) => house.engine.resume(house.context, begun[i]!, begun[i]!))
  expect(entered.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await house.town.alive(eve)).toHaveLength(1)
  expect(await house.row(passkey)).toMatchObject({ sign_count: 21, clone_suspected_at: expect.any(Date) })
  const told = await house.context.scope.records.find('security_events', { where: { user_id: eve.id }, limit: 100 })
  expect(told.map(({ kind }) => kind)).toEqual(Array.from({ length: AT_ONCE - 1 }, () => 'passkey.clone_suspected'))
  // shown again, an answer that was told of is told of no second time
  await many((i) => house.engine.resume(house.context, begun[i]!, begun[i]!))
  expect(await house.context.scope.records.count('security_events', { user_id: eve.id })).toBe(AT_ONCE - 1)
})

it('W02: one registration, sent many times at once, makes one passkey', async () => {
  const ben = await house.town.person()
  const response = new Authenticator().create(await house.passkeys.registrationOptions(ben), house.page)
  const made = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () => house.passkeys.register(ben, { response })),
  )
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await house.passkeys.list(ben)).toHaveLength(1)
})

it('of two last passkeys, removed at once, one stays', async () => {
  for (let round = 0; round < 5; round++) {
    const cleo = await house.town.users.create({ email: `${newId()}@example.test` })
    const pair = [await house.equip(cleo), await house.equip(cleo)]
    const removed = await Promise.allSettled(pair.map(({ passkey }) => house.passkeys.remove(cleo, passkey)))
    expect(removed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await house.passkeys.list(cleo)).toHaveLength(1)
  }
})

it('many registered at once stay within what a user may have', async () => {
  const dan = await house.town.person()
  for (let i = 0; i < 15; i++) await house.equip(dan, { algorithm: 'EdDSA' })
  const made = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => house.equip(dan, { algorithm: 'EdDSA' })))
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  expect(await house.passkeys.list(dan)).toHaveLength(20)
})
