// An instance with two tenants, and the app on one framework listening on a real socket.

import type { AddressInfo } from 'node:net'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { Freehold, FreeholdOptions } from '../../../src/core/api.ts'
import type { User } from '../../../src/core/identity/user.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import { createFreehold } from '../../../src/index.ts'
import { quickHasher, testKeys } from '../../setup/context.ts'
import { apps, type Framework } from './apps.ts'
import { Browser } from './browser.ts'
import { type Permission, permissions } from './host.ts'

export { FRAMEWORKS } from './apps.ts'

export const PASSWORD = 'a kettle orbits quietly'

export interface World extends AsyncDisposable {
  readonly freehold: Freehold<unknown, Permission>
  readonly acme: TenantHandle<unknown, Permission>
  readonly globex: TenantHandle<unknown, Permission>
  /** Errors that the instance told its host. */
  readonly told: unknown[]
  readonly port: number
  /** A user of their own for a test. */
  user(tenant: TenantHandle): Promise<User>
  /** A browser at a tenant's subdomain. */
  browser(slug: string): Browser
}

/** `gate`: a path that the app refuses in front of Freehold, as a host does that closes one of our routes. */
export async function openWorld(
  framework: Framework,
  options: Partial<FreeholdOptions<unknown, Permission>> = {},
  gate = '/gated-by-the-app',
): Promise<World> {
  const told: unknown[] = []
  const freehold = await createFreehold<unknown, Permission>({
    storage: memory(),
    permissions,
    keys: testKeys,
    passwordHasher: quickHasher,
    tenants: { baseDomains: ['example.test'] },
    onError: (error) => told.push(error),
    ...options,
  })
  await freehold.migrations.apply()
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const globex = await freehold.tenants.create({ slug: 'globex', name: 'Globex' })
  const server = await apps[framework](freehold, gate)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let users = 0
  return {
    freehold,
    acme,
    globex,
    told,
    port,
    user: (tenant) => tenant.users.create({ email: `user${++users}@example.test`, password: PASSWORD }),
    browser: (slug) => new Browser(port, `${slug}.example.test`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await freehold.close()
    },
  }
}
