// Acting as a user, and breaking the glass, on a real PostgreSQL, while it is ended or the operator loses what it stands on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantHandle, Tokens, User } from '../../src/index.ts'
import { actionsOf } from '../audit/house.ts'
import { type OperatorHouse, openOperatorHouse } from './house.ts'

let house: OperatorHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openOperatorHouse('postgres')
  acme = await house.tenant()
})
afterAll(() => house.close())

type Loss = (operator: User) => Promise<unknown>
const LOSSES: [string, Loss][] = [
  [
    'the role is taken back',
    async (operator) => {
      const { items } = await house.platform.assignments.list({ principal: operator })
      await house.platform.assignments.revoke(items[0]!)
    },
  ],
  ['the operator is disabled', (operator) => house.platform.users.disable(operator)],
  ['the operator signs out everywhere', (operator) => house.platform.sessions.revokeAll(operator)],
]

const start = async () => {
  const user = await house.person(acme)
  return { user, ...(await house.by(acme).impersonation.start({ user, reason: 'a ticket' })) }
}
const sessions = () => house.freehold.sessions

it('ended while it is used: whoever refreshed meanwhile has nothing that works, and one end is told', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const { session, tokens } = await start()
    const before = (await actionsOf(acme)).length
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 6 }, () => sessions().refresh(tokens.refreshToken))),
      Promise.all(Array.from({ length: 3 }, () => house.by(acme).impersonation.end(session))),
    ])
    for (const answer of answers) {
      if (!answer.ok) continue
      const used = sessions().verify(answer.tokens.accessToken, { mode: 'database' })
      await expect(used).rejects.toMatchObject({ code: 'SESSION_ENDED' })
      expect(await sessions().refresh(answer.tokens.refreshToken)).toMatchObject({ ok: false, reason: 'ended' })
    }
    expect((await actionsOf(acme)).slice(before)).toEqual(['impersonation.ended'])
  }
})

it('started while the user signs out everywhere or is disabled: nothing works afterwards', async () => {
  for (const end of ['revokeAll', 'disable'] as const) {
    const user = await house.person(acme)
    const [answers] = await Promise.all([
      Promise.allSettled(
        Array.from({ length: 6 }, () => house.by(acme).impersonation.start({ user, reason: 'a ticket' })),
      ),
      end === 'disable' ? acme.users.disable(user) : acme.sessions.revokeAll(user),
    ])
    const late = new Set((await acme.sessions.list(user)).items.map(({ id }) => id))
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        expect(answer.reason).toMatchObject({ code: 'USER_UNKNOWN' })
        continue
      }
      // read after the end, in the new epoch: a session of its own right
      const { session, tokens } = answer.value
      const used = sessions().verify(tokens.accessToken, { mode: 'database' })
      if (end === 'revokeAll' && late.has(session.id)) await used
      else await expect(used).rejects.toMatchObject({ code: 'SESSION_ENDED' })
    }
    if (end === 'disable') expect(late.size).toBe(0)
  }
})

const many = <R>(count: number, work: (i: number) => Promise<R>) =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)))
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'passed',
    ({ code }) => code,
  )
const dead = async ({ accessToken, refreshToken }: Tokens) => {
  expect(await codeOf(sessions().verify(accessToken, { mode: 'database' }))).toBe('SESSION_ENDED')
  expect(await sessions().refresh(refreshToken)).toMatchObject({ ok: false, reason: 'ended' })
}

describe.each(LOSSES)('%s', (_, lose) => {
  it('while the session is used and refreshed: nothing that came of it works afterwards, and one end is told', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const [operator, user] = [await house.hired('admin'), await house.person(acme)]
      const { tokens } = await house.by(acme, operator).impersonation.start({ user, reason: 'a ticket' })
      const before = (await actionsOf(acme)).length
      const [answers, used] = await Promise.all([
        many(6, () => sessions().refresh(tokens.refreshToken)),
        many(6, () => codeOf(sessions().verify(tokens.accessToken, { mode: 'database' }))),
        lose(operator),
      ])
      for (const one of used) expect(['passed', 'SESSION_ENDED']).toContain(one)
      for (const answer of answers) if (answer.ok) await dead(answer.tokens)
      await dead(tokens)
      expect((await actionsOf(acme)).slice(before)).toEqual(['impersonation.ended'])
    }
  })

  it('while impersonations begin: what was begun before it is over', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const [operator, user] = [await house.hired('admin'), await house.person(acme)]
      const begin = () => house.by(acme, operator).impersonation.start({ user, reason: 'a ticket' })
      const [begun] = await Promise.all([Promise.allSettled(Array.from({ length: 8 }, begin)), lose(operator)])
      const epoch = (
        await house.database!.admin('select session_epoch from freehold.users where id = $1', [operator.id])
      )[0]!
      for (const one of begun) {
        if (one.status === 'rejected') {
          expect(one.reason).toMatchObject({ code: 'FORBIDDEN' })
          continue
        }
        const { session, tokens } = one.value
        const [stay] = await house.database!.admin('select operator_epoch from freehold.operator_stays where id = $1', [
          session.id,
        ])
        const active = (await house.platform.users.get(operator)).status === 'active'
        const holds = (await house.platform.assignments.list({ principal: operator })).items.length > 0
        // begun by somebody who had signed out everywhere before that: of its own right
        if (active && holds && stay!.operator_epoch === epoch.session_epoch) {
          await sessions().verify(tokens.accessToken, { mode: 'database' })
        } else await dead(tokens)
      }
    }
  })

  it('while a broken glass is used: it refuses afterwards, and one end is told', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const [operator, user] = [await house.hired('admin'), await house.person(acme)]
      const rooms = house.freehold.as({ type: 'operator', id: operator.id })
      const handle = await rooms.breakGlass(acme, { reason: 'a ticket' })
      const before = (await actionsOf(acme)).length
      const [used] = await Promise.all([many(8, () => codeOf(handle.users.get(user))), lose(operator)])
      for (const one of used) expect(['passed', 'BREAK_GLASS_EXPIRED']).toContain(one)
      expect(await many(8, () => codeOf(handle.users.get(user)))).toEqual(Array(8).fill('BREAK_GLASS_EXPIRED'))
      expect((await actionsOf(acme)).slice(before)).toEqual(['break_glass.ended'])
    }
  })
})

it('many colleagues end one stay at once: one end is told in each log', async () => {
  const { session } = await start()
  const [before, platformBefore] = [(await actionsOf(acme)).length, (await actionsOf(house.platform)).length]
  const ended = await many(10, () => house.rooms.stays.end(session))
  expect(new Set(ended.map(({ endedAt }) => endedAt?.getTime())).size).toBe(1)
  expect((await actionsOf(acme)).slice(before)).toEqual(['impersonation.ended'])
  expect((await actionsOf(house.platform)).slice(platformBefore)).toEqual(['impersonation.ended'])
})
