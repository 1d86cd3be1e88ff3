// Custom domains: claimed by anyone, owned by whoever proves it.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createDomains, type Domain, type Domains } from '../../src/core/tenancy/domains.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install } from './installation.ts'

let house: Installation
let acme: Tenant
let globex: Tenant
let domains: Domains

beforeEach(async () => {
  house = install(memory(), { settings: { tenancy: { baseDomains: ['example.com', 'localhost'] } } })
  acme = await house.tenant({ slug: 'acme' })
  globex = await house.tenant({ slug: 'globex' })
  domains = house.domains(acme)
})

/** Puts the proof into DNS. */
function publish({ proof }: Domain, ...others: string[][]): void {
  house.dns.set(proof.record, [...(house.dns.get(proof.record) ?? []), ...others, [proof.value]])
}

describe('add', () => {
  it('answers the record that proves it', async () => {
    const domain = await domains.add('Shop.Bücher.Example.')
    expect(domain).toMatchObject({ domain: 'shop.xn--bcher-kva.example', verifiedAt: null })
    expect(domain.proof.record).toBe('_freehold.shop.xn--bcher-kva.example')
    // 32 random bytes
    expect(domain.proof.value).toMatch(/^freehold-verification=[A-Za-z0-9_-]{43}$/)
    expect(await domains.list()).toEqual([domain])
  })

  it.each([
    'localhost',
    'com',
    'example.com',
    'EXAMPLE.com.',
    'shop.example.com',
    'a.b.localhost',
    '1.2.3.4',
    '[::1]',
    '0x7f.1',
    'acme.test:80',
    'https://acme.test',
    'acme.test/',
    '*.acme.test',
    'my_shop.test',
    'a..test',
    '',
    `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.test`,
    'x'.repeat(1000),
    7,
    null,
  ])('refuses %j', async (text) => {
    await refused(() => domains.add(text as string), 'DOMAIN_INVALID')
    expect(await domains.list()).toEqual([])
  })

  it('refuses what this tenant claimed, and tells nothing of what others have', async () => {
    const first = await domains.add('acme.test')
    await refused(() => domains.add('ACME.test.'), 'DOMAIN_TAKEN')
    publish(first)
    await domains.verify(first.id)
    expect((await house.domains(globex).add('acme.test')).verifiedAt).toBeNull()
  })

  it('holds at most 50', async () => {
    for (let i = 0; i < 50; i++) await domains.add(`d${i}.test`)
    await refused(() => domains.add('d50.test'), 'INPUT_INVALID')
    expect(await domains.list()).toHaveLength(50)
    await domains.remove((await domains.list())[0]!)
    await domains.add('d50.test')
  })

  it('knows no tenant that was purged', async () => {
    await house.tenants.remove(acme.id)
    await house.tenants.purge(acme.id)
    await refused(() => domains.add('acme.test'), 'TENANT_UNKNOWN')
  })
})

describe('verify', () => {
  it('O05: leads to the tenant from the proof on, and not before', async () => {
    const claimed = await domains.add('acme.test')
    const { directory } = house
    expect(await directory.find({ domain: 'acme.test' })).toBeUndefined()
    const error = await refused(() => domains.verify(claimed), 'DOMAIN_UNVERIFIED')
    expect(error.details).toEqual({ domain: 'acme.test', record: '_freehold.acme.test', expected: claimed.proof.value })
    publish(claimed, ['v=spf1 -all'], ['freehold-verification='])
    const verified = await domains.verify(claimed.id)
    expect(verified.verifiedAt).toBeInstanceOf(Date)
    expect((await directory.find({ domain: 'acme.test' }))?.id).toBe(acme.id)
    house.dns.clear()
    expect(await domains.verify(claimed.id)).toEqual(verified)
  })

  it('joins the parts of a long record, and takes nothing that only contains the proof', async () => {
    const claimed = await domains.add('acme.test')
    const { record, value } = claimed.proof
    for (const records of [[[`${value} `]], [[`x${value}`]], [[value.slice(0, -1)]], [[value.toUpperCase()]], [[]]]) {
      house.dns.set(record, records)
      await refused(() => domains.verify(claimed), 'DOMAIN_UNVERIFIED')
    }
    house.dns.set(record, [['other'], [value.slice(0, 20), value.slice(20)]])
    expect((await domains.verify(claimed)).verifiedAt).not.toBeNull()
  })

  it('says so when no name server answers', async () => {
    const cut = createDomains(house.context, house.directory, acme, () => Promise.reject(new Error('timeout')))
    const claimed = await cut.add('acme.test')
    const error = await refused(() => cut.verify(claimed), 'DOMAIN_UNVERIFIED')
    expect((error.cause as Error).message).toBe('timeout')
    expect((await domains.list())[0]?.verifiedAt).toBeNull()
  })

  it('A09, O05: of two tenants the one that proves it has it, and each sees its own claim only', async () => {
    const mine = await domains.add('acme.test')
    const others = house.domains(globex)
    const theirs = await others.add('acme.test')
    expect(theirs.proof.value).not.toBe(mine.proof.value)
    publish(mine)
    await refused(() => others.verify(theirs), 'DOMAIN_UNVERIFIED')
    await refused(() => others.verify(mine), 'DOMAIN_UNKNOWN')
    await refused(() => others.remove(mine), 'DOMAIN_UNKNOWN')
    await domains.verify(mine)
    publish(theirs)
    await refused(() => others.verify(theirs), 'DOMAIN_TAKEN')
    expect((await house.directory.find({ domain: 'acme.test' }))?.id).toBe(acme.id)
    await domains.remove(mine)
    await others.verify(theirs)
    expect((await house.directory.find({ domain: 'acme.test' }))?.id).toBe(globex.id)
  })

  it('O05: a proof in flight is worth nothing to a claim made meanwhile', async () => {
    const first = await domains.add('acme.test')
    publish(first)
    let answer = (_records: string[][]): void => {}
    const slow = createDomains(house.context, house.directory, acme, () => new Promise((resolve) => (answer = resolve)))
    const verifying = slow.verify(first)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await domains.remove(first)
    const second = await domains.add('acme.test')
    answer([[first.proof.value]])
    await refused(() => verifying, 'DOMAIN_UNKNOWN')
    expect(await domains.list()).toEqual([second])
    expect(second.verifiedAt).toBeNull()
    expect(await house.directory.find({ domain: 'acme.test' })).toBeUndefined()
  })

  it('knows no domain that was removed, and no id that is none', async () => {
    const { newId } = systemRuntime()
    await refused(() => domains.verify(newId() as Domain['id']), 'DOMAIN_UNKNOWN')
    await refused(() => domains.remove(newId() as Domain['id']), 'DOMAIN_UNKNOWN')
    await refused(() => domains.verify('acme.test' as Domain['id']), 'ID_INVALID')
    await refused(() => domains.remove(null as unknown as Domain), 'ID_INVALID')
  })
})
