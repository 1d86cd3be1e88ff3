// The storage in memory. One caller at a time holds it, which is what makes everything atomic.

import { AsyncLocalStorage } from 'node:async_hooks'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../../core/kernel/ids.ts'
import { inControlDatabase } from '../../core/storage/control-database.ts'
import type { Finding } from '../../core/storage/safety.ts'
import type {
  Location,
  NoticeListener,
  Storage,
  SystemUnit,
  TenantRef,
  TenantScope,
} from '../../core/storage/storage.ts'
import { type SystemTableName, systemTables, type TenantTableName, tenantTables } from '../../core/storage/tables.ts'
import type { Notice, SystemVerbs, TenantVerbs } from '../../core/storage/verbs.ts'
import type { MemoryDb } from './host-db.ts'
import { nothingToMigrate } from './nothing-to-migrate.ts'
import { createRecords } from './records.ts'
import { createRows } from './rows.ts'
import { createScope, type Door, type Part, type Transact, type Workshop } from './scopes.ts'
import { seedAccess } from './seed.ts'
import { createStatements } from './statements.ts'
import { createTurns } from './turns.ts'
import { structuralKey } from './values.ts'
import { createSystemVerbs, createTenantVerbs } from './verbs.ts'

export interface MemoryOptions {
  /** The storage's clock: milliseconds since 1970 UTC. Default `Date.now`. */
  readonly clock?: () => number
}

const SHARED: Location = { database: 'memory', schema: 'freehold' }
const SYSTEM = 'system'
/** How long a call waits for the transactions before it. */
const WAIT_MS = 10_000

const NOT_DURABLE: Finding = {
  id: 'not-durable',
  severity: 'info',
  message: 'Everything is kept in the memory of this process and is gone when it ends.',
  remedy: 'Give createFreehold a storage of freehold/postgres.',
}

/**
 * Keeps everything in this process, for tests and first steps. It obeys every rule of the port and has no server to
 * lose. Transactions run one after the other: a call made outside a transaction but awaited inside it cannot come to
 * its turn, and fails with POOL_EXHAUSTED after 10 s. There is no database for the host's own tables.
 */
export function memory(options: MemoryOptions = {}): Storage<MemoryDb> {
  const clock = options.clock ?? Date.now
  const rows = createRows()
  const turns = createTurns(WAIT_MS)
  const listeners = new Set<NoticeListener>()
  let closed = false

  const transact: Transact = async (work) => {
    refuseClosed()
    const end = await turns.take()
    const notices: Notice[] = []
    try {
      refuseClosed()
      const result = await work({ notices, failed: false })
      rows.settle()
      deliver(notices)
      return result
    } catch (error) {
      rows.takeBack(0)
      throw error
    } finally {
      end()
    }
  }

  function deliver(notices: readonly Notice[]): void {
    for (const notice of notices) {
      for (const listener of listeners) {
        queueMicrotask(() => {
          if (listeners.has(listener)) listener.onNotice(structuredClone(notice))
        })
      }
    }
  }

  function refuseClosed(): void {
    if (closed) throw new FreeholdError('CLOSED')
  }

  const shop: Workshop = {
    rows,
    transact,
    createTurns: () => createTurns(WAIT_MS),
    inside: new AsyncLocalStorage<Part>(),
  }
  const tenantDoor = ({ id, location }: TenantRef): Door<TenantTableName, TenantVerbs> => ({
    statements: createStatements(rows, structuralKey([location.database, location.schema, id]), clock),
    open: (run) => ({
      records: createRecords(run, Object.keys(tenantTables)),
      verbs: createTenantVerbs(run, id, system.statements),
    }),
    more: () => ({}),
  })
  /** Of a tenant whose rows are in the control database. */
  const controlDoor = (ref: TenantRef) => tenantDoor(inControlDatabase(ref, SHARED))
  const system: Door<SystemTableName, SystemVerbs, Pick<SystemUnit<MemoryDb>, 'tenant'>> = {
    statements: createStatements(rows, SYSTEM, clock),
    open: (run) => ({
      records: createRecords(run, Object.keys(systemTables)),
      verbs: createSystemVerbs(run, (ref) => controlDoor(ref).statements),
    }),
    more: (enter) => ({ tenant: (ref) => enter(controlDoor(ref)) }),
  }
  system.statements.insert('tenants', [{ id: PLATFORM_TENANT_ID, slug: 'platform', name: 'Platform' }])
  seedAccess(tenantDoor({ id: PLATFORM_TENANT_ID, location: SHARED }).statements)
  rows.settle()

  return {
    name: 'memory',
    traits: { rowLevelSecurity: false, concurrentTransactions: false, durable: false },
    migrations: nothingToMigrate(SHARED),
    sharedLocation: SHARED,
    system: createScope(shop, system),
    tenant: (ref): TenantScope<MemoryDb> => createScope(shop, tenantDoor(ref)),
    async subscribe(listener) {
      refuseClosed()
      // a wrapper of its own, since the same listener may subscribe twice
      const own: NoticeListener = { onNotice: (notice) => listener.onNotice(notice), onGap: () => listener.onGap() }
      listeners.add(own)
      return async () => {
        listeners.delete(own)
      }
    },
    async inspect() {
      refuseClosed()
      return [NOT_DURABLE]
    },
    async close() {
      closed = true
      listeners.clear()
    },
  }
}
