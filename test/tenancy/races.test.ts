// Tenancy on a real PostgreSQL with many connections: what must happen once happens once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { freshSlug, type Installation, install } from './installation.ts'

let database: TestDatabase
let storage: Storage
let house: Installation
/** Another process: its own pool and caches, the same database. */
let elsewhere: Installation

beforeAll(async () => {
  database = await createTestDatabase({ connections: 20 })
  storage = postgres({ pool: database.appPool, listen: false })
  house = install(storage)
  elsewhere = install(storage)
})

afterAll(async () => {
  await storage?.close()
  await database?.close()
})

/** Runs all at once; answers what succeeded and the codes of what was refused. */
async function race<R>(count: number, run: (i: number) => Promise<R>): Promise<{ won: R[]; lost: string[] }> {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, i) => run(i)))
  const won: R[] = []
  const lost: string[] = []
  for (const result of settled) {
    if (result.status === 'fulfilled') won.push(result.value)
    else if (FreeholdError.is(result.reason)) lost.push(result.reason.code)
    else throw result.reason
  }
  return { won, lost }
}

describe('races', () => {
  it('T04: of 20 creations with one slug one succeeds', async () => {
    const slug = freshSlug()
    const { won, lost } = await race(20, (i) => house.tenants.create({ slug, name: `Number ${i}` }))
    expect(won).toHaveLength(1)
    expect(lost).toEqual(Array(19).fill('SLUG_TAKEN'))
    expect((await house.tenants.get(slug)).id).toBe(won[0]!.id)
  })

  it('T04: of 20 renames to one slug one succeeds', async () => {
    const tenants = await Promise.all(Array.from({ length: 20 }, () => house.tenant()))
    const slug = freshSlug()
    const { won, lost } = await race(20, (i) => house.tenants.update(tenants[i]!, { slug }))
    expect(won).toHaveLength(1)
    expect(lost).toEqual(Array(19).fill('SLUG_TAKEN'))
    const versions = await Promise.all(tenants.map(async ({ id }) => (await house.tenants.get({ id })).version))
    expect(versions.filter((version) => version === 2)).toHaveLength(1)
  })

  it('of concurrent suspensions one changes the state', async () => {
    const tenant = await house.tenant()
    const { won, lost } = await race(10, (i) => house.tenants.suspend(tenant, { reason: `reason ${i}` }))
    expect(won).toHaveLength(1)
    expect(lost).toEqual(Array(9).fill('TENANT_STATE'))
    expect(await house.tenants.get(tenant)).toEqual(won[0])
    expect(won[0]?.version).toBe(2)
  })

  it('a restore and a purge do not both happen', async () => {
    for (let round = 0; round < 5; round++) {
      const tenant = await house.tenant()
      await house.tenants.remove(tenant)
      const [restored, purged] = await Promise.allSettled([house.tenants.restore(tenant), house.tenants.purge(tenant)])
      expect([restored.status, purged.status].sort()).toEqual(['fulfilled', 'rejected'])
      if (restored.status === 'fulfilled') expect((await house.tenants.get(tenant)).status).toBe('active')
      else await refused(() => house.tenants.get(tenant), 'TENANT_UNKNOWN')
    }
  })

  it('concurrent purges end well, and the tenant is gone once', async () => {
    const tenant = await house.tenant()
    await house.tenants.remove(tenant)
    const { won, lost } = await race(4, () => house.tenants.purge(tenant))
    expect(won.reduce((sum, { removed }) => sum + (removed.tenants ?? 0), 0)).toBe(1)
    expect(new Set(lost).size <= 1 && (lost[0] ?? 'TENANT_UNKNOWN')).toBe('TENANT_UNKNOWN')
    await refused(() => house.tenants.get(tenant), 'TENANT_UNKNOWN')
  })

  it('concurrent merges all take effect', async () => {
    const tenant = await house.tenant({ settings: { kept: true } })
    const { lost } = await race(20, (i) =>
      house.tenants.update(tenant, { settings: { [`s${i}`]: i }, featureFlags: { [`f${i}`]: true } }),
    )
    expect(lost).toEqual([])
    const { settings, featureFlags, version } = await house.tenants.get(tenant)
    expect(Object.keys(settings)).toHaveLength(21)
    expect(Object.keys(featureFlags)).toHaveLength(20)
    expect(version).toBe(21)
  })

  it('of concurrent changes to one version one is made', async () => {
    const tenant = await house.tenant()
    const { won, lost } = await race(10, (i) => house.tenants.update(tenant, { name: `Name ${i}`, version: 1 }))
    expect(won).toHaveLength(1)
    expect(lost).toEqual(Array(9).fill('CONFLICT'))
  })

  it('O05: of tenants that prove one domain one has it', async () => {
    const domain = `${freshSlug()}.test`
    const tenants = await Promise.all(Array.from({ length: 8 }, () => house.tenant()))
    const claims = await Promise.all(tenants.map((tenant) => house.domains(tenant).add(domain)))
    house.dns.set(
      `_freehold.${domain}`,
      claims.map(({ proof }) => [proof.value]),
    )
    const { won, lost } = await race(8, (i) => house.domains(tenants[i]!).verify(claims[i]!))
    expect(won).toHaveLength(1)
    expect(lost).toEqual(Array(7).fill('DOMAIN_TAKEN'))
    const owner = tenants[claims.findIndex(({ id }) => id === won[0]!.id)]
    expect((await house.directory.find({ domain }))?.id).toBe(owner?.id)
  })

  it('one tenant that verifies a domain many times at once is told the same', async () => {
    const tenant = await house.tenant()
    const claim = await house.domains(tenant).add(`${freshSlug()}.test`)
    house.dns.set(claim.proof.record, [[claim.proof.value]])
    const { won, lost } = await race(8, () => house.domains(tenant).verify(claim))
    expect(lost).toEqual([])
    expect(new Set(won.map(({ verifiedAt }) => verifiedAt?.getTime())).size).toBe(1)
  })

  it('T04: claims at once do not pass the limit of 50', async () => {
    const tenant = await house.tenant()
    const domains = house.domains(tenant)
    for (let i = 0; i < 48; i++) await domains.add(`d${i}.test`)
    const { won, lost } = await race(10, (i) => domains.add(`more${i}.test`))
    expect(won).toHaveLength(2)
    expect(lost).toEqual(Array(8).fill('INPUT_INVALID'))
  })
})

