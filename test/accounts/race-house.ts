// Accounts on a real PostgreSQL, for many callers at once; and the same over a connection that a test can cut.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import {
  createMailbox,
  createPhone,
  type Mailbox,
  type Phone,
  testHasher,
  testKeys,
} from '../../src/adapters/testing/index.ts'
import { createFreehold, type Freehold, type TenantHandle } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

export interface RaceHouse {
  readonly database: TestDatabase
  readonly proxy: TestProxy
  readonly freehold: Freehold<unknown, string>
  /** The same, through the proxy. */
  readonly cut: Freehold<unknown, string>
  readonly mailbox: Mailbox
  readonly phone: Phone
}

/** A house for all tests of a file, and a tenant for each. */
export function inRaceHouse(callers: number, ready: (house: RaceHouse, tenant: TenantHandle) => unknown): void {
  const close: (() => Promise<unknown>)[] = []
  let house: RaceHouse
  let made = 0
  beforeAll(async () => {
    const [mailbox, phone] = [createMailbox(), createPhone()]
    const open = async (storage: ReturnType<typeof postgres>): Promise<Freehold<unknown, string>> => {
      const freehold = await createFreehold<unknown, string>({
        storage,
        keys: testKeys(),
        passwordHasher: testHasher(),
        mailer: mailbox,
        texter: phone,
        messages: { baseUrl: 'https://example.test' },
        onError: () => undefined,
        onWarning: () => undefined,
      })
      close.push(() => freehold.close())
      return freehold
    }
    const database = await createTestDatabase({ connections: callers + 2 })
    close.push(() => database.close())
    const freehold = await open(postgres({ pool: database.appPool, listen: false }))
    const proxy = await startProxy(database.appUrl)
    close.push(() => proxy.close())
    const pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 1 })
    close.push(() => pool.end())
    pool.on('error', () => undefined)
    house = { database, proxy, freehold, mailbox, phone, cut: await open(postgres({ pool, listen: false })) }
  })
  afterAll(async () => {
    for (const end of close.reverse()) await end()
  })
  beforeEach(async () => {
    ready(house, await house.freehold.tenants.create({ slug: `r${++made}`, name: 'Acme' }))
  })
}
