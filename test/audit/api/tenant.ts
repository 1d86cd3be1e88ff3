// Every method of a tenant's handle and its transactions; see instance.ts.

import type { Session, TenantHandle, TenantServices, User } from '../../../src/index.ts'
import { PASSWORD } from '../house.ts'
import { access } from './access.ts'
import { accounts } from './accounts.ts'
import { devices } from './devices.ts'
import { factors } from './factors.ts'
import { invitations } from './invitations.ts'
import {
  ATTEMPT,
  account,
  actedAs,
  apiKey,
  asserting,
  claimed,
  disabled,
  type Equipped,
  equipped,
  granted,
  hired,
  name,
  type Registering,
  ROLE,
  registering,
  role,
  type SignedIn,
  signedIn,
  type Table,
  user,
} from './parts.ts'
import { policies } from './policies.ts'
import { tree } from './tree.ts'

export const services: Table<TenantServices> = {
  'users.create': {
    writes: 'user.created',
    act: ({ users }) => users.create({ email: `${name('u')}@example.test`, name: 'Una', password: PASSWORD }),
  },
  'users.import': {
    writes: 'user.created',
    act: async ({ users }) => {
      for await (const _ of users.import([{ email: `${name('u')}@example.test`, name: 'Una' }]));
    },
  },
  'users.get': 'reads',
  'users.findByEmail': 'reads',
  'users.list': 'reads',
  'users.update': {
    writes: 'user.updated',
    given: user,
    act: ({ users }, one: User) => users.update(one, { name: 'Renamed', metadata: { a: 1 } }),
    again: 'nothing',
  },
  'users.setPassword': {
    writes: 'user.password_changed',
    given: user,
    act: ({ users }, one: User) => users.setPassword(one, `${PASSWORD} again`),
  },
  'users.disable': {
    writes: 'user.disabled',
    given: user,
    act: ({ users }, one: User) => users.disable(one),
    again: 'nothing',
  },
  'users.enable': {
    writes: 'user.enabled',
    given: disabled,
    act: ({ users }, one: User) => users.enable(one),
    again: 'nothing',
  },
  'users.lock': {
    writes: 'user.locked',
    given: user,
    act: ({ users }, one: User) => users.lock(one, { reason: 'a stolen laptop' }),
    again: 'nothing',
  },
  'users.unlock': {
    writes: 'user.unlocked',
    given: async (world, handle) => handle.users.lock(await user(world, handle)),
    act: ({ users }, one: User) => users.unlock(one),
    again: 'nothing',
  },
  'users.remove': {
    writes: 'user.removed',
    given: user,
    act: ({ users }, one: User) => users.remove(one),
    again: 'nothing',
  },
  'sessions.list': 'reads',
  'sessions.get': 'reads',
  'sessions.revoke': {
    writes: 'session.revoked',
    given: signedIn,
    act: ({ sessions }, { session }: SignedIn) => sessions.revoke(session.id),
    again: 'nothing',
  },
  'sessions.revokeAll': {
    writes: 'session.all_revoked',
    given: signedIn,
    act: ({ sessions }, one: SignedIn) => sessions.revokeAll(one.user),
    again: 'nothing',
  },
  'sessions.revokeOthers': {
    writes: 'session.others_revoked',
    given: async (world, handle) => {
      const first = await signedIn(world, handle)
      await handle.signIn.password({ email: first.user.email, password: PASSWORD })
      return first
    },
    act: ({ sessions }, one: SignedIn) => sessions.revokeOthers(one.user, one.session.id),
    again: 'nothing',
  },
  'passkeys.registrationOptions': { exempt: 'a challenge is opened, which registers nothing by itself' },
  'passkeys.register': {
    writes: 'passkey.registered',
    given: registering,
    act: ({ passkeys }, { owner, response }: Registering) => passkeys.register(owner, { response }),
  },
  'passkeys.list': 'reads',
  'passkeys.rename': {
    writes: 'passkey.renamed',
    given: equipped,
    act: ({ passkeys }, { owner, passkey }: Equipped) => passkeys.rename(owner, passkey, 'Renamed'),
    again: 'nothing',
  },
  'passkeys.remove': {
    writes: 'passkey.removed',
    given: equipped,
    act: ({ passkeys }, { owner, passkey }: Equipped) => passkeys.remove(owner, passkey),
  },
  ...tree,
  'serviceAccounts.create': {
    writes: 'service_account.created',
    act: ({ serviceAccounts }) => serviceAccounts.create({ name: name('robot') }),
  },
  'serviceAccounts.get': 'reads',
  'serviceAccounts.list': 'reads',
  'serviceAccounts.disable': {
    writes: 'service_account.disabled',
    given: account,
    act: ({ serviceAccounts }, one: Awaited<ReturnType<typeof account>>) => serviceAccounts.disable(one),
    again: 'nothing',
  },
  'serviceAccounts.enable': {
    writes: 'service_account.enabled',
    given: async (world, handle) => handle.serviceAccounts.disable(await account(world, handle)),
    act: ({ serviceAccounts }, one: Awaited<ReturnType<typeof account>>) => serviceAccounts.enable(one),
    again: 'nothing',
  },
  'apiKeys.create': {
    writes: 'api_key.created',
    given: account,
    act: ({ apiKeys }, one: Awaited<ReturnType<typeof account>>) => apiKeys.create({ serviceAccount: one, name: 'ci' }),
  },
  'apiKeys.get': 'reads',
  'apiKeys.list': 'reads',
  'apiKeys.rotate': {
    writes: 'api_key.rotated',
    given: apiKey,
    act: ({ apiKeys }, one: Awaited<ReturnType<typeof apiKey>>) => apiKeys.rotate(one),
  },
  'apiKeys.revoke': {
    writes: 'api_key.revoked',
    given: apiKey,
    act: ({ apiKeys }, one: Awaited<ReturnType<typeof apiKey>>) => apiKeys.revoke(one),
    again: 'nothing',
  },
  'roles.create': { writes: 'role.created', act: ({ roles }) => roles.create({ key: name('role'), ...ROLE }) },
  'roles.get': 'reads',
  'roles.list': 'reads',
  'roles.update': {
    writes: 'role.updated',
    given: role,
    act: ({ roles }, { key }: { key: string }) => roles.update(key, { name: 'Renamed', parent: 'viewer' }),
    again: 'nothing',
  },
  'roles.remove': {
    writes: 'role.removed',
    given: role,
    act: ({ roles }, { key }: { key: string }) => roles.remove(key),
  },
  'assignments.grant': {
    writes: 'assignment.granted',
    given: user,
    act: ({ assignments }, one: User) => assignments.grant({ principal: one, role: 'member', reason: 'hired' }),
    again: 'nothing',
  },
  'assignments.revoke': {
    writes: 'assignment.revoked',
    given: granted,
    act: ({ assignments }, one: Awaited<ReturnType<typeof granted>>) => assignments.revoke(one),
    again: 'nothing',
  },
  'assignments.get': 'reads',
  'assignments.list': 'reads',
  ...policies,
  ...access,
  'audit.record': { writes: 'note.written', act: ({ audit }) => audit.record({ action: 'note.written' }) },
  'audit.list': 'reads',
  'audit.get': 'reads',
  'billing.customer': {
    writes: 'billing.customer_created',
    act: ({ billing }) => billing.customer('fake', { email: 'pay@example.test' }),
    again: 'nothing',
    apart: ATTEMPT,
  },
  'billing.linkCustomer': {
    writes: 'billing.customer_created',
    act: ({ billing }) => billing.linkCustomer('fake', name('cus')),
    apart: ATTEMPT,
  },
  'billing.checkout': {
    writes: 'billing.checkout_started',
    given: (_, { billing }) => billing.customer('fake'),
    act: ({ billing }, _: never, { price }) =>
      billing.checkout({
        provider: 'fake',
        providerPriceId: price.id,
        successUrl: 'http://localhost/yes',
        cancelUrl: 'http://localhost/no',
      }),
    apart: ATTEMPT,
  },
  'billing.subscriptions': 'reads',
  'billing.invoices': 'reads',
  'entitlements.plan': 'reads',
  'entitlements.check': 'reads',
  'entitlements.demand': 'reads',
  'entitlements.limit': 'reads',
  'entitlements.take': { writes: 'entitlement.taken', act: ({ entitlements }) => entitlements.take('seats') },
  'entitlements.give': { writes: 'entitlement.given', act: ({ entitlements }) => entitlements.give('seats') },
  transaction: { exempt: 'what is called in it is audited' },
  read: 'reads',
  as: 'reads',
}

