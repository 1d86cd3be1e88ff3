// An installation as far as tenancy goes: tenants, their directory, their domains, on any storage.

import { randomBytes } from 'node:crypto'
import type { Context } from '../../src/core/context.ts'
import type { TxtLookup } from '../../src/core/ports/txt-lookup.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { TenantKey } from '../../src/core/storage/verbs.ts'
import { createDirectory, type Directory } from '../../src/core/tenancy/directory.ts'
import { createDomains, type Domains } from '../../src/core/tenancy/domains.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import type { Tenant } from '../../src/core/tenancy/tenant.ts'
import { createTenants, type NewTenant, type Tenants } from '../../src/core/tenancy/tenants.ts'
import { type ContextOverrides, makeContext } from '../setup/context.ts'

export interface Installation {
  readonly context: Context
  readonly directory: Directory
  readonly tenants: Tenants
  /** What DNS says, by record name; change it as a domain's owner would. */
  readonly dns: Map<string, string[][]>
  domains(tenant: Tenant): Domains
  /** A tenant with a slug nobody else has. */
  tenant(tenant?: Partial<NewTenant>): Promise<Tenant>
}

export function install(storage: Storage, overrides: ContextOverrides = {}): Installation {
  const context = makeContext(storage, overrides)
  const directory = createDirectory(context)
  // the rooms behind a handle are others'; here only whose it is counts
  const open = (tenant: Tenant) => ({ id: tenant.id, tenant }) as TenantHandle
  const tenants = createTenants(context, directory, open)
  const dns = new Map<string, string[][]>()
  const lookup: TxtLookup = async (name) => dns.get(name) ?? []
  return {
    context,
    directory,
    tenants,
    dns,
    domains: (tenant) => createDomains(context, directory, tenant, lookup),
    tenant: async (tenant = {}) => (await tenants.create({ slug: freshSlug(), name: 'Acme', ...tenant })).tenant,
  }
}

export const freshSlug = (): string => `t${randomBytes(6).toString('hex')}`

/** The same storage, whose tenant lookups a test can count, hold and let go. */
export interface WatchedStorage {
  readonly storage: Storage
  readonly lookUps: TenantKey[]
  /** While set, a lookup has read its row and waits for this before it answers. */
  hold: Promise<void> | undefined
}

export function watchLookUps(storage: Storage): WatchedStorage {
  const { verbs } = storage.system
  const watched: WatchedStorage = {
    lookUps: [],
    hold: undefined,
    storage: {
      ...storage,
      tenant: (ref) => storage.tenant(ref),
      system: {
        records: storage.system.records,
        transaction: (work) => storage.system.transaction(work),
        verbs: {
          ...verbs,
          async findTenant(by) {
            watched.lookUps.push(by)
            const row = await verbs.findTenant(by)
            await watched.hold
            return row
          },
        },
      },
    },
  }
  return watched
}
