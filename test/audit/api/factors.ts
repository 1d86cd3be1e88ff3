// What a tenant's handle does with second factors; see instance.ts.

import { generate } from 'otplib'
import { codeIn } from '../../../src/adapters/testing/index.ts'
import type { Factor, RegisteredEnrolment, TenantHandle, User } from '../../../src/index.ts'
import { Authenticator } from '../../passkeys/authenticator.ts'
import { PASSWORD } from '../house.ts'
import { PAGE, type SignedIn, signedIn, type Table, user, type World } from './parts.ts'

const SEED = Buffer.from('12345678901234567890')
const SENT = 'a code that cannot be written down is not sent, and its factor is not confirmed'
const hotp = (counter: number) => generate({ strategy: 'hotp', secret: SEED, counter })

interface Owned {
  readonly owner: User
  readonly factor: Factor
}

async function token(world: World, handle: TenantHandle): Promise<Owned> {
  const owner = await user(world, handle)
  return { owner, factor: await handle.factors.enrolHardwareToken(owner, { name: 'Token', secret: SEED }) }
}

async function confirmed(world: World, handle: TenantHandle): Promise<Owned> {
  const { owner, factor } = await token(world, handle)
  return { owner, factor: await handle.factors.confirm(owner, factor, { code: await hotp(0) }) }
}

