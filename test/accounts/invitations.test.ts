// Invitations to the tenant, to organizations and to teams: what they give, to whom, once, and for as long as who sent them
// may give it.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Invitation, NewInvitation, TenantHandle, User } from '../../src/index.ts'
import { logOf, STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { openPost, PASSWORD, type Post } from './house.ts'

const EMAIL = 'Nia@example.test'

describe.each(STORAGES)('invitations on %s', (storage) => {
  let post: Post
  let acme: TenantHandle
  beforeAll(async () => {
    post = await openPost(storage)
  })
  afterAll(() => post.close())
  beforeEach(async () => {
    await post.quiet()
    acme = await post.tenant()
  })
  const as = ({ id }: Pick<User, 'id'>) => acme.as({ type: 'user', id })
  async function invite(given: Partial<NewInvitation> = {}, by: TenantHandle = acme) {
    const invitation = await by.invitations.send({ email: EMAIL, ...given })
    return { invitation, token: await post.token('invitation', given.email ?? EMAIL) }
  }
  async function join(token: string): Promise<User> {
    const joined = await acme.invitations.join({ token, password: PASSWORD })
    if (!joined.ok) throw new Error(joined.reason)
    return joined.user
  }
  const status = async ({ id }: Invitation) => (await acme.invitations.get(id)).status
  const organization = () => acme.organizations.get('main')
  const team = async (key = 'team') => acme.teams.create({ organization: await organization(), key })
  const rolesOf = async (principal: User) => (await acme.assignments.list({ principal })).items

  describe('give', () => {
    it('roles in the tenant', async () => {
      const { id } = await acme.roles.get('viewer')
      const { invitation, token } = await invite({ roles: ['viewer', id] })
      expect(invitation).toEqual({
        id: expect.any(String),
        email: EMAIL,
        to: { kind: 'tenant' },
        roleIds: [id],
        status: 'pending',
        invitedBy: { type: 'system', id: null },
        acceptedBy: null,
        sentCount: 1,
        lastSentAt: expect.any(Date),
        expiresAt: expect.any(Date),
        endedAt: null,
        createdAt: expect.any(Date),
      })
      const nia = await join(token)
      const reason = `invitation ${invitation.id}`
      expect(await rolesOf(nia)).toMatchObject([{ roleId: id, scope: { kind: 'tenant' }, reason }])
      expect(await acme.invitations.get(invitation)).toMatchObject({
        status: 'accepted',
        acceptedBy: nia.id,
        endedAt: expect.any(Date),
      })
    })

    it('roles in an organization, to somebody new and to a user', async () => {
      const to = { organization: await organization() }
      const nia = await join((await invite({ to, roles: ['member', 'viewer'] })).token)
      expect((await rolesOf(nia)).map(({ scope }) => scope)).toEqual(
        Array(2).fill({ kind: 'organization', id: to.organization.id }),
      )
      const ana = await post.person(acme)
      const { invitation, token } = await invite({ email: ana.email, to, roles: ['member'] })
      expect(await acme.invitations.look({ token })).toEqual({ invitation, registered: true })
      expect(await acme.invitations.accept(ana, { token })).toMatchObject({ status: 'accepted', acceptedBy: ana.id })
      expect(await rolesOf(ana)).toMatchObject([{ scope: { kind: 'organization' } }])
    })

    it('a place in a team, with or without a role', async () => {
      const one = await team()
      const nia = await join((await invite({ to: { team: one }, roles: ['viewer'] })).token)
      const viewer = (await acme.roles.get('viewer')).id
      expect(await acme.teams.members.get(one, nia)).toMatchObject({ roleId: viewer })
      const ana = await post.person(acme)
      const { invitation } = await invite({ email: ana.email, to: { team: one } })
      await acme.invitations.accept(ana, { invitation })
      expect(await acme.teams.members.get(one, ana)).toMatchObject({ roleId: null })
      await refused(() => invite({ email: ana.email, to: { team: one } }), 'MEMBER_TAKEN')
    })

    it('what is left of their roles when some are gone', async () => {
      await acme.roles.create({ key: 'gone' })
      const { token } = await invite({ roles: ['gone', 'viewer'] })
      await acme.roles.remove('gone')
      const nia = await join(token)
      expect(await rolesOf(nia)).toHaveLength(1)
      const event = (await logOf(acme)).findLast(({ action }) => action === 'invitation.accepted')
      expect(event).toMatchObject({ actor: { type: 'user', id: nia.id }, details: { rolesGone: 1 } })
    })

    it('nothing of a place that is gone', async () => {
      const one = await team()
      const { token, invitation } = await invite({ to: { team: one } })
      await acme.teams.remove(one)
      await refused(() => join(token), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.get(invitation), 'INVITATION_UNKNOWN')
    })
  })

  describe('A02: are accepted by who was invited, and proven', () => {
    it('and by nobody else, by link or by id', async () => {
      const to = { organization: await organization() }
      const [ana, eve] = [await post.person(acme), await post.person(acme)]
      const unproven = await post.person(acme, { emailVerified: false })
      const { invitation, token } = await invite({ email: ana.email, to, roles: ['viewer'] })
      await refused(() => acme.invitations.accept(eve, { token }), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.accept(eve, { invitation }), 'INVITATION_UNKNOWN')
      await refused(() => acme.invitations.decline({ invitation }, eve), 'INVITATION_UNKNOWN')
      await refused(() => acme.invitations.decline({ token }, eve), 'CHALLENGE_REFUSED')
      const other = await invite({ email: unproven.email, to, roles: ['viewer'] })
      await refused(() => acme.invitations.accept(unproven, { token: other.token }), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.accept(unproven, { invitation: other.invitation }), 'INVITATION_UNKNOWN')
      await acme.users.disable(ana)
      await refused(() => acme.invitations.accept(ana, { token }), 'USER_UNKNOWN')
      const foreign = await post.tenant()
      await refused(() => foreign.invitations.accept(ana, { token }), 'USER_UNKNOWN')
      await refused(() => foreign.invitations.get(invitation), 'INVITATION_UNKNOWN')
      await refused(() => foreign.invitations.revoke(invitation), 'INVITATION_UNKNOWN')
      await refused(() => foreign.invitations.look({ token }), 'CHALLENGE_REFUSED')
      for (const one of [invitation, other.invitation]) expect(await status(one)).toBe('pending')
      for (const user of [eve, unproven]) expect(await rolesOf(user)).toEqual([])
    })

    it('once', async () => {
      const ana = await post.person(acme)
      const { invitation, token } = await invite({
        email: ana.email,
        to: { organization: await organization() },
        roles: ['viewer'],
      })
      await acme.invitations.accept(ana, { token })
      await refused(() => acme.invitations.accept(ana, { token }), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.accept(ana, { invitation }), 'INVITATION_ENDED')
      await refused(() => acme.invitations.revoke(invitation), 'INVITATION_ENDED')
      await refused(() => acme.invitations.resend(invitation), 'INVITATION_ENDED')
      expect(await rolesOf(ana)).toHaveLength(1)
    })

    it('A04: the hash of a link is stored, and none of it is in the log', async () => {
      const { token, invitation } = await invite()
      const row = await post.rowsOf(acme).records.get('invitations', { id: invitation.id })
      expect(row?.token_hash).toHaveLength(32)
      expect(JSON.stringify(row)).not.toContain(token)
      expect(JSON.stringify(await logOf(acme))).not.toMatch(new RegExp(`nia@|${token.slice(10)}`, 'i'))
    })
  })

  describe('end', () => {
    it('when they are declined, by the link or by the user', async () => {
      const { invitation, token } = await invite()
      expect(await acme.invitations.decline({ token })).toMatchObject({ id: invitation.id, status: 'declined' })
      await refused(() => join(token), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.decline({ token }), 'CHALLENGE_REFUSED')
      const ana = await post.person(acme)
      const other = await invite({ email: ana.email, to: { team: await team() } })
      expect(await acme.invitations.decline({ invitation: other.invitation }, ana)).toMatchObject({
        status: 'declined',
      })
      await refused(() => acme.invitations.accept(ana, other), 'INPUT_INVALID')
      await refused(() => acme.invitations.accept(ana, { invitation: other.invitation }), 'INVITATION_ENDED')
    })

    it('when they are revoked; twice is not an error', async () => {
      const { invitation, token } = await invite()
      const ended = await acme.invitations.revoke(invitation)
      expect(ended.status).toBe('revoked')
      expect(await acme.invitations.revoke(invitation.id)).toEqual(ended)
      await refused(() => join(token), 'CHALLENGE_REFUSED')
      expect((await invite()).invitation.id).not.toBe(invitation.id)
    })

    it('when their time is over, and can be sent again then, or anew', async () => {
      const { invitation, token } = await invite()
      const rows = post.rowsOf(acme).records
      const expire = () => rows.update('invitations', { id: invitation.id }, { expires_at: new Date(Date.now() - 1) })
      await expire()
      expect(await status(invitation)).toBe('expired')
      await refused(() => join(token), 'CHALLENGE_REFUSED')
      await refused(() => acme.invitations.look({ token }), 'CHALLENGE_REFUSED')
      const again = await acme.invitations.resend(invitation)
      expect([again.status, again.sentCount]).toEqual(['pending', 2])
      await expire()
      const anew = await invite()
      expect([await status(invitation), await status(anew.invitation)]).toEqual(['expired', 'pending'])
      await refused(() => acme.invitations.resend(invitation), 'INVITATION_ENDED')
      expect((await acme.invitations.list({ status: 'expired' })).items.map(({ id }) => id)).toEqual([invitation.id])
      await join(anew.token)
    })

    it('with their link when they are sent again', async () => {
      const { invitation, token } = await invite()
      await post.quiet()
      const again = await acme.invitations.resend(invitation)
      expect(again).toMatchObject({ id: invitation.id, sentCount: 2, status: 'pending' })
      const newer = await post.token('invitation', EMAIL)
      await refused(() => join(token), 'CHALLENGE_REFUSED')
      await join(newer)
    })
  })

  describe('are sent and accepted only as who sends them holds what they give', () => {
    const missing = async (work: () => Promise<unknown>) => (await refused(work, 'GRANT_REFUSED')).details.missing

    it('nobody invites to what they do not hold, nor sends it again', async () => {
      const ana = await post.person(acme)
      const one = await team()
      await acme.assignments.grant({ principal: one, role: 'admin' })
      const to = { organization: await organization() }
      for (const given of [{ roles: ['owner'] }, { to, roles: ['admin'] }, { to: { team: one } }]) {
        const email = `${crypto.randomUUID()}@example.test`
        expect(await missing(() => as(ana).invitations.send({ email, ...given }))).not.toEqual([])
      }
      const { invitation } = await invite({ roles: ['admin'] })
      expect(await missing(() => as(ana).invitations.resend(invitation))).not.toEqual([])
      expect((await acme.invitations.list()).items).toMatchObject([{ sentCount: 1 }])
      expect((await as(ana).invitations.send({ email: 'guest@example.test' })).invitedBy).toEqual({
        type: 'user',
        id: ana.id,
      })
    })

    it.each(['lost the role', 'was disabled', 'was removed'])(
      'one whose inviter %s gives nothing, until it is sent again',
      async (how) => {
        const ana = await post.person(acme)
        const held = await acme.assignments.grant({ principal: ana, role: 'admin' })
        const { invitation, token } = await invite({ roles: ['viewer', 'admin'] }, as(ana))
        const bob = await post.person(acme)
        const toBob = await invite({ email: bob.email, to: { team: await team() }, roles: ['admin'] }, as(ana))
        if (how === 'lost the role') await acme.assignments.revoke(held)
        else if (how === 'was disabled') await acme.users.disable(ana)
        else await acme.users.remove(ana)
        await refused(() => join(token), 'INVITATION_VOID')
        await refused(() => acme.invitations.accept(bob, { token: toBob.token }), 'INVITATION_VOID')
        expect(await acme.users.findByEmail(EMAIL)).toBeUndefined()
        expect([await status(invitation), await status(toBob.invitation)]).toEqual(['pending', 'pending'])
        await post.quiet()
        expect((await acme.invitations.resend(invitation)).invitedBy).toEqual({ type: 'system', id: null })
        expect(await rolesOf(await join(await post.token('invitation', EMAIL)))).toHaveLength(2)
      },
    )

    it('without roles too, nobody is let in by who is gone', async () => {
      const ana = await post.person(acme)
      const { token } = await invite({}, as(ana))
      await acme.users.disable(ana)
      await refused(() => join(token), 'INVITATION_VOID')
    })
  })

  it('a plan with no room left lets nobody in, and keeps the invitation', async () => {
    const { token, invitation } = await invite()
    for (let i = 0; i < 2; i++) await post.person(acme)
    await post.freehold.plans.put({ key: 'small', name: 'Small', features: {}, limits: { members: 2 } })
    await post.freehold.tenants.update(acme, { plan: 'small' })
    await refused(() => join(token), 'LIMIT_REACHED')
    expect([await status(invitation), await acme.users.findByEmail(EMAIL)]).toEqual(['pending', undefined])
    await post.freehold.tenants.update(acme, { plan: null })
    await join(token)
  })
})
