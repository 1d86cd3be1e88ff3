// Notices travel between processes (here: between storages) once their transaction has committed, and whoever lost
// the connection is told that it may have missed some.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PostgresOptions, postgres } from '../../src/adapters/postgres/index.ts'
import type { Storage, TenantRef } from '../../src/core/storage/storage.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'

let database: TestDatabase
let proxy: TestProxy
let tenant: TenantRef
let speaker: Storage
const opened: Storage[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  tenant = await createTenantRow(database)
  speaker = postgres({ pool: database.appPool })
})
afterAll(async () => {
  for (const storage of opened) await storage.close()
  await proxy.close()
  await database.close()
})

interface Heard {
  readonly storage: Storage
  readonly notices: Notice[]
  readonly gaps: () => number
  readonly stop: () => Promise<void>
}

async function hear(options: PostgresOptions): Promise<Heard> {
  const storage = postgres(options)
  opened.push(storage)
  const notices: Notice[] = []
  let gaps = 0
  const stop = await storage.subscribe({ onNotice: (notice) => notices.push(notice), onGap: () => gaps++ })
  return { storage, notices, gaps: () => gaps, stop }
}

const about = (tenantId: string): Notice => ({ kind: 'tenant', tenantId })

/** Until it is so, or a test's patience ends. */
async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > 10_000) throw new Error('it never came to be')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

it('tells every other process, from a tenant’s scope and from the system’s', async () => {
  const [first, second] = [await hear({ pool: database.appPool }), await hear({ url: database.appUrl })]
  await speaker.tenant(tenant).verbs.publish({ kind: 'session', tenantId: tenant.id, userId: 'u', sessionId: 's' })
  await speaker.system.verbs.publish(about('t-é-"quoted"'))
  const expected = [{ kind: 'session', tenantId: tenant.id, userId: 'u', sessionId: 's' }, about('t-é-"quoted"')]
  for (const { notices } of [first, second]) {
    await until(() => notices.length === 2)
    expect(notices).toEqual(expected)
  }
})

it('tells nothing of what was rolled back, and the rest only after COMMIT', async () => {
  const { notices } = await hear({ pool: database.appPool })
  const scope = speaker.tenant(tenant)
  const work = scope.transaction(async (unit) => {
    await unit.verbs.publish(about('rolled-back'))
    throw new Error('no')
  })
  await expect(work).rejects.toThrow('no')
  await scope.transaction(async (unit) => {
    await unit.verbs.publish(about('committed'))
    await unit
      .transaction(async (part) => {
        await part.verbs.publish(about('part'))
        throw new Error('part')
      })
      .catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(notices).toEqual([])
  })
  await until(() => notices.length > 0)
  await speaker.system.verbs.publish(about('last'))
  await until(() => notices.length > 1)
  expect(notices).toEqual([about('committed'), about('last')])
})

it('comes back after the connection was lost, tells of the gap once, and hears again', async () => {
  const { notices, gaps } = await hear({ url: proxy.url(database.appUrl) })
  expect(gaps()).toBe(0)
  proxy.refusing = true
  proxy.cutAll()
  await speaker.system.verbs.publish(about('missed'))
  // long enough for more than one attempt to fail
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(gaps()).toBe(0)
  proxy.refusing = false
  await until(() => gaps() === 1)
  await speaker.system.verbs.publish(about('heard'))
  await until(() => notices.length > 0)
  expect(notices).toEqual([about('heard')])
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(gaps()).toBe(1)
})

it('comes back when the server ended the session', async () => {
  const { notices, gaps } = await hear({ pool: database.appPool })
  await database.admin(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen %'",
  )
  await until(() => gaps() === 1)
  await speaker.system.verbs.publish(about('heard'))
  await until(() => notices.length > 0)
})

it('hears on one connection for all its listeners, and leaves none behind', async () => {
  const url = `${database.appUrl}?application_name=one_ear`
  const connections = async () =>
    (await database.admin("select pid from pg_stat_activity where application_name = 'one_ear'")).length
  const { storage, notices, stop } = await hear({ url })
  const others: Notice[] = []
  const stopOther = await storage.subscribe({ onNotice: (notice) => others.push(notice), onGap() {} })
  expect(await connections()).toBe(1)
  await stop()
  await speaker.system.verbs.publish(about('to the other'))
  await until(() => others.length === 1)
  expect(notices).toEqual([])
  await stopOther()
  await stopOther()
  for (let tries = 0; (await connections()) > 0; tries++) {
    expect(tries).toBeLessThan(200)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const again = await storage.subscribe({ onNotice: (notice) => notices.push(notice), onGap() {} })
  await speaker.system.verbs.publish(about('again'))
  await until(() => notices.length === 1)
  await again()
})

it('can be deaf, or hear through another address', async () => {
  const deaf = await hear({ pool: database.appPool, listen: false })
  const direct = await hear({ pool: database.appPool, listen: database.ownerUrl })
  await speaker.system.verbs.publish(about('x'))
  await until(() => direct.notices.length === 1)
  expect(deaf.notices).toEqual([])
})

it('passes over what is no notice of ours', async () => {
  const { notices } = await hear({ pool: database.appPool })
  for (const payload of ['', 'null', '{', '[]', '{"kind":"tenant"}', '{"kind":"x","tenantId":"t"}'])
    await database.ownerPool.query("select pg_notify('freehold', $1)", [payload])
  await speaker.system.verbs.publish(about('ours'))
  await until(() => notices.length > 0)
  expect(notices).toEqual([about('ours')])
})
