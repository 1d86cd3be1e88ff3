// Acting as a user on a real PostgreSQL, while it is ended.

import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TenantHandle } from '../../src/index.ts'
import { actionsOf } from '../audit/house.ts'
import { type OperatorHouse, openOperatorHouse } from './house.ts'

let house: OperatorHouse
let acme: TenantHandle
beforeAll(async () => {
  house = await openOperatorHouse('postgres')
  acme = await house.tenant()
})
afterAll(() => house.close())

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
