// Invitations on a real PostgreSQL: accepted once by any number of callers, ended by one of those who end them, counted against
// the plan exactly; and a connection that is cut leaves them accepted with all that they give, or not.

import { describe, expect, it } from 'vitest'
import { type Mailbox, tokenIn } from '../../src/adapters/testing/index.ts'
import { type Freehold, FreeholdError, type NewInvitation, type TenantHandle } from '../../src/index.ts'
import type { TestDatabase } from '../setup/database.ts'
import type { TestProxy } from '../setup/proxy.ts'
import { PASSWORD } from './house.ts'
import { inRaceHouse } from './race-house.ts'

const CALLERS = 20
let mailbox: Mailbox

let database: TestDatabase
let proxy: TestProxy
let freehold: Freehold<unknown, string>
let cut: Freehold<unknown, string>
let acme: TenantHandle
let made = 0
inRaceHouse(CALLERS, (house, tenant) => {
  ;({ mailbox, database, proxy, freehold, cut } = house)
  acme = tenant
})

const address = () => `guest${++made}@example.test`
async function invite(email: string, given: Partial<NewInvitation> = {}) {
  const invitation = await acme.invitations.send({ email, ...given })
  return { invitation, token: tokenIn(await mailbox.last({ kind: 'invitation', to: email })) ?? '' }
}
/** What was answered, and with which codes the others were refused. */
async function all(works: readonly (() => Promise<unknown>)[]) {
  const settled = await Promise.allSettled(works.map((work) => work()))
  const lost = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  for (const error of lost) if (!FreeholdError.is(error)) throw error
  return { won: settled.length - lost.length, lost: lost.map(({ code }) => String(code)) }
}
const team = async () =>
  acme.teams.create({ organization: await acme.organizations.get('main'), key: `team-${++made}` })
const many = (work: () => Promise<unknown>) => Array.from({ length: CALLERS }, () => work)
const count = async (table: string, more = '') => {
  const [row] = await database.admin(`select count(*)::int as n from freehold.${table} where tenant_id = $1 ${more}`, [
    acme.id,
  ])
  return row!.n
}

