// A house with a mailbox, a phone and a clock that a test may turn: for factors and everything that asks for them.

import { generate } from 'otplib'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createMailbox, createPhone, type Mailbox, type Phone } from '../../src/adapters/testing/index.ts'
import type { TenantScope } from '../../src/core/storage/storage.ts'
import type { Factor, FreeholdOptions, NewUser, NextFactor, SignedIn, TenantHandle, User } from '../../src/index.ts'
import { type House, openHouse, PASSWORD, type StorageName } from '../audit/house.ts'

export interface FactorHouse extends House {
  readonly mailbox: Mailbox
  readonly phone: Phone
  /** Moves the clock of this process; the database has its own. */
  turn(seconds: number): void
  /** Milliseconds since 1970, as this process has them. */
  now(): number
  /** Seconds since 1970, as this process has them. */
  seconds(): number
  /** A user with `PASSWORD`; their address proven unless said otherwise. */
  person(handle: TenantHandle, more?: Partial<Pick<NewUser, 'email' | 'emailVerified'>>): Promise<User>
  /** A user with a confirmed authenticator app, and how to read it. */
  withApp(handle: TenantHandle): Promise<AppOwner>
  /** Signs in with the password, which is right, and answers what is asked for next. */
  waiting(handle: TenantHandle, user: Pick<User, 'email'>): Promise<NextFactor>
  /** The tenant's rows as they are stored. */
  rowsOf(handle: Pick<TenantHandle, 'id'>): TenantScope
}

export interface AppOwner {
  readonly user: User
  readonly factor: Factor
  readonly secret: string
  /** The code of now, or of so many steps from now. */
  code(steps?: number): Promise<string>
}

/** The secret of hardware tokens: that of RFC 4226. */
export const SEED = Buffer.from('12345678901234567890')
export const hotp = (counter: number) => generate({ strategy: 'hotp', secret: SEED, counter })

let made = 0

export async function openFactorHouse(
  storage: StorageName,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): Promise<FactorHouse> {
  const mailbox = createMailbox()
  const phone = createPhone()
  let ahead = 0
  const now = () => Date.now() + ahead
  const house = await openHouse(storage, {
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://app.example.test' },
    runtime: { now },
    ...options,
  })
  const seconds = () => Math.floor(now() / 1000)
  const person: FactorHouse['person'] = (handle, more = {}) =>
    handle.users.create({ email: `p${++made}@example.test`, password: PASSWORD, emailVerified: true, ...more })
  return {
    ...house,
    mailbox,
    phone,
    now,
    seconds,
    person,
    rowsOf: ({ id }) => house.storage.tenant({ id, location: house.storage.sharedLocation }),
    turn(by) {
      ahead += by * 1000
    },
    async withApp(handle) {
      const user = await person(handle)
      const { factor, secret } = await handle.factors.enrolTotp(user, { name: 'App' })
      const code = (steps = 0) => generate({ secret, epoch: seconds() + steps * 30 })
      // the step before: that of now is left for the test
      const confirmed = await handle.factors.confirm(user, factor, { code: await code(-1) })
      return { user, factor: confirmed, secret, code }
    },
    waiting: async (handle, { email }) => next(await handle.signIn.password({ email, password: PASSWORD })),
  }
}

/**
 * A house for the tests of a group, open before the first and closed after the last. Before each of them `ready` gets it, with a tenant
 * of the test's own.
 */
export function eachIn<H extends FactorHouse>(
  open: () => Promise<H>,
  ready: (house: H, tenant: TenantHandle) => unknown,
): void {
  let house: H
  beforeAll(async () => {
    house = await open()
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    await ready(house, await house.tenant())
  })
}

/** What was asked for next. */
export function next(signedIn: SignedIn): NextFactor {
  if (signedIn.ok || signedIn.reason !== 'factor-required') throw new Error('no factor was asked for')
  return signedIn.next
}
