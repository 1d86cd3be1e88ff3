// Tenants: created, read, listed and changed; what is not valid changes nothing.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { PLATFORM_TENANT_ID } from '../../src/core/kernel/ids.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import type { NewTenant, TenantChange, TenantName } from '../../src/core/tenancy/tenants.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install } from './installation.ts'

let house: Installation
let notices: Notice[]

beforeEach(async () => {
  const storage = memory()
  house = install(storage)
  await storage.system.records.insert('plans', [{ key: 'pro', name: 'Pro' }])
  notices = []
  await storage.subscribe({ onNotice: (notice) => notices.push(notice), onGap: () => {} })
})

/** What was published so far; notices come a little later. */
async function published(): Promise<Notice[]> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return notices.splice(0)
}

describe('create', () => {
  it('answers a handle of the tenant, with defaults', async () => {
    const { tenant, id } = await house.tenants.create({ slug: 'acme', name: ' Acme Inc. ' })
    expect(tenant).toMatchObject({
      id,
      slug: 'acme',
      name: 'Acme Inc.',
      status: 'active',
      isolationLevel: 'shared',
      plan: null,
      settings: {},
      featureFlags: {},
      version: 1,
      deletedAt: null,
    })
    expect(await house.tenants.get('acme')).toEqual(tenant)
    expect(await house.tenants.get(id)).toEqual(tenant)
    expect(await house.tenants.get(tenant)).toEqual(tenant)
    expect(await published()).toEqual([{ kind: 'tenant', tenantId: id }])
  })

  it('keeps plan, settings and flags', async () => {
    const { tenant } = await house.tenants.create({
      slug: 'acme',
      name: 'Acme',
      plan: 'pro',
      settings: { theme: { dark: true }, none: null },
      featureFlags: { beta: true, old: false },
    })
    expect(tenant).toMatchObject({ plan: 'pro', featureFlags: { beta: true, old: false } })
    expect(tenant.settings).toEqual({ theme: { dark: true } })
  })

  it.each<[string, unknown, string]>([
    ['SLUG_INVALID', { slug: 'Acme', name: 'Acme' }, ''],
    ['SLUG_INVALID', { slug: 'admin', name: 'Acme' }, ''],
    ['SLUG_INVALID', { name: 'Acme' }, ''],
    ['INPUT_INVALID', { slug: 'acme', name: '' }, 'name'],
    ['INPUT_INVALID', { slug: 'acme', name: 'x'.repeat(201) }, 'name'],
    ['INPUT_INVALID', { slug: 'acme', name: 'a\u0000b' }, 'name'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', plan: '' }, 'plan'],
    ['PLAN_UNKNOWN', { slug: 'acme', name: 'Acme', plan: 'gold' }, ''],
    ['PLAN_UNKNOWN', { slug: 'acme', name: 'Acme', plan: "p'; drop table plans" }, ''],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', settings: [] }, 'settings'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', settings: { a: Number.NaN } }, 'settings'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', settings: JSON.parse('{"__proto__":{}}') }, 'settings'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', featureFlags: { beta: 'yes' } }, 'featureFlags'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', featureFlags: { '': true } }, 'featureFlags'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', isolationLevel: 'none' }, 'isolationLevel'],
    ['INPUT_INVALID', { slug: 'acme', name: 'Acme', status: 'suspended' }, 'status'],
    ['ISOLATION_UNAVAILABLE', { slug: 'acme', name: 'Acme', isolationLevel: 'semi-isolated' }, ''],
    ['ISOLATION_UNAVAILABLE', { slug: 'acme', name: 'Acme', isolationLevel: 'fully-isolated' }, ''],
    ['INPUT_INVALID', undefined, 'tenant'],
  ])('A11: refuses %s: %j', async (code, tenant, field) => {
    const error = await refused(() => house.tenants.create(tenant as NewTenant), code as 'INPUT_INVALID')
    if (field) expect(error.details.field).toBe(field)
    expect((await house.tenants.list()).items).toHaveLength(1)
    expect(await published()).toEqual([])
  })

  it('refuses a slug that is taken, by a deleted tenant too', async () => {
    const acme = await house.tenant({ slug: 'acme' })
    await refused(() => house.tenant({ slug: 'acme' }), 'SLUG_TAKEN')
    await house.tenants.remove(acme.id)
    await refused(() => house.tenant({ slug: 'acme' }), 'SLUG_TAKEN')
    await house.tenants.purge(acme.id)
    expect((await house.tenant({ slug: 'acme' })).id).not.toBe(acme.id)
  })
})

