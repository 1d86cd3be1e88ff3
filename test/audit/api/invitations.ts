// The methods of invitations; see instance.ts.

import type { Invitation, TenantHandle, User } from '../../../src/index.ts'
import { mailed, name, organization, SENT, type Table, user, type World } from './parts.ts'

interface Invited {
  readonly invitation: Invitation
  readonly token: string
}

const invited = async (world: World, { invitations }: TenantHandle): Promise<Invited> => {
  const email = `${name('invited')}@example.test`
  const invitation = await invitations.send({ email })
  return { invitation, token: await mailed(world, email) }
}
/** A user whose address is proven, and what they are invited to. */
const asked = async (world: World, handle: TenantHandle) => {
  const email = `${name('asked')}@example.test`
  const one = await handle.users.create({ email, emailVerified: true })
  const to = { organization: await organization(world, handle) }
  return { one, invitation: await handle.invitations.send({ email, to, roles: ['viewer'] }) }
}
interface Asked {
  readonly one: User
  readonly invitation: Invitation
}

export const invitations: Table<TenantHandle> = {
  'invitations.send': {
    writes: 'invitation.sent',
    act: (on) => on.invitations.send({ email: `${name('invited')}@example.test`, roles: ['viewer'] }),
    remains: SENT,
  },
  'invitations.get': 'reads',
  'invitations.list': 'reads',
  'invitations.look': 'reads',
  'invitations.resend': {
    writes: 'invitation.resent',
    given: invited,
    act: (on, { invitation }: Invited) => on.invitations.resend(invitation),
    remains: SENT,
  },
  'invitations.revoke': {
    writes: 'invitation.revoked',
    given: invited,
    act: (on, { invitation }: Invited) => on.invitations.revoke(invitation),
    again: 'nothing',
  },
  'invitations.join': {
    writes: ['user.created', 'invitation.accepted', 'session.opened'],
    by: 'user',
    given: invited,
    act: (on, { token }: Invited) => on.invitations.join({ token }),
  },
  'invitations.accept': {
    // what it gives is given by who invited, before it is accepted
    writes: ['assignment.granted', 'invitation.accepted'],
    by: 'user',
    given: async (world, handle) => {
      const boss = await user(world, handle)
      await handle.assignments.grant({ principal: boss, role: 'owner' })
      return asked(world, handle.as({ type: 'user', id: boss.id }))
    },
    act: (on, { one, invitation }: Asked) => on.invitations.accept(one, { invitation }),
  },
  'invitations.decline': {
    writes: 'invitation.declined',
    given: asked,
    act: (on, { one, invitation }: Asked) => on.invitations.decline({ invitation }, one),
  },
}
