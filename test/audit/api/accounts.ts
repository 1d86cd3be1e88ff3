// What people do with their own account, and signing in by link and code; see instance.ts.

import type { SentCode, TenantHandle, User } from '../../../src/index.ts'
import { PASSWORD } from '../house.ts'
import { coded, mailed, name, SENT, type Table, user, type World } from './parts.ts'

const NUMBER = '+4930901820'
const address = () => `${name('a')}@example.test`

interface Link {
  readonly token: string
}
interface Code extends SentCode {
  readonly code: string
  readonly user: User
}

const withPhone = async (world: World, handle: TenantHandle) => {
  const one = await user(world, handle)
  const asked = await handle.accounts.requestPhoneChange(one, { phone: NUMBER })
  return handle.accounts.confirmPhoneChange(one, { id: asked.id, code: await coded(world, NUMBER) })
}

export const accounts: Table<TenantHandle> = {
  'accounts.requestEmailVerification': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ accounts }, { email }: User) => accounts.requestEmailVerification({ email }),
  },
  'accounts.confirmEmail': {
    writes: 'user.email_verified',
    by: 'user',
    given: async (world, handle) => {
      const { email } = await user(world, handle)
      await handle.accounts.requestEmailVerification({ email })
      return { token: await mailed(world, email) }
    },
    act: ({ accounts }, link: Link) => accounts.confirmEmail(link),
  },
  'accounts.requestPasswordReset': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ accounts }, { email }: User) => accounts.requestPasswordReset({ email }),
  },
  'accounts.resetPassword': {
    writes: 'user.password_reset',
    by: 'user',
    given: async (world, handle) => {
      const { email } = await user(world, handle)
      await handle.accounts.requestPasswordReset({ email })
      return { token: await mailed(world, email) }
    },
    act: ({ accounts }, link: Link) => accounts.resetPassword({ ...link, password: `${PASSWORD} again` }),
  },
  'accounts.changePassword': {
    writes: 'user.password_changed',
    by: 'user',
    remains: SENT,
    given: user,
    act: ({ accounts }, one: User) => accounts.changePassword(one, { current: PASSWORD, next: `${PASSWORD} again` }),
  },
  'accounts.requestEmailChange': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ accounts }, one: User) => accounts.requestEmailChange(one, { email: address() }),
  },
  'accounts.confirmEmailChange': {
    writes: 'user.email_changed',
    by: 'user',
    given: async (world, handle) => {
      const email = address()
      await handle.accounts.requestEmailChange(await user(world, handle), { email })
      return { token: await mailed(world, email) }
    },
    act: ({ accounts }, link: Link) => accounts.confirmEmailChange(link),
  },
  'accounts.requestPhoneChange': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ accounts }, one: User) => accounts.requestPhoneChange(one, { phone: NUMBER }),
  },
  'accounts.confirmPhoneChange': {
    writes: 'user.phone_changed',
    by: 'user',
    remains: SENT,
    given: async (world, handle) => {
      const one = await user(world, handle)
      const asked = await handle.accounts.requestPhoneChange(one, { phone: NUMBER })
      return { ...asked, user: one, code: await coded(world, NUMBER) }
    },
    act: ({ accounts }, { user: one, id, code }: Code) => accounts.confirmPhoneChange(one, { id, code }),
  },
  'accounts.removePhone': {
    writes: 'user.phone_removed',
    by: 'user',
    given: withPhone,
    act: ({ accounts }, one: User) => accounts.removePhone(one),
    again: 'nothing',
  },
  'accounts.deactivate': {
    writes: 'user.deactivated',
    given: user,
    act: ({ accounts }, one: User) => accounts.deactivate(one),
    again: 'nothing',
  },
  'accounts.requestSignUp': {
    writes: 'user.challenge_requested',
    act: ({ accounts }) => accounts.requestSignUp({ email: address() }),
  },
  'accounts.confirmSignUp': {
    writes: ['user.created', 'session.opened'],
    by: 'user',
    given: async (world, handle) => {
      const email = address()
      await handle.accounts.requestSignUp({ email })
      return { token: await mailed(world, email) }
    },
    act: ({ accounts }, link: Link) => accounts.confirmSignUp({ ...link, password: PASSWORD }),
  },
  'accounts.invite': {
    writes: 'invitation.sent',
    act: ({ accounts }) => accounts.invite({ email: address() }),
  },
  'accounts.acceptInvitation': {
    writes: ['user.created', 'invitation.accepted', 'session.opened'],
    by: 'user',
    given: async (world, handle) => {
      const email = address()
      await handle.accounts.invite({ email })
      return { token: await mailed(world, email) }
    },
    act: ({ accounts }, link: Link) => accounts.acceptInvitation({ ...link, name: 'Iva' }),
  },
  'signIn.requestLink': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ signIn }, { email }: User) => signIn.requestLink({ email }),
  },
  'signIn.link': {
    writes: ['user.email_verified', 'session.opened'],
    by: 'user',
    given: async (world, handle) => {
      const { email } = await user(world, handle)
      await handle.signIn.requestLink({ email })
      return { token: await mailed(world, email) }
    },
    act: ({ signIn }, link: Link) => signIn.link(link),
  },
  'signIn.requestCode': {
    writes: 'user.challenge_requested',
    given: user,
    act: ({ signIn }, { email }: User) => signIn.requestCode({ email }),
  },
  'signIn.code': {
    writes: 'session.opened',
    by: 'user',
    remains: SENT,
    given: async (world, handle) => {
      await withPhone(world, handle)
      const asked = await handle.signIn.requestCode({ phone: NUMBER })
      return { ...asked, code: await coded(world, NUMBER) }
    },
    act: ({ signIn }, { id, code }: Code) => signIn.code({ id, code }),
  },
}
