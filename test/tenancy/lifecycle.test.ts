// The states of a tenant, held against the simplest model of them over random histories.

import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../../src/core/kernel/ids.ts'
import type { TenantStatus } from '../../src/core/storage/system-tables.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import { refused } from '../setup/refusal.ts'
import { type Installation, install } from './installation.ts'

type Verb = 'suspend' | 'resume' | 'remove' | 'restore' | 'purge'
type State = 'active' | 'suspended' | 'deleted' | 'deleted while suspended' | 'gone'

/** What each verb makes of each state; what is not there is refused. */
const model: { readonly [S in State]: { readonly [V in Verb]?: State } } = {
  active: { suspend: 'suspended', remove: 'deleted' },
  suspended: { resume: 'active', remove: 'deleted while suspended' },
  deleted: { restore: 'active', purge: 'gone' },
  'deleted while suspended': { restore: 'suspended', purge: 'gone' },
  gone: {},
}
const verbs: readonly Verb[] = ['suspend', 'resume', 'remove', 'restore', 'purge']
const statusOf = (state: State): TenantStatus => (state === 'active' || state === 'suspended' ? state : 'deleted')

let house: Installation

beforeEach(() => {
  house = install(memory())
})

/** Runs a verb; answers the code with which it was refused. */
async function attempt(verb: Verb, tenant: Tenant): Promise<string | undefined> {
  try {
    await house.tenants[verb](tenant)
    return undefined
  } catch (error) {
    if (FreeholdError.is(error)) return error.code
    throw error
  }
}

describe('the states of a tenant', () => {
  it('follow the model, whatever is asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...verbs), { maxLength: 15 }), async (history) => {
        const tenant = await house.tenant()
        let state: State = 'active'
        let version = 1
        for (const verb of history) {
          const next: State | undefined = model[state][verb]
          const refusal = await attempt(verb, tenant)
          expect(refusal).toBe(next ? undefined : state === 'gone' ? 'TENANT_UNKNOWN' : 'TENANT_STATE')
          if (next) version++
          state = next ?? state
          if (state === 'gone') {
            await refused(() => house.tenants.get(tenant), 'TENANT_UNKNOWN')
            continue
          }
          const found = await house.tenants.get(tenant)
          expect(found.status).toBe(statusOf(state))
          expect(found.version).toBe(version)
          expect(found.deletedAt === null).toBe(!state.startsWith('deleted'))
          expect(found.suspendedAt === null).toBe(!state.includes('suspended'))
          // what the directory says is what the row says
          expect(await house.directory.find({ id: tenant.id })).toEqual(found)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are told with the states that would have allowed it', async () => {
    const tenant = await house.tenant()
    const resume = await refused(() => house.tenants.resume(tenant), 'TENANT_STATE')
    expect(resume.details).toEqual({ status: 'active', allowed: ['suspended'] })
    const purge = await refused(() => house.tenants.purge(tenant.slug), 'TENANT_STATE')
    expect(purge.details).toEqual({ status: 'active', allowed: ['deleted', 'purging'] })
  })

  it('keep the reason of a suspension until it is over', async () => {
    const tenant = await house.tenant()
    expect((await house.tenants.suspend(tenant, { reason: 'unpaid' })).suspendedReason).toBe('unpaid')
    expect((await house.tenants.remove(tenant)).suspendedReason).toBe('unpaid')
    expect((await house.tenants.restore(tenant)).suspendedReason).toBe('unpaid')
    expect(await house.tenants.resume(tenant)).toMatchObject({ suspendedReason: null, suspendedAt: null })
    await refused(() => house.tenants.suspend(tenant, { reason: 'x'.repeat(501) }), 'INPUT_INVALID')
  })

  it.each(verbs)('%s is nothing the platform tenant knows', async (verb) => {
    for (const name of [PLATFORM_TENANT_ID, 'platform']) {
      const error = await refused(() => house.tenants[verb](name), 'TENANT_STATE')
      expect(error.details.allowed).toEqual([])
    }
    expect(await house.tenants.get('platform')).toMatchObject({ status: 'active', version: 1 })
  })
})

describe('purge', () => {
  it('removes every row of the tenant and none of another', async () => {
    const [acme, globex] = [await house.tenant(), await house.tenant()]
    for (const tenant of [acme, globex]) {
      const scope = house.context.storage.tenant(house.directory.ref(tenant))
      for (const name of ['ana', 'bo']) {
        const email = `${name}@example.test`
        await scope.records.insert('users', [{ id: house.context.runtime.newId(), email, email_norm: email }])
      }
      await house.domains(tenant).add('shop.test')
    }
    await house.tenants.remove(acme)
    const { removed } = await house.tenants.purge(acme)
    expect(removed).toMatchObject({ users: 2, tenant_domains: 1, tenants: 1 })
    const rest = house.context.storage.tenant(house.directory.ref(globex))
    expect(await rest.records.count('users')).toBe(2)
    expect(await house.domains(globex).list()).toHaveLength(1)
    await refused(() => house.tenants.get(acme), 'TENANT_UNKNOWN')
  })

  it('that was interrupted is taken up again, and by nothing else', async () => {
    const tenant = await house.tenant()
    await house.tenants.remove(tenant)
    const { storage } = house.context
    const cut = install({
      ...storage,
      tenant: (ref) => {
        const scope = storage.tenant(ref)
        return { ...scope, verbs: { ...scope.verbs, purge: () => Promise.reject(new Error('cut')) } }
      },
    })
    await expect(cut.tenants.purge(tenant)).rejects.toThrow('cut')
    expect((await house.tenants.get(tenant)).status).toBe('purging')
    await refused(() => house.tenants.restore(tenant), 'TENANT_STATE')
    await refused(() => house.tenants.update(tenant, { name: 'x' }), 'TENANT_STATE')
    await refused(() => house.directory.require({ id: tenant.id }), 'TENANT_DELETED')
    expect((await house.tenants.purge(tenant)).removed.tenants).toBe(1)
  })
})
