// Which invitations there are, and what is no invitation.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Invitation, NewInvitation, TenantHandle } from '../../src/index.ts'
import { STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { openPost, type Post } from './house.ts'

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
  async function invite(given: Partial<NewInvitation> = {}, by: TenantHandle = acme) {
    const invitation = await by.invitations.send({ email: EMAIL, ...given })
    return { invitation, token: await post.token('invitation', given.email ?? EMAIL) }
  }
  const organization = () => acme.organizations.get('main')
  const team = async (key = 'team') => acme.teams.create({ organization: await organization(), key })

  it('are listed by status, address, place and user, in pages', async () => {
    const to = { organization: await organization() }
    const ana = await post.person(acme)
    const one = (await invite()).invitation
    const other = (await invite({ email: ana.email, to, roles: ['viewer'] })).invitation
    await acme.invitations.revoke(one)
    const { list } = acme.invitations
    const ids = async (filter: Parameters<typeof list>[0]) => (await list(filter)).items.map(({ id }) => id)
    expect(await ids({ status: 'pending' })).toEqual([other.id])
    expect(await ids({ status: 'revoked' })).toEqual([one.id])
    expect(await ids({ email: 'NIA@example.test' })).toEqual([one.id])
    expect(await ids({ to })).toEqual([other.id])
    expect(await ids({ user: ana, status: 'pending' })).toEqual([other.id])
    const page = await list({ limit: 1 })
    const rest = await list({ limit: 1, cursor: page.next! })
    expect([...page.items, ...rest.items].map(({ id }) => id).sort()).toEqual([one.id, other.id].sort())
  })

  describe('bad input', () => {
    it.each([
      ['no address', { email: 'nobody' }, 'EMAIL_INVALID'],
      ['an unknown role', { roles: ['boss'] }, 'ROLE_UNKNOWN'],
      ['a prototype as role', { roles: ['__proto__'] }, 'ROLE_UNKNOWN'],
      ['roles that are no list', { roles: 'viewer' }, 'INPUT_INVALID'],
      ['too many roles', { roles: Array(21).fill('viewer') }, 'INPUT_INVALID'],
      [
        'an unknown organization',
        { to: { organization: crypto.randomUUID() }, roles: ['viewer'] },
        'ORGANIZATION_UNKNOWN',
      ],
      ['an unknown team', { to: { team: crypto.randomUUID() } }, 'TEAM_UNKNOWN'],
      ['an organization without a role', { to: { organization: crypto.randomUUID() } }, 'INPUT_INVALID'],
      ['a team with two roles', { to: { team: crypto.randomUUID() }, roles: ['viewer', 'member'] }, 'INPUT_INVALID'],
      ['a project', { to: { project: crypto.randomUUID() } }, 'INPUT_INVALID'],
      ['two places', { to: { team: crypto.randomUUID(), organization: crypto.randomUUID() } }, 'INPUT_INVALID'],
      ['a field that is not known', { token: 'x' }, 'INPUT_INVALID'],
    ])('%s', async (_, given, code) => {
      const work = () => acme.invitations.send({ email: EMAIL, ...given } as NewInvitation)
      await refused(work, code as 'INPUT_INVALID')
      expect([(await acme.invitations.list()).items, await post.mailbox.last()]).toEqual([[], undefined])
    })

    it('two to the same at once, and somebody who is there', async () => {
      await invite()
      await refused(() => acme.invitations.send({ email: 'nia@EXAMPLE.test' }), 'INVITATION_TAKEN')
      await acme.invitations.send({ email: EMAIL, to: { team: await team() } })
      const ana = await post.person(acme)
      await refused(() => acme.invitations.send({ email: ana.email, roles: ['viewer'] }), 'EMAIL_TAKEN')
    })

    it('what is no invitation, and no answer to one', async () => {
      const ana = await post.person(acme)
      const { invitations } = acme
      for (const wrong of ['x', '', null, 7]) await refused(() => invitations.get(wrong as never), 'ID_INVALID')
      for (const token of ['', 'x', null, `fh_ch_${'A'.repeat(108)}`]) {
        await refused(() => invitations.accept(ana, { token } as never), 'CHALLENGE_REFUSED')
      }
      const id = crypto.randomUUID() as Invitation['id']
      await refused(() => invitations.accept(ana, { invitation: id }), 'INVITATION_UNKNOWN')
      await refused(() => invitations.accept(ana, {} as never), 'INPUT_INVALID')
      await refused(() => invitations.accept(ana, { token: 'x', invitation: id } as never), 'INPUT_INVALID')
      await refused(() => invitations.decline({ invitation: id }), 'INPUT_INVALID')
      await refused(() => invitations.list({ status: 'lost' } as never), 'INPUT_INVALID')
    })
  })
})
