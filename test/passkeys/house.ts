// A tenant whose users have passkeys, on any storage: the rooms, the engine behind them, and authenticators to use.

import { createSignInEngine } from '../../src/core/authentication/engine.ts'
import type { SignInEngine } from '../../src/core/authentication/engine-contract.ts'
import type { PasskeyRequestOptions } from '../../src/core/authentication/passkeys/ceremony.ts'
import { createPasskeyFactor } from '../../src/core/authentication/passkeys/factor.ts'
import type { Passkey } from '../../src/core/authentication/passkeys/passkey.ts'
import { createPasskeys, type Passkeys } from '../../src/core/authentication/passkeys/passkeys.ts'
import { createPasskeySignIn, type PasskeySignIn } from '../../src/core/authentication/passkeys/sign-in.ts'
import type { SignedIn } from '../../src/core/authentication/signed-in.ts'
import type { TenantContext } from '../../src/core/context.ts'
import type { User } from '../../src/core/identity/user.ts'
import { createSessionIssuer } from '../../src/core/sessions/issue.ts'
import type { WebauthnCredentialRow } from '../../src/core/storage/authentication-tables.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createDirectory } from '../../src/core/tenancy/directory.ts'
import { makeTown, type Town } from '../identity/town.ts'
import type { ContextOverrides } from '../setup/context.ts'
import { Authenticator, type AuthenticatorTraits, type Page } from './authenticator.ts'

export interface House {
  readonly town: Town
  readonly context: TenantContext
  readonly passkeys: Passkeys
  readonly signIn: PasskeySignIn
  readonly engine: SignInEngine
  /** The tenant's own page, at the subdomain. */
  readonly page: Page
  /** Registers a new authenticator for a user. */
  equip(user: User, traits?: Partial<AuthenticatorTraits>): Promise<Equipped>
  /** Signs in, usernameless, with what the authenticator answers on this page. */
  enter(authenticator: Authenticator, page?: Partial<Page>): Promise<SignedIn>
  row(passkey: Pick<Passkey, 'id'>): Promise<WebauthnCredentialRow | undefined>
  /** What the log says happened, oldest first, without what made the tenant and its users. */
  events(): Promise<{ readonly action: string; readonly outcome: string; readonly body: string }[]>
}

export interface Equipped {
  readonly authenticator: Authenticator
  readonly passkey: Passkey
}

export const BASE_DOMAIN = 'example.test'

export async function openHouse(storage: Storage, overrides: ContextOverrides = {}): Promise<House> {
  const { settings } = overrides
  const town = await makeTown(storage, {
    ...overrides,
    settings: { tenancy: { baseDomains: [BASE_DOMAIN] }, ...settings },
  })
  const { context } = town
  const directory = createDirectory(context)
  const engine = createSignInEngine(createSessionIssuer(context), [createPasskeyFactor(directory)])
  const passkeys = createPasskeys(context, directory)
  const signIn = createPasskeySignIn(context, engine, directory)
  const page: Page = { origin: `https://${context.tenant.slug}.${BASE_DOMAIN}` }
  return {
    town,
    context,
    passkeys,
    signIn,
    engine,
    page,
    async equip(user, traits) {
      const authenticator = new Authenticator(traits)
      const options = await passkeys.registrationOptions(user)
      return {
        authenticator,
        passkey: await passkeys.register(user, { response: authenticator.create(options, page) }),
      }
    },
    async enter(authenticator, differently = {}) {
      const options: PasskeyRequestOptions = await signIn.options()
      return signIn.verify({ response: authenticator.get(options, { ...page, ...differently }) })
    },
    row: ({ id }) => context.scope.records.get('webauthn_credentials', { id }),
    async events() {
      const rows = await context.scope.records.find('audit_events', { order: [{ by: 'id' }], limit: 500 })
      return rows
        .map(({ action, outcome, body }) => ({ action, outcome, body: String(body) }))
        .filter(({ action }) => !/^(tenant|user)\./.test(action))
    },
  }
}
