// A house for audit tests: an instance on memory or on PostgreSQL, a tenant of its own for each test, and its log.

import { randomBytes } from 'node:crypto'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import type { Audit, AuditEvent } from '../../src/core/audit/audit.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { createFreehold, type Freehold, type FreeholdOptions, type TenantHandle } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'

export interface House {
  readonly freehold: Freehold<unknown, string>
  readonly storage: Storage
  /** Undefined on memory. */
  readonly database: TestDatabase | undefined
  /** A tenant of its own for a test; its log has one event already: that it was created. */
  tenant(): Promise<TenantHandle>
  close(): Promise<void>
}

export const STORAGES = ['memory', 'postgres'] as const
export type StorageName = (typeof STORAGES)[number]
export const PASSWORD = 'a lantern under the harbour'

export async function openHouse(
  name: StorageName,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): Promise<House> {
  const database = name === 'postgres' ? await createTestDatabase() : undefined
  const storage: Storage = database ? postgres({ pool: database.appPool, listen: false }) : memory()
  const freehold = await createFreehold<unknown, string>({
    storage,
    keys: testKeys(),
    passwordHasher: testHasher(),
    onError: () => undefined,
    onWarning: () => undefined,
    ...options,
  })
  return {
    freehold,
    storage,
    database,
    tenant: () => freehold.tenants.create({ slug: `t${randomBytes(6).toString('hex')}`, name: 'Acme' }),
    async close() {
      await freehold.close()
      await database?.close()
    },
  }
}

/** The whole log, oldest first; each event's leaf and columns are checked on the way. */
export async function logOf({ audit }: { readonly audit: Audit }): Promise<AuditEvent[]> {
  const events: AuditEvent[] = []
  let cursor: string | null | undefined
  do {
    const page = await audit.list({ limit: 200, ...(cursor ? { cursor } : {}) })
    for (const { id } of page.items) events.push(await audit.get(id))
    cursor = page.next
  } while (cursor)
  return events.reverse()
}

export async function actionsOf(handle: { readonly audit: Audit }): Promise<string[]> {
  return (await logOf(handle)).map(({ action }) => action)
}