describe('races', () => {
  it('T02, A02: one of many joins, or accepts, and holds what is given once', async () => {
    const team = await acme.teams.create({ organization: await acme.organizations.get('main'), key: 'team' })
    const { token } = await invite(address(), { to: { team }, roles: ['viewer'] })
    const joined = await all(many(() => acme.invitations.join({ token, password: PASSWORD })))
    expect([joined.won, new Set(joined.lost)]).toEqual([1, new Set(['CHALLENGE_REFUSED'])])
    expect([await count('users'), await count('team_members')]).toEqual([1, 1])
    const ana = await acme.users.create({ email: address(), emailVerified: true })
    const second = await invite(ana.email, { to: { team } })
    const ways = Array.from(
      { length: CALLERS },
      (_, i) => () =>
        acme.invitations.accept(ana, i % 2 === 0 ? { token: second.token } : { invitation: second.invitation }),
    )
    const accepted = await all(ways)
    expect(accepted.won).toBe(1)
    expect(accepted.lost.filter((code) => code !== 'CHALLENGE_REFUSED' && code !== 'INVITATION_ENDED')).toEqual([])
    expect(await count('team_members')).toBe(2)
  })

  it('T04: one of many sends it', async () => {
    const email = address()
    const { won, lost } = await all(many(() => acme.invitations.send({ email })))
    expect(won).toBe(1)
    expect(lost.filter((code) => code !== 'INVITATION_TAKEN' && code !== 'TOO_MANY_ATTEMPTS')).toEqual([])
    expect(await count('invitations')).toBe(1)
  })

  it('revoked, declined, sent again and accepted at once it ends in one way', async () => {
    for (let round = 0; round < 8; round++) {
      const email = address()
      const { invitation, token } = await invite(email, { roles: ['viewer'] })
      const { won } = await all([
        () => acme.invitations.join({ token, password: PASSWORD }),
        () => acme.invitations.revoke(invitation),
        () => acme.invitations.decline({ token }),
        ...(round % 2 === 0 ? [] : [() => acme.invitations.resend(invitation)]),
      ])
      expect(won).toBeGreaterThanOrEqual(1)
      const { status } = await acme.invitations.get(invitation)
      const user = await acme.users.findByEmail(email)
      expect(status === 'accepted').toBe(user !== undefined)
      expect(['accepted', 'revoked', 'declined']).toContain(status)
      const ended = (await acme.audit.list({ resourceId: invitation.id })).items.filter(({ action }) =>
        ['invitation.accepted', 'invitation.revoked', 'invitation.declined'].includes(action),
      )
      expect(ended).toHaveLength(1)
    }
  })

  it('one that is over is accepted by nobody, whoever comes, and let in again by the one who sends it again', async () => {
    const ana = await acme.users.create({ email: address(), emailVerified: true })
    const { invitation, token } = await invite(ana.email, { to: { team: await team() } })
    await database.admin(`update freehold.invitations set expires_at = clock_timestamp() where id = $1`, [
      invitation.id,
    ])
    const late = await all(many(() => acme.invitations.accept(ana, { token })))
    expect([late.won, new Set(late.lost)]).toEqual([0, new Set(['CHALLENGE_REFUSED'])])
    const byId = await all(many(() => acme.invitations.accept(ana, { invitation })))
    expect([byId.won, new Set(byId.lost)]).toEqual([0, new Set(['INVITATION_ENDED'])])
    expect(await count('team_members')).toBe(0)
    // accepted, revoked and sent again at once
    const { won } = await all([
      () => acme.invitations.resend(invitation),
      () => acme.invitations.revoke(invitation),
      ...Array.from({ length: 6 }, () => () => acme.invitations.accept(ana, { invitation })),
    ])
    expect(won).toBeGreaterThanOrEqual(1)
    const { status } = await acme.invitations.get(invitation)
    expect(['accepted', 'revoked']).toContain(status)
    expect(await count('team_members')).toBe(status === 'accepted' ? 1 : 0)
  })

  it('seats are exact: of many who were invited as many join as there is room for', async () => {
    await freehold.plans.put({ key: 'five', name: 'Five', features: {}, limits: { members: 5 } })
    await freehold.tenants.update(acme, { plan: 'five' })
    await acme.users.create({ email: address() })
    const tokens: string[] = []
    for (let i = 0; i < 9; i++) tokens.push((await invite(address(), { roles: ['viewer'] })).token)
    const { won, lost } = await all(tokens.map((token) => () => acme.invitations.join({ token, password: PASSWORD })))
    expect([won, lost]).toEqual([4, Array(5).fill('LIMIT_REACHED')])
    expect([await count('users'), await count('role_assignments')]).toEqual([5, 4])
    expect(await count('invitations', "and status = 'pending'")).toBe(5)
  })

  it('who loses the role while it is accepted gave it before, or gives nothing', async () => {
    for (let round = 0; round < 6; round++) {
      const ana = await acme.users.create({ email: address() })
      const held = await acme.assignments.grant({ principal: ana, role: 'admin' })
      const email = address()
      await acme.as({ type: 'user', id: ana.id }).invitations.send({ email, roles: ['admin'] })
      const token = tokenIn(await mailbox.last({ kind: 'invitation', to: email })) ?? ''
      const { lost } = await all([
        () => acme.assignments.revoke(held),
        () => acme.invitations.join({ token, password: PASSWORD }),
      ])
      const user = await acme.users.findByEmail(email)
      expect(lost).toEqual(user ? [] : ['INVITATION_VOID'])
      if (user) expect((await acme.assignments.list({ principal: user })).items).toHaveLength(1)
    }
  })
})

describe('a connection that is cut', () => {
  it('leaves an invitation accepted, with user, role and place, or none of it', async () => {
    for (const kind of ['beforeSend', 'beforeAnswer'] as const) {
      for (let trip = 1; ; trip += 2) {
        const team = await acme.teams.create({
          organization: await acme.organizations.get('main'),
          key: `team-${++made}`,
        })
        const email = address()
        const { invitation, token } = await invite(email, { to: { team }, roles: ['viewer'] })
        const handle = await cut.tenant(acme.id)
        proxy.cut({ [kind]: trip } as never)
        const failed = await handle.invitations.join({ token, password: PASSWORD }).then(
          () => false,
          () => true,
        )
        proxy.cut({ [kind]: 10_000 } as never)
        const { status } = await acme.invitations.get(invitation)
        const user = await acme.users.findByEmail(email)
        expect(status).toBe(user ? 'accepted' : 'pending')
        if (!failed) expect(user).toBeDefined()
        const members = await acme.teams.members.list({ team })
        expect(members.items.map(({ principal }) => principal.id)).toEqual(user ? [user.id] : [])
        const again = await acme.invitations.join({ token, password: PASSWORD }).then(
          ({ ok }) => ok,
          ({ code }) => code,
        )
        expect(again).toBe(user ? 'CHALLENGE_REFUSED' : true)
        if (!failed) break
        if (trip > 80) throw new Error('no call got through')
      }
    }
  }, 120_000)
})
