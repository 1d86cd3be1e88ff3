// The context that rooms of the core are handed, for tests: the machine's own clock and chance, one root key, the
// default settings, and a quick but real password hash.

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { systemActor } from '../../src/core/audit/actor.ts'
import { createAuditWriter } from '../../src/core/audit/writer.ts'
import { createRiskSources } from '../../src/core/authentication/risk/sources.ts'
import type { Context, Settings, TenantContext } from '../../src/core/context.ts'
import { createEnvelope } from '../../src/core/kernel/envelope.ts'
import { createKeyring, type Keys } from '../../src/core/kernel/keyring.ts'
import { type Runtime, systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createPost, type PostParts } from '../../src/core/messages/post.ts'
import type { GeoProvider } from '../../src/core/ports/geo.ts'
import type { LeakedPasswords } from '../../src/core/ports/leaked-passwords.ts'
import type { LegacyHashes } from '../../src/core/ports/legacy-hashes.ts'
import type { PasswordHasher } from '../../src/core/ports/password-hasher.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import type { Storage, TenantRef } from '../../src/core/storage/storage.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'

/** One root key, the same in every run. */
export const testKeys: Keys = { current: 'k1', k1: Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256) }

export interface ContextOverrides extends Omit<PostParts, 'onError'> {
  readonly runtime?: Partial<Runtime>
  readonly keys?: Keys
  readonly passwordHasher?: PasswordHasher
  readonly geo?: GeoProvider
  readonly leakedPasswords?: LeakedPasswords
  readonly legacyHashes?: LegacyHashes
  /** Not checked against the limits, so that a test may shorten what would take long. */
  readonly settings?: { readonly [Part in keyof Settings]?: Partial<Settings[Part]> }
}

export function makeContext<Db>(storage: Storage<Db>, overrides: ContextOverrides = {}): Context<Db> {
  const { settings = {} } = overrides
  const runtime = systemRuntime(overrides.runtime)
  const keyring = createKeyring(overrides.keys ?? testKeys)
  return {
    storage,
    runtime,
    auditWriter: createAuditWriter({ runtime }),
    actor: systemActor,
    post: createPost({ ...overrides, onError: () => undefined }),
    keyring,
    envelope: createEnvelope(keyring, runtime),
    passwordHasher: overrides.passwordHasher ?? quickHasher,
    riskSources: createRiskSources({ ...overrides, onError: () => undefined }),
    ...(overrides.legacyHashes ? { legacyHashes: overrides.legacyHashes } : {}),
    settings: {
      issuer: settings.issuer ?? defaultSettings.issuer,
      sessions: { ...defaultSettings.sessions, ...settings.sessions },
      passwords: { ...defaultSettings.passwords, ...settings.passwords },
      passkeys: { ...defaultSettings.passkeys, ...settings.passkeys },
      attempts: { ...defaultSettings.attempts, ...settings.attempts },
      risk: { ...defaultSettings.risk, ...settings.risk },
      accounts: { ...defaultSettings.accounts, ...settings.accounts },
      tenancy: { ...defaultSettings.tenancy, ...settings.tenancy },
      entitlements: { ...defaultSettings.entitlements, ...settings.entitlements },
      webhooks: { ...defaultSettings.webhooks, ...settings.webhooks },
    },
  }
}

/** A room's view of one tenant, outside a transaction. */
export function makeTenantContext<Db>(context: Context<Db>, tenant: Tenant): TenantContext<Db> {
  const ref: TenantRef = { id: tenant.id, location: context.storage.sharedLocation }
  return { ...context, tenant, ref, scope: context.storage.tenant(ref) }
}

/** scrypt at its cheapest: the tests that care about argon2 bring it themselves. */
export const quickHasher: PasswordHasher = {
  name: 'quick',
  async hash(password) {
    const salt = randomBytes(16)
    return `$quick$${salt.toString('base64url')}$${derive(password, salt).toString('base64url')}`
  },
  async verify(hash, password) {
    const [, name, salt, digest] = hash.split('$')
    if (name !== 'quick' || !salt || !digest) return false
    const wanted = Buffer.from(digest, 'base64url')
    const found = derive(password, Buffer.from(salt, 'base64url'))
    return wanted.length === found.length && timingSafeEqual(wanted, found)
  },
  needsRehash: () => false,
}

function derive(password: string, salt: Uint8Array): Buffer {
  return scryptSync(password, salt, 32, { N: 16 })
}
