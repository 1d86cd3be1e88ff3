// Which pages are a tenant's own, and the domain that a passkey belongs to there.

import { beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createRelyingParties } from '../../src/core/authentication/passkeys/relying-party.ts'
import type { PasskeySettings } from '../../src/core/context.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { fillSettings } from '../../src/core/settings.ts'
import { createDirectory } from '../../src/core/tenancy/directory.ts'
import { type Tenant, tenantFromRow } from '../../src/core/tenancy/tenant.ts'
import { refusal } from '../identity/town.ts'
import { makeContext, makeTenantContext } from '../setup/context.ts'

const storage = memory()
const { newId } = systemRuntime()
let acme: Tenant
let bare: Tenant

beforeAll(async () => {
  const rows = await storage.system.records.insert('tenants', [
    { id: newId(), slug: 'acme', name: 'Acme' },
    { id: newId(), slug: 'globex', name: 'Globex' },
    { id: newId(), slug: 'bare', name: 'Bare' },
  ])
  const [first, second, third] = rows.map(tenantFromRow)
  acme = first!
  bare = third!
  const domain = (tenant: Tenant, name: string, verified: boolean) => ({
    id: newId(),
    tenant_id: tenant.id,
    domain: name,
    verification_token: newId(),
    verified_at: verified ? new Date() : null,
  })
  await storage.system.records.insert('tenant_domains', [
    domain(first!, 'login.acme.test', true),
    domain(first!, 'claimed.acme.test', false),
    domain(second!, 'globex.test', true),
    domain(third!, 'bare.test', true),
  ])
})

function of(tenant: Tenant, baseDomains: string[], passkeys: Partial<PasskeySettings> = {}) {
  const context = makeContext(storage, { settings: { tenancy: { baseDomains }, passkeys } })
  return createRelyingParties(makeTenantContext(context, tenant), createDirectory(context))
}

describe('the pages of a tenant', () => {
  it.each([
    ['https://acme.example.com', 'acme.example.com'],
    ['https://login.acme.test', 'login.acme.test'],
    ['http://acme.localhost:3000', 'acme.localhost'],
    ['http://localhost:5173', 'localhost'],
    ['https://app.example.net', 'app.example.net'],
    ['https://app.example.net:8443', 'app.example.net'],
  ])('%s belongs to %s', async (origin, rpId) => {
    const origins = ['https://app.example.net', 'https://app.example.net:8443']
    const places = of(acme, ['example.com', 'localhost'], { origins })
    expect(await places.at(origin)).toEqual({ origin, rpId })
    expect(await places.choose(origin)).toEqual({ origin, rpId })
  })

  it.each([
    'https://globex.example.com',
    'https://globex.test',
    'https://claimed.acme.test',
    'https://example.com',
    'https://acme.example.com:8443',
    'http://acme.example.com',
    'http://login.acme.test',
    'https://login.acme.test:8443',
    'https://x.acme.example.com',
    'https://acme.example.com.',
    'https://acme.example.com/',
    'https://ACME.example.com',
    'http://globex.localhost:3000',
    'http://localhost.evil.test',
    'http://localhost:80',
    'http://localhost:99999',
    'https://app.example.net',
    'file://acme.example.com',
    'null',
    '',
  ])('U02: %j is none of them', async (origin) => {
    const places = of(acme, ['example.com', 'localhost'])
    expect(await refusal(places.at(origin))).toEqual({ code: 'PASSKEY_REFUSED', details: { reason: 'origin' } })
    expect((await refusal(places.choose(origin))).code).toBe('INPUT_INVALID')
  })

  it('without localhost as a base domain nothing on this machine is one', async () => {
    const places = of(acme, ['example.com'])
    for (const origin of ['http://localhost:3000', 'http://acme.localhost:3000']) {
      expect((await refusal(places.at(origin))).code).toBe('PASSKEY_REFUSED')
    }
  })

  it('a domain that the host names is used at and below it, and nowhere else', async () => {
    const app = `android:apk-key-hash:${'A'.repeat(43)}`
    const places = of(acme, ['example.com'], { rpId: 'example.com', origins: ['https://example.com', app] })
    expect(await places.at('https://acme.example.com')).toMatchObject({ rpId: 'example.com' })
    expect(await places.at('https://example.com')).toMatchObject({ rpId: 'example.com' })
    expect(await places.at(app)).toEqual({ origin: app, rpId: 'example.com' })
    expect(await places.at('https://login.acme.test')).toMatchObject({ rpId: 'login.acme.test' })
  })

  it('where no page is named, it is the first configured, then the subdomain, then a proven domain', async () => {
    const configured = of(acme, ['example.com'], { origins: ['https://app.example.net'] })
    expect(await configured.choose(undefined)).toMatchObject({ origin: 'https://app.example.net' })
    expect(await of(acme, ['example.com']).choose(undefined)).toMatchObject({ rpId: 'acme.example.com' })
    expect(await of(acme, ['localhost']).choose(undefined)).toMatchObject({ rpId: 'acme.localhost' })
    expect(await of(bare, []).choose(undefined)).toEqual({ origin: 'https://bare.test', rpId: 'bare.test' })
    const nowhere = { ...bare, id: newId() as Tenant['id'] }
    expect((await refusal(of(nowhere, []).choose(undefined))).code).toBe('INPUT_INVALID')
  })
})

describe('the options', () => {
  const app = `android:apk-key-hash:${'A'.repeat(43)}`

  it('are filled in; pages that may send cookies may use passkeys, where browsers have them', () => {
    expect(fillSettings().passkeys).toMatchObject({ rpId: null, origins: [], userVerification: 'required' })
    const trustedOrigins = ['https://app.example.com', 'http://intranet.example.com', 'http://localhost:3000']
    expect(fillSettings({ http: { trustedOrigins } }).passkeys.origins).toEqual([trustedOrigins[0], trustedOrigins[2]])
    const listed = fillSettings({ http: { trustedOrigins }, passkeys: { origins: [] } })
    expect(listed.passkeys.origins).toEqual([])
    const both = { rpId: 'example.com', origins: ['https://a.example.com', app, 'http://localhost:3000'] }
    expect(fillSettings({ passkeys: both }).passkeys).toMatchObject(both)
  })

  it.each<[string, object]>([
    ['rpId', { rpId: 'https://example.com' }],
    ['rpId', { rpId: 'Example.com' }],
    ['rpId', { rpId: '127.0.0.1' }],
    ['rpId', { origins: [app] }],
    ['origins', { origins: 'https://example.com' }],
    ['origins', { origins: ['https://*.example.com'] }],
    ['origins', { origins: ['https://example.com/'] }],
    ['origins', { origins: ['https://example.com:443'] }],
    ['origins', { origins: ['http://example.com'] }],
    ['origins', { rpId: 'example.com', origins: ['https://badexample.com'] }],
    ['topOrigins', { topOrigins: ['*'] }],
    ['topOrigins', { topOrigins: [1] }],
    ['userVerification', { userVerification: 'discouraged' }],
    ['challengeLifetimeMs', { challengeLifetimeMs: 1000 }],
    ['challengeLifetimeMs', { challengeLifetimeMs: 3_600_000 }],
    ['rpID', { rpID: 'example.com' }],
  ])('stop the start: %s %j', (option, passkeys) => {
    expect(() => fillSettings({ passkeys })).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: expect.objectContaining({ option: `passkeys.${option}` }),
      }),
    )
  })
})