describe('on PostgreSQL', () => {
  it('tells other processes: after the notice they see the change', async () => {
    const tenant = await house.tenant()
    expect((await elsewhere.directory.require({ id: tenant.id })).status).toBe('active')
    const listening = postgres({ pool: database.appPool })
    let stop = async (): Promise<void> => {}
    const heard = new Promise<Notice>((onNotice, reject) => {
      const subscribed = listening.subscribe({ onNotice, onGap: () => {} })
      subscribed.then((end) => {
        stop = end
        return house.tenants.suspend(tenant)
      }, reject)
    })
    expect(await heard).toEqual({ kind: 'tenant', tenantId: tenant.id })
    elsewhere.directory.forget(tenant.id)
    await refused(() => elsewhere.directory.require({ id: tenant.id }), 'TENANT_SUSPENDED')
    await stop()
    await listening.close()
  })

  it('T05: a creation whose notice cannot be told leaves nothing', async () => {
    const slug = freshSlug()
    const broken = install({
      ...storage,
      system: {
        ...storage.system,
        transaction: (work) =>
          storage.system.transaction((unit) =>
            work({ ...unit, verbs: { ...unit.verbs, publish: () => Promise.reject(new Error('cut')) } }),
          ),
      },
    })
    await expect(broken.tenants.create({ slug, name: 'Acme' })).rejects.toThrow('cut')
    await refused(() => house.tenants.get(slug), 'TENANT_UNKNOWN')
  })

  it('purges the rows behind the wall, and restores what was suspended as suspended', async () => {
    const tenant = await house.tenant({ settings: { a: 1 } })
    const other = await house.tenant()
    for (const { id } of [tenant, other]) {
      const scope = storage.tenant({ id, location: storage.sharedLocation })
      await scope.records.insert('users', [
        { id: house.context.runtime.newId(), email: 'a@example.test', email_norm: 'a@example.test' },
      ])
    }
    await house.tenants.suspend(tenant, { reason: 'unpaid' })
    await house.tenants.remove(tenant)
    expect(await house.tenants.restore(tenant)).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid' })
    await house.tenants.remove(tenant)
    const { removed } = await house.tenants.purge(tenant)
    expect(removed).toMatchObject({ users: 1, tenants: 1 })
    const rest = storage.tenant({ id: other.id, location: storage.sharedLocation })
    expect(await rest.records.count('users')).toBe(1)
  })

  it('says what PostgreSQL cannot hold in the words of the input', async () => {
    const grows = { list: Array(7000).fill(1) }
    const error = await refused(() => house.tenant({ settings: grows }), 'INPUT_INVALID')
    expect(error.details).toEqual({ field: 'settings', problem: 'it is too large' })
    const tenant = await house.tenant()
    await refused(() => house.tenants.update(tenant, { settings: grows }), 'INPUT_INVALID')
  })

  it('lists all tenants once, page by page', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof house.tenants.list>> = await house.tenants.list({
        limit: 7,
        ...(cursor ? { cursor } : {}),
      })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next
    } while (cursor)
    const rows = await database.admin('select id from freehold.tenants order by id')
    expect(seen).toEqual(rows.map(({ id }) => id))
  })
})