/** What a handle has beside what its transactions have too. */
export const handleOnly: Table<TenantHandle> = {
  ...accounts,
  ...invitations,
  'signIn.password': {
    writes: 'session.opened',
    by: 'user',
    given: user,
    act: ({ signIn }, { email }: User) => signIn.password({ email, password: PASSWORD }),
  },
  ...factors,
  ...devices,
  'impersonation.start': {
    // the tenant's own log, and the platform's
    writes: ['impersonation.started', 'impersonation.started'],
    given: async (world, handle) => {
      await hired(world)
      return user(world, handle)
    },
    act: async ({ impersonation }, one: User, { secrets }) => {
      const { tokens } = await impersonation.start({ user: one, reason: 'a ticket' })
      secrets.add(tokens.accessToken).add(tokens.refreshToken)
    },
  },
  'impersonation.end': {
    writes: ['impersonation.ended', 'impersonation.ended'],
    given: actedAs,
    act: ({ impersonation }, session: Session) => impersonation.end(session),
    again: 'nothing',
  },
  'signIn.passkey.options': { exempt: 'a challenge is opened, which signs nobody in by itself' },
  'signIn.passkey.verify': {
    writes: 'session.opened',
    by: 'user',
    given: asserting,
    act: ({ signIn }, response: Awaited<ReturnType<typeof asserting>>) => signIn.passkey.verify({ response }),
  },
  'domains.add': { writes: 'domain.added', act: ({ domains }) => domains.add(`${name('d')}.example.test`) },
  'domains.list': 'reads',
  'domains.verify': {
    writes: 'domain.verified',
    given: claimed,
    act: ({ domains }, one: Awaited<ReturnType<typeof claimed>>) => domains.verify(one),
    again: 'nothing',
  },
  'domains.remove': {
    writes: 'domain.removed',
    given: claimed,
    act: ({ domains }, one: Awaited<ReturnType<typeof claimed>>) => domains.remove(one),
  },
}
