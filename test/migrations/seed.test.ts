// What a tenant begins with is the same whoever wrote it: the migrations for the platform tenant, the memory storage
// for its own, the core for every later one.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { seedAccess } from '../../src/core/access/seed.ts'
import { PLATFORM_TENANT_ID } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Storage, TenantScope } from '../../src/core/storage/storage.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let storage: Storage
beforeAll(async () => {
  database = await createTestDatabase()
  storage = postgres({ pool: database.appPool, listen: false })
})
afterAll(() => database?.close())

/** Everything but ids and times, in the order in which lists show it. */
async function beginning({ records }: TenantScope): Promise<object> {
  const rows = async (table: 'tenant_counters' | 'organizations' | 'roles') =>
    (await records.find(table, { limit: 20 })).map((row) => {
      const { id, created_at, updated_at, ...rest } = row as typeof row & { id?: string; created_at?: Date }
      if (table !== 'tenant_counters') expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/)
      return rest
    })
  return {
    counters: await rows('tenant_counters'),
    organizations: await rows('organizations'),
    roles: await rows('roles'),
    users: await records.count('users', {}),
  }
}

it('the platform tenant begins as every other', async () => {
  const other = storage.tenant({ id: crypto.randomUUID(), location: storage.sharedLocation })
  await other.transaction((unit) => seedAccess(unit, systemRuntime()))
  const wanted = await beginning(other)
  expect(wanted).toMatchObject({ counters: [{ name: 'access', value: 0 }], organizations: [{ key: 'main' }], users: 0 })
  expect(wanted).toHaveProperty('roles.length', 4)
  for (const one of [storage, memory()] as Storage[]) {
    expect(await beginning(one.tenant({ id: PLATFORM_TENANT_ID, location: one.sharedLocation }))).toEqual(wanted)
  }
})
