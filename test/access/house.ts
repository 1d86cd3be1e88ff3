// A house for tests of access: an instance on any storage, a tenant in it, and its people.

import { randomBytes } from 'node:crypto'
import { definePermissions } from '../../src/core/access/permissions.ts'
import type { Actor } from '../../src/core/audit/audit.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { Runtime } from '../../src/core/kernel/runtime.ts'
import type { Storage, TenantScope, TenantUnit } from '../../src/core/storage/storage.ts'
import type { AccessQuestion } from '../../src/core/storage/verbs.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import { createFreehold, type Freehold } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

export const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read', 'refund'] })
export type P = (typeof permissions.names)[number]

export interface House {
  readonly acme: TenantHandle<unknown, P>
  /** Another tenant of the same installation. */
  globex(): Promise<TenantHandle<unknown, P>>
  /** A user of acme, or of another tenant, with these roles in the whole tenant. */
  person(roles?: readonly string[], tenant?: TenantHandle<unknown, P>): Promise<User>
  /** acme in this user's name. */
  as(user: Pick<User, 'id'>): TenantHandle<unknown, P>
  close(): Promise<void>
}

/** An instance: what one process of a host has. */
export function makeInstance(storage: Storage<unknown>, runtime: Partial<Runtime> = {}): Promise<Freehold<unknown, P>> {
  return createFreehold({
    storage,
    keys: testKeys,
    permissions,
    passwordHasher: quickHasher,
    runtime,
    onWarning: () => undefined,
  })
}

export async function makeHouse(storage: Storage<unknown>, runtime: Partial<Runtime> = {}): Promise<House> {
  const freehold = await makeInstance(storage, runtime)
  const found = (name: string) => freehold.tenants.create({ slug: `t${randomBytes(6).toString('hex')}`, name })
  const acme = await found('Acme')
  return {
    acme,
    globex: () => found('Globex'),
    async person(roles = [], tenant = acme) {
      const user = await tenant.users.create({ email: `${randomBytes(6).toString('hex')}@example.test` })
      for (const role of roles) await tenant.assignments.grant({ principal: user, role })
      return user
    },
    as: ({ id }) => acme.as({ type: 'user', id } satisfies Actor),
    close: () => freehold.close(),
  }
}

/** The same storage, whose loads of access a test can count, hold and let go. */
export interface WatchedStorage {
  readonly storage: Storage<unknown>
  readonly loads: AccessQuestion[]
  /** Those of transactions. */
  readonly inside: AccessQuestion[]
  /** Everything else that was asked of a tenant's scope outside transactions. */
  others: number
  /** While set, a load waits for this before it reads. */
  holdBefore: Promise<void> | undefined
  /** While set, a load has read and waits for this before it answers. */
  hold: Promise<void> | undefined
}

export function watchLoads(storage: Storage<unknown>): WatchedStorage {
  const watched: WatchedStorage = {
    loads: [],
    inside: [],
    others: 0,
    holdBefore: undefined,
    hold: undefined,
    storage: { ...storage, system: storage.system, tenant: (ref) => watch(storage.tenant(ref)) },
  }
  const counted = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(target, name) {
        watched.others++
        return Reflect.get(target, name)
      },
    })
  const watchUnit = (unit: TenantUnit): TenantUnit => ({
    ...unit,
    transaction: (work) => unit.transaction((part) => work(watchUnit(part))),
    verbs: {
      ...unit.verbs,
      loadAccess(question) {
        watched.inside.push(question)
        return unit.verbs.loadAccess(question)
      },
    },
  })
  const watch = (scope: TenantScope): TenantScope => ({
    records: counted(scope.records),
    transaction: (work) => scope.transaction((unit) => work(watchUnit(unit))),
    atOnce: (steps) => scope.atOnce(steps),
    read: (work) => scope.read(work),
    verbs: {
      ...scope.verbs,
      async loadAccess(question) {
        watched.loads.push(question)
        await watched.holdBefore
        const answer = await scope.verbs.loadAccess(question)
        await watched.hold
        return answer
      },
    },
  })
  return watched
}

/** Something to wait for until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
