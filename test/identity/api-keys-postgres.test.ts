// API keys on PostgreSQL: one round trip, one successor of many rotations, and use noted once a minute.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createFreehold, type Freehold, FreeholdError, type TenantHandle } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let freehold: Freehold
let acme: TenantHandle
beforeAll(async () => {
  database = await createTestDatabase()
  const storage = postgres({ url: database.appUrl, owner: database.ownerUrl, connections: 20 })
  freehold = await createFreehold({ storage, keys: testKeys, passwordHasher: quickHasher, onWarning: () => undefined })
  acme = (await freehold.tenants.create({ slug: 'acme', name: 'Acme' })) as TenantHandle
})
afterAll(async () => {
  await freehold.close()
  await database.close()
})

const key = async () => {
  const robot = await acme.serviceAccounts.create({ name: `robot ${crypto.randomUUID()}` })
  return acme.apiKeys.create({ serviceAccount: robot, name: 'ci' })
}

describe('API keys on PostgreSQL', () => {
  it('of 30 rotations at once one makes the successor', async () => {
    const { apiKey } = await key()
    const all = await Promise.all(
      Array.from({ length: 30 }, () =>
        acme.apiKeys.rotate(apiKey).then(
          () => 'rotated',
          (error) => codeOf(error),
        ),
      ),
    )
    expect(all.filter((answer) => answer === 'rotated')).toHaveLength(1)
    expect(all.filter((answer) => answer === 'API_KEY_ENDED')).toHaveLength(29)
    const { items } = await acme.apiKeys.list({ serviceAccount: apiKey.serviceAccountId })
    expect(items).toHaveLength(2)
  })

  it('a use is written once a minute, by however many at once', async () => {
    const { apiKey, secret } = await key()
    await Promise.all(Array.from({ length: 20 }, () => freehold.verifyApiKey(secret)))
    const first = (await acme.apiKeys.get(apiKey)).lastUsedAt
    await freehold.verifyApiKey(secret)
    expect((await acme.apiKeys.get(apiKey)).lastUsedAt).toEqual(first)
    await database.admin(`update freehold.api_keys set last_used_at = now() - interval '61 seconds' where id = $1`, [
      apiKey.id,
    ])
    await freehold.verifyApiKey(secret)
    expect((await acme.apiKeys.get(apiKey)).lastUsedAt!.getTime()).toBeGreaterThanOrEqual(first!.getTime())
  })

  it('K02: revoked while 50 requests run, none that starts after it passes', async () => {
    const { apiKey, secret } = await key()
    const running = Array.from({ length: 50 }, () => freehold.verifyApiKey(secret).catch(codeOf))
    await acme.apiKeys.revoke(apiKey)
    await Promise.all(running)
    expect(await freehold.verifyApiKey(secret).catch(codeOf)).toBe('TOKEN_INVALID')
  })
})

function codeOf(error: unknown): string {
  return FreeholdError.is(error) ? error.code : String(error)
}
