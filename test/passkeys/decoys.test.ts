// Passkeys that do not exist: told of for addresses without any, and as steady as real ones. On both storages.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { sealedWith } from '../../src/core/kernel/envelope.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold, type Keys, type TenantHandle } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

const GHOST = 'ghost@example.test'
const PAGES = { app: 'https://app.example.test', other: 'https://other.example.test' }

describe.each(['memory', 'postgres'] as const)('on %s', (name) => {
  let database: TestDatabase | undefined
  let storage: Storage
  const processes: Freehold<unknown, string>[] = []
  beforeAll(async () => {
    database = name === 'postgres' ? await createTestDatabase() : undefined
    storage = database ? postgres({ pool: database.appPool, listen: false }) : memory()
  })
  afterAll(async () => {
    for (const each of processes) await each.close()
    await database?.close()
  })

  /** A process of its own on the same storage. */
  async function started(keys: Keys) {
    const freehold = await createFreehold<unknown, string>({
      storage,
      keys,
      passwordHasher: testHasher(),
      passkeys: { origins: Object.values(PAGES) },
      onWarning: () => undefined,
    })
    processes.push(freehold)
    return freehold
  }
  const { k1, k2 } = testKeys(2) as Keys
  const before: Keys = { current: 'k1', k1 }
  const rotating: Keys = { current: 'k2', k1, k2 }
  const after: Keys = { current: 'k2', k2 }
  const settle = (freehold: Freehold<unknown, string>) =>
    freehold.tenants.create({ slug: `t${randomBytes(6).toString('hex')}`, name: 'Acme' })
  const shown = async (handle: TenantHandle<unknown, string>, email = GHOST, origin = PAGES.app) =>
    (await handle.signIn.passkey.options({ email, origin })).allowCredentials
  const stored = ({ id }: { readonly id: string }) =>
    storage.tenant({ id, location: storage.sharedLocation }).records.find('tenant_secrets', { limit: 10 })

  it('A05: stay what they are while root keys are rotated, and after the old one is gone', async () => {
    const first = await started(before)
    const acme = await settle(first)
    const addresses = [GHOST, 'spirit@example.test', 'no address']
    const told = await Promise.all(addresses.map((email) => shown(acme, email)))
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(3)
    for (const keys of [before, rotating]) {
      const handle = await (await started(keys)).tenant(acme.id)
      expect(await Promise.all(addresses.map((email) => shown(handle, email)))).toEqual(told)
    }
    const rotated = await started(rotating)
    expect(sealedWith((await stored(acme))[0]!.value)).toBe(1)
    for await (const event of rotated.maintenance.reencrypt()) {
      if (event.kind === 'finished') expect(event.unused).toEqual(['k1'])
    }
    expect(sealedWith((await stored(acme))[0]!.value)).toBe(2)
    const last = await (await started(after)).tenant(acme.id)
    expect(await Promise.all(addresses.map((email) => shown(last, email)))).toEqual(told)
  })

  it('A05: are others in another tenant, and on the pages of another domain', async () => {
    const freehold = await started(before)
    const [acme, globex] = [await settle(freehold), await settle(freehold)]
    const all = [await shown(acme), await shown(globex), await shown(acme, GHOST, PAGES.other)]
    expect(new Set(all.map((one) => one[0]!.id)).size).toBe(3)
  })

  it('are of one secret, whoever asks first', async () => {
    const all = await Promise.all([started({ ...rotating, current: 'k1' }), started(rotating)])
    const acme = await settle(all[0]!)
    const handles = await Promise.all(all.map((freehold) => freehold.tenant(acme.id)))
    const told = await Promise.all(Array.from({ length: 24 }, (_, i) => shown(handles[i % 2]!)))
    expect(new Set(told.map((one) => one[0]!.id)).size).toBe(1)
    expect(await stored(acme)).toHaveLength(1)
  })

  it('a process that does not have the newer key yet changes nothing for those that do', async () => {
    const rotated = await started(rotating)
    const acme = await settle(rotated)
    const told = await shown(acme)
    const late = await (await started(before)).tenant(acme.id)
    const once = await shown(late)
    expect([once, await shown(late)]).toEqual([once, once])
    expect(once).not.toEqual(told)
    expect(await shown(acme)).toEqual(told)
  })

  it('are made anew where the key of the old ones was dropped too soon: people get in', async () => {
    const acme = await settle(await started(before))
    const told = await shown(acme)
    const handle = await (await started(after)).tenant(acme.id)
    const [one, two] = await Promise.all([shown(handle), shown(handle)])
    expect(one).toEqual(two)
    expect(one).not.toEqual(told)
    expect(await stored(acme)).toHaveLength(1)
  })
})