describe('get and list', () => {
  it.each(['nobody', '018f4e5a-1111-7222-8333-944445555666', '', 'x'.repeat(100), "a'; drop table tenants"])(
    'know no %j',
    async (name) => {
      await refused(() => house.tenants.get(name), 'TENANT_UNKNOWN')
    },
  )

  it.each([{ id: 'acme' }, {}, null])('take no %j', async (name) => {
    await refused(() => house.tenants.get(name as unknown as TenantName), 'ID_INVALID')
  })

  it('list everyone once, oldest first, page by page', async () => {
    const made: Tenant[] = []
    for (let i = 0; i < 7; i++) made.push(await house.tenant())
    await house.tenants.suspend(made[3]!.id)
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await house.tenants.list(cursor ? { limit: 3, cursor } : { limit: 3 })
      seen.push(...page.items.map((tenant) => tenant.id))
      cursor = page.next
    } while (cursor)
    expect(seen).toEqual([PLATFORM_TENANT_ID, ...made.map(({ id }) => id).sort()])
    const suspended = await house.tenants.list({ status: 'suspended' })
    expect(suspended.items.map(({ id }) => id)).toEqual([made[3]!.id])
    expect(suspended.next).toBeNull()
  })

  it('refuse a status that is none, a cursor of elsewhere, and what is no option', async () => {
    await refused(() => house.tenants.list({ status: 'gone' as 'deleted' }), 'INPUT_INVALID')
    await refused(() => house.tenants.list({ cursor: 'eA' }), 'CURSOR_INVALID')
    await refused(() => house.tenants.list({ slug: 'acme' } as object), 'INPUT_INVALID')
  })
})

describe('update', () => {
  let acme: Tenant

  beforeEach(async () => {
    acme = await house.tenant({ slug: 'acme', settings: { a: 1, b: 2 }, featureFlags: { x: true, y: false } })
    await published()
  })

  it('changes what is given, and moves the version on', async () => {
    const changed = await house.tenants.update('acme', { name: 'Acme & Co', slug: 'acme-co', plan: 'pro' })
    expect(changed).toMatchObject({
      name: 'Acme & Co',
      slug: 'acme-co',
      plan: 'pro',
      version: 2,
      settings: acme.settings,
    })
    expect(await house.tenants.get('acme-co')).toEqual(changed)
    await refused(() => house.tenants.get('acme'), 'TENANT_UNKNOWN')
    expect(await published()).toEqual([{ kind: 'tenant', tenantId: acme.id }])
    expect((await house.tenants.update(acme, { plan: null })).plan).toBeNull()
  })

  it('merges settings and flags, and null removes a key', async () => {
    const changed = await house.tenants.update(acme, {
      settings: { b: null, c: { d: [1] } },
      featureFlags: { x: null, z: true },
    })
    expect(changed.settings).toEqual({ a: 1, c: { d: [1] } })
    expect(changed.featureFlags).toEqual({ y: false, z: true })
  })

  it('with a version refuses to overwrite what moved on', async () => {
    await house.tenants.update(acme, { name: 'First', version: 1 })
    await refused(() => house.tenants.update(acme, { name: 'Second', version: 1 }), 'CONFLICT')
    expect((await house.tenants.get(acme)).name).toBe('First')
    expect((await house.tenants.update(acme, { name: 'Second', version: 2 })).version).toBe(3)
  })

  it('that says nothing new writes nothing', async () => {
    expect(await house.tenants.update(acme, {})).toEqual(acme)
    expect(await house.tenants.update(acme, { slug: 'acme' })).toEqual(acme)
    expect(await published()).toEqual([])
  })

  it.each<[string, unknown]>([
    ['SLUG_INVALID', { slug: 'www' }],
    ['SLUG_INVALID', { slug: null }],
    ['INPUT_INVALID', { name: null }],
    ['INPUT_INVALID', { settings: null }],
    ['INPUT_INVALID', { settings: { big: 'x'.repeat(16_000), bigger: 'x'.repeat(400) } }],
    ['INPUT_INVALID', { featureFlags: { x: 1 } }],
    ['INPUT_INVALID', { version: '1' }],
    ['INPUT_INVALID', { status: 'deleted' }],
    ['INPUT_INVALID', { isolationLevel: 'fully-isolated' }],
    ['INPUT_INVALID', null],
  ])('A04: refuses %s: %j', async (code, change) => {
    await refused(() => house.tenants.update(acme, change as TenantChange), code as 'INPUT_INVALID')
    expect(await house.tenants.get(acme)).toEqual(acme)
    expect(await published()).toEqual([])
  })

  it('lets no merges together grow beyond the limit', async () => {
    await house.tenants.update(acme, { settings: { one: 'x'.repeat(10_000) } })
    await refused(() => house.tenants.update(acme, { settings: { two: 'x'.repeat(10_000) } }), 'INPUT_INVALID')
  })

  it('refuses the slug of another, and an unknown tenant', async () => {
    await house.tenant({ slug: 'globex' })
    const error = await refused(() => house.tenants.update(acme, { slug: 'globex', name: 'x' }), 'SLUG_TAKEN')
    expect(error.details.slug).toBe('globex')
    expect(await house.tenants.get(acme)).toEqual(acme)
    await refused(() => house.tenants.update('nobody', { name: 'x' }), 'TENANT_UNKNOWN')
  })

  it('leaves the platform tenant its slug', async () => {
    await refused(() => house.tenants.update(PLATFORM_TENANT_ID, { slug: 'ours' }), 'TENANT_STATE')
    expect((await house.tenants.update('platform', { name: 'Ours', slug: 'platform' })).name).toBe('Ours')
  })
})
