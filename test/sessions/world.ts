// A small world for session tests: one tenant with users on any storage, a clock that can be moved, and as many
// "processes" (each with its own caches and keys) as a test wants.

import { createAccessCache } from '../../src/core/access/cache.ts'
import { definePermissions } from '../../src/core/access/permissions.ts'
import type { Context, SessionSettings, TenantContext } from '../../src/core/context.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { SessionId, TenantId, UserId } from '../../src/core/kernel/ids.ts'
import type { Keys } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import {
  createSessionIssuer,
  type OpenedSession,
  type Opening,
  type SessionIssuer,
} from '../../src/core/sessions/issue.ts'
import type { Refreshed, Sessions, TenantSessions } from '../../src/core/sessions/session.ts'
import { createSessions, type SessionsRoom } from '../../src/core/sessions/sessions.ts'
import { createTenantSessions } from '../../src/core/sessions/tenant-sessions.ts'
import { withLocalNotices } from '../../src/core/storage/local-notices.ts'
import type { Storage, TenantScope } from '../../src/core/storage/storage.ts'
import type { Row } from '../../src/core/storage/tables.ts'
import type { SecurityEventRow } from '../../src/core/storage/tenant-tables.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { createDirectory, type Directory } from '../../src/core/tenancy/directory.ts'
import { type Tenant, tenantFromRow } from '../../src/core/tenancy/tenant.ts'
import { makeContext, makeTenantContext, testKeys } from '../setup/context.ts'

export interface Process {
  readonly context: Context
  readonly directory: Directory
  readonly sessions: Sessions
  readonly room: SessionsRoom
  readonly tenantSessions: TenantSessions
  /** Signs a user in, as a sign-in does: the epoch is read first. */
  open(userId: UserId, epoch?: number): Promise<OpenedSession | undefined>
}

export interface World {
  readonly tenant: Tenant
  readonly scope: TenantScope
  readonly first: Process
  process(options?: { readonly keys?: Keys; readonly settings?: Partial<SessionSettings> }): Process
  newUser(): Promise<UserId>
  /** Signs a new user in. */
  signIn(): Promise<OpenedSession & { readonly userId: UserId }>
  row(id: SessionId): Promise<Row<'sessions'>>
  /** The tenant's security events; those of one millisecond in any order. */
  events(): Promise<SecurityEventRow[]>
}

const { newId } = systemRuntime()

export async function makeWorld(
  storage: Storage,
  options: { readonly settings?: Partial<SessionSettings>; readonly now?: () => number } = {},
): Promise<World> {
  const slug = `t${newId().slice(-12)}`
  const [tenantRow] = await storage.system.records.insert('tenants', [{ id: newId(), slug, name: slug }])
  const tenant = tenantFromRow(tenantRow!)
  const scope = storage.tenant({ id: tenant.id, location: storage.sharedLocation })

  function process({ keys, settings }: Parameters<World['process']>[0] = {}): Process {
    const hears: ((notice: Notice) => void)[] = []
    const local = withLocalNotices(storage, (notice) => {
      for (const hear of hears) hear(notice)
    })
    const context = makeContext(local, {
      keys: keys ?? testKeys,
      settings: { sessions: { ...options.settings, ...settings } },
      ...(options.now ? { runtime: { now: options.now } } : {}),
    })
    const directory = createDirectory(context)
    const book = { permissions: definePermissions({}), accessCache: createAccessCache(context) }
    const room = createSessions(context, directory, book)
    hears.push(room.forget)
    const inside = makeTenantContext(context, tenant)
    const issuer = createSessionIssuer(context)
    return {
      context,
      directory,
      room,
      sessions: room.sessions,
      tenantSessions: createTenantSessions(inside),
      async open(userId, epoch) {
        const read = epoch ?? (await scope.records.get('users', { id: userId }))?.session_epoch ?? 0
        const assurance = { assuranceLevel: 1, authenticationMethods: ['pwd'] }
        return issue(issuer, inside, {
          userId,
          epoch: read,
          ...assurance,
          client: { ip: '127.0.0.1', userAgent: 'test' },
        })
      },
    }
  }

  const first = process()
  const world: World = {
    tenant,
    scope,
    first,
    process,
    async newUser() {
      const id = newId()
      const email = `${id}@example.test`
      await scope.records.insert('users', [{ id, email, email_norm: email }])
      return id as UserId
    },
    async signIn() {
      const userId = await world.newUser()
      const opened = await first.open(userId)
      if (!opened) throw new Error('the sign-in was refused')
      return { ...opened, userId }
    },
    async row(id) {
      const row = await scope.records.get('sessions', { id })
      if (!row) throw new Error('there is no such session')
      return row
    },
    events: () => scope.records.find('security_events', { order: [{ by: 'id' }], limit: 1_000 }),
  }
  return world
}

/** The tokens of a refresh that must have worked. */
export function tokensOf(refreshed: Refreshed): string {
  if (!refreshed.ok) throw new Error(`the refresh was refused: ${refreshed.reason}`)
  return refreshed.tokens.refreshToken
}

/** The code of the error that a promise rejects with; undefined when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (FreeholdError.is(error)) return error.code
    throw error
  }
}

export const otherTenant = newId() as TenantId

/** As the engine does, without asking anybody. */
export async function issue(
  issuer: SessionIssuer,
  context: TenantContext,
  opening: Opening,
): Promise<OpenedSession | undefined> {
  const prepared = await issuer.prepare(context, opening)
  const outcome = await context.scope.atOnce([prepared.step, ...prepared.told])
  return outcome.done ? prepared.finish(outcome.row(prepared.step)) : undefined
}