export const factors: Table<TenantHandle> = {
  'signIn.challenge': {
    writes: 'mfa.code_sent',
    given: async (world, handle) => {
      const { owner } = await confirmed(world, handle)
      const { factor } = await handle.factors.enrolSms(owner, { name: 'Phone', phone: '+34600000042' })
      await handle.factors.confirm(owner, factor, { code: codeIn(await world.phone.last())! })
      return { token: await pending(handle, owner), factor: factor.id }
    },
    act: ({ signIn }, asked: { token: string; factor: string }) => signIn.challenge(asked),
  },
  'signIn.continue': {
    writes: 'session.opened',
    by: 'user',
    given: async (world, handle) => pending(handle, (await confirmed(world, handle)).owner),
    act: async ({ signIn }, pendingToken: string) => signIn.continue({ token: pendingToken, code: await hotp(1) }),
  },
  'signIn.stepUp': {
    writes: 'session.opened',
    by: 'user',
    given: signedIn,
    act: ({ signIn }, { session }: SignedIn) => signIn.stepUp({ session: session.id, password: PASSWORD }),
  },
  'signIn.enrolment.totp': {
    writes: 'mfa.enrolled',
    by: 'user',
    given: enrolling,
    act: async ({ signIn }, { token: shown }: Enrolling, { secrets }) => {
      const { secret } = await signIn.enrolment.totp({ token: shown })
      secrets.add(secret)
    },
  },
  'signIn.enrolment.confirm': {
    writes: ['mfa.confirmed', 'mfa.recovery_codes_renewed', 'session.opened'],
    by: 'user',
    remains: 'an attempt counts whatever becomes of it',
    given: async (world, handle) => {
      const { token: shown } = await enrolling(world, handle)
      return { token: shown, secret: (await handle.signIn.enrolment.totp({ token: shown })).secret }
    },
    act: async ({ signIn }, { token: shown, secret }: Enrolling & { secret: string }, { secrets }) => {
      const answer = { token: shown, code: await generate({ secret }), recoveryCodes: true }
      const entered = await signIn.enrolment.confirm(answer)
      for (const code of (entered.ok && entered.recoveryCodes) || []) secrets.add(code)
    },
  },
  'signIn.enrolment.passkeyOptions': { exempt: 'a challenge is opened, which registers nothing by itself' },
  'signIn.enrolment.register': {
    writes: ['passkey.registered', 'session.opened'],
    by: 'user',
    given: async (world, handle) => {
      const { token: shown } = await enrolling(world, handle)
      const options = await handle.signIn.enrolment.passkeyOptions({ token: shown })
      world.secrets.add(options.challenge)
      return { token: shown, response: new Authenticator().create(options, PAGE) }
    },
    act: ({ signIn }, answer: RegisteredEnrolment) => signIn.enrolment.register(answer),
  },
  'factors.list': 'reads',
  'factors.recoveryCodesLeft': 'reads',
  'factors.enrolTotp': {
    writes: 'mfa.enrolled',
    given: user,
    act: async ({ factors: book }, owner: User, { secrets }) => {
      const enrolled = await book.enrolTotp(owner, { name: 'App' })
      secrets.add(enrolled.secret)
    },
  },
  'factors.enrolHardwareToken': {
    writes: 'mfa.enrolled',
    given: user,
    act: ({ factors: book }, owner: User) => book.enrolHardwareToken(owner, { name: 'Token', secret: SEED }),
  },
  'factors.enrolSms': {
    writes: ['mfa.enrolled', 'mfa.code_sent'],
    given: user,
    act: ({ factors: book }, owner: User) => book.enrolSms(owner, { name: 'Phone', phone: '+34600000043' }),
    remains: SENT,
  },
  'factors.enrolEmail': {
    writes: ['mfa.enrolled', 'mfa.code_sent'],
    given: user,
    act: ({ factors: book }, owner: User) => book.enrolEmail(owner, { name: 'Mailbox' }),
    remains: SENT,
  },
  'factors.sendCode': {
    writes: 'mfa.code_sent',
    given: async (world, handle) => {
      const owner = await user(world, handle)
      const { factor } = await handle.factors.enrolSms(owner, { name: 'Phone', phone: '+34600000044' })
      return { owner, factor }
    },
    act: ({ factors: book }, { owner, factor }: Owned) => book.sendCode(owner, factor),
  },
  'factors.confirm': {
    writes: 'mfa.confirmed',
    given: token,
    act: async ({ factors: book }, { owner, factor }: Owned) => book.confirm(owner, factor, { code: await hotp(0) }),
  },
  'factors.resync': {
    writes: 'mfa.resynchronised',
    given: confirmed,
    act: async ({ factors: book }, { owner, factor }: Owned) =>
      book.resync(owner, factor, [await hotp(40), await hotp(41)]),
  },
  'factors.rename': {
    writes: 'mfa.renamed',
    given: token,
    act: ({ factors: book }, { owner, factor }: Owned) => book.rename(owner, factor, 'Renamed'),
    again: 'nothing',
  },
  'factors.setPrimary': {
    writes: 'mfa.primary_changed',
    given: async (world, handle) => {
      const { owner } = await confirmed(world, handle)
      const second = await handle.factors.enrolHardwareToken(owner, { name: 'Second', secret: SEED })
      return { owner, factor: await handle.factors.confirm(owner, second, { code: await hotp(0) }) }
    },
    act: ({ factors: book }, { owner, factor }: Owned) => book.setPrimary(owner, factor),
    again: 'nothing',
  },
  'factors.remove': {
    writes: 'mfa.removed',
    given: confirmed,
    act: ({ factors: book }, { owner, factor }: Owned) => book.remove(owner, factor),
  },
  'factors.renewRecoveryCodes': {
    writes: 'mfa.recovery_codes_renewed',
    given: confirmed,
    act: async ({ factors: book }, { owner }: Owned, { secrets }) => {
      for (const code of await book.renewRecoveryCodes(owner)) secrets.add(code)
    },
  },
}

interface Enrolling {
  readonly token: string
}

/** A sign-in that waits for a factor to be set up. */
async function enrolling(world: World, handle: TenantHandle): Promise<Enrolling> {
  const { email } = await user(world, handle)
  await world.freehold.tenants.update(handle, { settings: { authentication: { requiredAssurance: 2 } } })
  const entered = await (await world.freehold.tenant(handle.id)).signIn.password({ email, password: PASSWORD })
  if (entered.ok || entered.reason !== 'enrolment-required') throw new Error('no factor was to be set up')
  world.secrets.add(entered.next.token)
  return { token: entered.next.token }
}

/** The token of a sign-in that waits for a factor. */
async function pending({ signIn }: TenantHandle, { email }: User): Promise<string> {
  const entered = await signIn.password({ email, password: PASSWORD })
  if (entered.ok || entered.reason !== 'factor-required') throw new Error('no factor was asked for')
  return entered.next.token
}
