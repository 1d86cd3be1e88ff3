// API keys: what they prove and to whom, over the handle and over HTTP.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { isAllowedIp } from '../../src/core/identity/allowed-ips.ts'
import { parseApiKey } from '../../src/core/identity/api-key-token.ts'
import type { NewApiKey } from '../../src/index.ts'
import { createFreehold, definePermissions } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const permissions = definePermissions({ note: ['read', 'write'] })

afterEach(() => {
  vi.useRealTimers()
})

async function house() {
  vi.useFakeTimers({ toFake: ['Date'] })
  const freehold = await createFreehold({
    storage: memory(),
    keys: testKeys,
    permissions,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    onError: () => undefined,
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const globex = await freehold.tenants.create({ slug: 'globex', name: 'Globex' })
  const robot = await acme.serviceAccounts.create({ name: 'robot' })
  await acme.roles.create({ key: 'scribe', permissions: [{ resource: 'note', actions: ['read', 'write'] }] })
  await acme.assignments.grant({ principal: robot, role: 'scribe' })
  const make = (more: Partial<NewApiKey> = {}) => acme.apiKeys.create({ serviceAccount: robot, name: 'ci', ...more })
  const ask = (secret: string, { host = 'acme', ip = '192.0.2.1', url = '/notes' } = {}) =>
    freehold.authenticate(
      new Request(`http://${host}.example.test${url}`, { headers: { authorization: `Bearer ${secret}` } }),
      { peerAddress: ip },
    )
  const elapse = (ms: number) => vi.setSystemTime(Date.now() + ms)
  return { freehold, acme, globex, robot, make, ask, elapse }
}

const refused = (code: string) => expect.objectContaining({ code })

describe('an API key', () => {
  it('stands for its account: tenant, principal, permissions, actor', async () => {
    const { make, ask, robot, acme } = await house()
    const { secret, apiKey } = await make()
    const context = await ask(secret)
    expect(context).toMatchObject({
      tenant: { id: acme.id },
      principal: { kind: 'service_account', id: robot.id },
      apiKey: apiKey.id,
      session: undefined,
      credential: 'api-key',
      actor: { type: 'service_account', id: robot.id, ip: '192.0.2.1' },
    })
    expect(context.require('note:write').can('note:read')).toBe(true)
    expect((await acme.apiKeys.get(apiKey)).lastUsedAt).toBeInstanceOf(Date)
  })

  it('may do no more than it was made for, and no more than its account', async () => {
    const { make, ask, acme, robot } = await house()
    const context = await ask((await make({ permissions: ['note:read'] })).secret)
    expect(context.access?.can('note:read')).toBe(true)
    expect(() => context.require('note:write')).toThrow('FORBIDDEN')
    expect(context.access?.explain('note:write')).toMatchObject({ allowed: false, reason: 'not-in-credential' })
    const bare = await acme.serviceAccounts.create({ name: 'bare' })
    const weak = await acme.apiKeys.create({ serviceAccount: bare, name: 'x', permissions: ['note:read'] })
    expect((await ask(weak.secret)).access?.can('note:read')).toBe(false)
    const [held] = (await acme.assignments.list({ principal: robot })).items
    await acme.assignments.revoke(held!)
    expect((await ask((await make({ permissions: ['note:read'] })).secret)).access?.can('note:read')).toBe(false)
  })

  it('K02: ends at once when it is revoked, its account disabled, or its time over', async () => {
    const { make, ask, acme, robot, elapse } = await house()
    const [one, two, three] = [await make(), await make(), await make({ lifetimeMs: 60_000 })]
    for (const { secret } of [one, two, three]) await ask(secret)
    await acme.apiKeys.revoke(one.apiKey)
    await expect(ask(one.secret)).rejects.toEqual(refused('TOKEN_INVALID'))
    await expect(acme.apiKeys.rotate(one.apiKey)).rejects.toEqual(refused('API_KEY_ENDED'))
    elapse(60_000)
    await expect(ask(three.secret)).rejects.toEqual(refused('TOKEN_INVALID'))
    await expect(acme.apiKeys.rotate(three.apiKey)).rejects.toEqual(refused('API_KEY_ENDED'))
    await acme.serviceAccounts.disable(robot)
    await expect(ask(two.secret)).rejects.toEqual(refused('TOKEN_INVALID'))
    await expect(make()).rejects.toEqual(refused('PRINCIPAL_UNKNOWN'))
  })

  it('is rotated once, and both work until the overlap is over', async () => {
    const { make, ask, acme, elapse } = await house()
    const { apiKey, secret } = await make({ permissions: ['note:read'], allowedIps: ['192.0.2.0/24'] })
    const next = await acme.apiKeys.rotate(apiKey, { overlapMs: 60_000 })
    expect(next.apiKey).toMatchObject({ name: 'ci', permissions: ['note:read'], allowedIps: ['192.0.2.0/24'] })
    expect((await acme.apiKeys.get(apiKey)).successorId).toBe(next.apiKey.id)
    await expect(acme.apiKeys.rotate(apiKey)).rejects.toEqual(refused('API_KEY_ENDED'))
    await ask(secret)
    elapse(60_000)
    await ask(next.secret)
    await expect(ask(secret)).rejects.toEqual(refused('TOKEN_INVALID'))
  })

  it('a rotation gives the former no longer life than it had', async () => {
    const { make, ask, acme, elapse } = await house()
    const { apiKey, secret } = await make({ lifetimeMs: 10_000 })
    const next = await acme.apiKeys.rotate(apiKey, { overlapMs: 60_000 })
    expect(next.apiKey.expiresAt!.getTime() - Date.now()).toBe(10_000)
    elapse(9_999)
    await ask(secret)
    elapse(1)
    await expect(ask(secret)).rejects.toEqual(refused('TOKEN_INVALID'))
  })

  it('comes from the addresses it is allowed, and from no other or unknown one', async () => {
    const { make, ask, freehold } = await house()
    const { secret } = await make({ allowedIps: ['192.0.2.0/24', '2001:db8::/32'] })
    await ask(secret)
    await ask(secret, { ip: '::ffff:192.0.2.9' })
    await ask(secret, { ip: '2001:db8:1::1' })
    await expect(ask(secret, { ip: '198.51.100.1' })).rejects.toEqual(refused('TOKEN_INVALID'))
    await expect(freehold.verifyApiKey(secret)).rejects.toEqual(refused('TOKEN_INVALID'))
    expect(isAllowedIp(['10.0.0.0/8'], 'not an address')).toBe(false)
  })

  it('A09: is refused at another tenant, and another tenant sees nothing of it', async () => {
    const { make, ask, globex } = await house()
    const { secret, apiKey } = await make()
    await expect(ask(secret, { host: 'globex' })).rejects.toEqual(refused('TENANT_MISMATCH'))
    await expect(globex.apiKeys.get(apiKey)).rejects.toEqual(refused('API_KEY_UNKNOWN'))
    await expect(globex.apiKeys.revoke(apiKey)).rejects.toEqual(refused('API_KEY_UNKNOWN'))
    await expect(globex.apiKeys.rotate(apiKey)).rejects.toEqual(refused('API_KEY_UNKNOWN'))
    const account = { serviceAccount: apiKey.serviceAccountId, name: 'x' }
    await expect(globex.apiKeys.create(account)).rejects.toEqual(refused('PRINCIPAL_UNKNOWN'))
    expect((await globex.apiKeys.list()).items).toEqual([])
  })

  it('S04: any part, padding or other spelling of it is none', async () => {
    const { make, freehold } = await house()
    const { secret } = await make()
    const last = secret.at(-1) === 'A' ? 'B' : 'A'
    const others = [
      secret.slice(0, -1),
      `${secret}=`,
      `${secret} `,
      secret.toUpperCase(),
      secret.slice(0, -1) + last,
      'fh_ak_',
    ]
    for (const other of [...others, '', null, 5]) {
      expect(parseApiKey(other)).toBeUndefined()
      await expect(freehold.verifyApiKey(other as string)).rejects.toEqual(refused('TOKEN_INVALID'))
    }
  })

  it('K03: in a query string it is not read, and no list, event or error has it', async () => {
    const { make, freehold, acme } = await house()
    const { secret, apiKey } = await make()
    const context = await freehold.authenticate(
      new Request(`http://acme.example.test/?api_key=${secret}&access_token=${secret}`),
    )
    expect(context.principal).toBeUndefined()
    const told = JSON.stringify([await acme.apiKeys.list(), await acme.audit.list(), apiKey])
    expect(told).not.toContain(secret.slice(-40))
    expect(apiKey.prefix).toMatch(/^fh_ak_…[0-9a-f]{8}$/)
  })

  it('K01: the routes of one’s own account take a session and no key', async () => {
    const { make, freehold } = await house()
    const { secret } = await make()
    const headers = { authorization: `Bearer ${secret}` }
    for (const path of ['me', 'sessions']) {
      const answer = await freehold.handler(new Request(`http://acme.example.test/auth/${path}`, { headers }))
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'UNAUTHENTICATED'])
    }
  })

  it('nobody makes or rotates one for an account that holds more than they do', async () => {
    const { acme, robot, make, elapse } = await house()
    const [email, password] = ['ana@example.test', 'a kettle orbits quietly']
    const ana = await acme.users.create({ email, password })
    const entered = await acme.signIn.password({ email, password })
    if (!entered.ok) throw new Error(entered.reason)
    const hers = acme.as({ type: 'user', id: ana.id, sessionId: entered.session.id })
    const key = { serviceAccount: robot, name: 'x' }
    await expect(hers.apiKeys.create(key)).rejects.toEqual(refused('GRANT_REFUSED'))
    await expect(hers.apiKeys.rotate((await make()).apiKey)).rejects.toEqual(refused('GRANT_REFUSED'))
    await acme.assignments.grant({ principal: ana, role: 'scribe' })
    expect((await hers.apiKeys.create(key)).secret).toMatch(/^fh_ak_/)
    // a key outlives the session, so an old one makes none
    elapse(600_001)
    await expect(hers.apiKeys.create(key)).rejects.toEqual(refused('STEP_UP_REQUIRED'))
    await expect(hers.apiKeys.rotate((await make()).apiKey)).rejects.toEqual(refused('STEP_UP_REQUIRED'))
    const nowhere = acme.as({ type: 'user', id: ana.id })
    await expect(nowhere.apiKeys.create(key)).rejects.toEqual(refused('STEP_UP_REQUIRED'))
  })

  it('whoever shows a key for a part of its account hands out that part and no more', async () => {
    const { acme, robot, make, ask } = await house()
    const whole = (await ask((await make()).secret)).tenant
    const part = (await ask((await make({ permissions: ['note:read'] })).secret)).tenant
    const reading = [{ resource: 'note', actions: ['read'] }]
    await acme.roles.create({ key: 'reader', permissions: reading })
    const bare = await acme.serviceAccounts.create({ name: 'bare' })
    const key = { serviceAccount: robot, name: 'x' }
    const missing = { code: 'GRANT_REFUSED', details: { missing: ['note:write'] } }
    await expect(part.apiKeys.create(key)).rejects.toMatchObject(missing)
    await expect(part.apiKeys.create({ ...key, permissions: ['note:write'] })).rejects.toMatchObject(missing)
    await expect(part.apiKeys.rotate((await make()).apiKey)).rejects.toMatchObject(missing)
    await expect(part.assignments.grant({ principal: bare, role: 'scribe' })).rejects.toMatchObject(missing)
    await expect(
      part.roles.create({ key: 'x', permissions: [{ resource: 'note', actions: ['write'] }] }),
    ).rejects.toMatchObject(missing)
    await part.assignments.grant({ principal: bare, role: 'reader' })
    await part.apiKeys.create({ serviceAccount: bare, name: 'x' })
    await whole.assignments.grant({ principal: bare, role: 'scribe' })
    await acme.assignments.grant({ principal: robot, role: 'owner' })
    const some = (await ask((await make({ permissions: [...permissions.names] })).secret)).tenant
    await expect(some.assignments.grant({ principal: bare, role: 'owner' })).rejects.toMatchObject({
      details: { missing: ['*'] },
    })
  })

  it('the log says which key was shown, and nobody else shows one', async () => {
    const { acme, make, ask } = await house()
    const { secret, apiKey } = await make()
    const { tenant } = await ask(secret)
    await tenant.audit.record({ action: 'note.read' })
    const [event] = (await acme.audit.list({ limit: 1 })).items
    expect(event!.actor).toMatchObject({ type: 'service_account', id: apiKey.serviceAccountId, apiKeyId: apiKey.id })
    expect(() => acme.as({ type: 'user', apiKeyId: apiKey.id })).toThrow(refused('INPUT_INVALID'))
    expect(() => acme.as({ type: 'service_account', apiKeyId: 'x' })).toThrow(refused('ID_INVALID'))
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ allowedIps: ['192.0.2.0/33'] }, 'allowedIps[0]'],
    [{ allowedIps: ['localhost'] }, 'allowedIps[0]'],
    [{ lifetimeMs: 1.5 }, 'lifetimeMs'],
    [{ permissions: 'note:read' }, 'permissions'],
    [{ userId: 'x' }, 'key.userId'],
  ])('bad input is told: %j', async (more, field) => {
    const { make } = await house()
    await expect(make(more as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await make(more as never).catch((error) => expect(error.details.field).toContain(field.split('.').at(-1)))
  })

  it('an unknown permission is told', async () => {
    const { make } = await house()
    await expect(make({ permissions: ['note:raed'] })).rejects.toEqual(refused('PERMISSION_UNKNOWN'))
  })
})
