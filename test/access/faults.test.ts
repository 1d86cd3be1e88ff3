// Every call that changes access, with the connection cut before and after each of its round trips: all of it happened or none,
// whoever called is told so, the next call works, and what this process remembers allows nothing that is no longer so.

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox } from '../../src/adapters/testing/index.ts'
import { tenantTables } from '../../src/core/storage/tables.ts'
import { createFreehold, type Freehold, FreeholdError } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { fresh, type Question, writes } from './fault-writes.ts'
import { type P, permissions } from './house.ts'

type Instance = Freehold<unknown, P>
type Tenant = Awaited<ReturnType<Instance['tenant']>>

const mailbox = createMailbox()
let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
/** Hears nothing from the database, so that it knows of changes by itself alone. */
let here: Instance
let elsewhere: Instance

const open = (storage: ReturnType<typeof postgres>): Promise<Instance> =>
  createFreehold({
    storage,
    keys: testKeys,
    permissions,
    passwordHasher: quickHasher,
    mailer: mailbox,
    messages: { baseUrl: 'https://example.test' },
    onError: () => undefined,
    onWarning: () => undefined,
  })

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 2 })
  pool.on('error', () => undefined)
  here = await open(postgres({ pool, listen: false }))
  elsewhere = await open(postgres({ pool: database.appPool, listen: false }))
})
afterAll(async () => {
  await here?.close()
  await pool?.end()
  await proxy?.close()
  await elsewhere?.close()
  await database?.close()
})

const TABLES = [
  ...['users', 'service_accounts', 'organizations', 'roles', 'role_assignments', 'teams', 'team_members', 'projects'],
  ...[
    'resources',
    'policies',
    'policy_versions',
    'custom_permissions',
    'invitations',
    'tenant_counters',
    'audit_events',
  ],
] as (keyof typeof tenantTables)[]

type Rows = ReadonlyMap<string, string>

/** Every row of a tenant's access, by its table and key. */
async function rowsOf(tenantId: string): Promise<Rows> {
  const each = TABLES.map((name) => `select '${name}' as name, to_jsonb(t) as row from freehold.${name} t`)
  // one simple query is one transaction
  const text = `select freehold.enter_tenant('${tenantId}'); ${each.join(' union all ')}`
  const [, { rows }] = (await database.appPool.query(text)) as unknown as [unknown, pg.QueryResult]
  return new Map(
    rows.map(({ name, row }) => {
      const values = row as Record<string, unknown>
      const key = tenantTables[name as 'roles'].key.map((column) => values[column])
      const what = name === 'audit_events' ? ` ${values.action}` : ''
      return [`${name}${what} ${JSON.stringify(key)}`, JSON.stringify(values)]
    }),
  )
}

/** What was added (+), removed (-) and changed (~), without ids. */
function difference(before: Rows, after: Rows): string[] {
  const named = (sign: string, key: string) => `${sign}${key.slice(0, key.indexOf('[') - 1)}`
  const all = new Set([...before.keys(), ...after.keys()])
  return [...all]
    .flatMap((key) => {
      if (!after.has(key)) return [named('-', key)]
      if (!before.has(key)) return [named('+', key)]
      return before.get(key) === after.get(key) ? [] : [named('~', key)]
    })
    .sort()
}

/** Without versions, which move on when nothing else does. */
const changes = (all: readonly string[]) =>
  all.filter((one) => !/^~(tenant_counters|users|service_accounts)$/.test(one))

async function told(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    if (!FreeholdError.is(error)) throw error
    return error.code
  }
}

const answer = async (work: () => Promise<boolean>): Promise<boolean | string> => {
  let may: boolean | undefined
  const code = await told(async () => {
    may = await work()
  })
  return may ?? code
}

const asked = (tenant: Pick<Tenant, 'access'>, asks: readonly Question[]) =>
  Promise.all(asks.map(({ who, may, at = {} }) => answer(() => tenant.access.check(who, may, at))))

/** Of the server's own: read in a transaction, which remembers nothing. */
async function truth(tenantId: string, asks: readonly Question[]) {
  const tenant = await elsewhere.tenant(tenantId)
  return tenant.transaction((unit) => asked(unit, asks))
}

const OUTAGES = ['STORAGE_UNAVAILABLE', 'TRANSACTION_LOST']
const NEVER = { afterBytes: Number.MAX_SAFE_INTEGER }

describe('a connection that is cut', () => {
  it.each(Object.entries(writes))(
    '%s is done whole or not at all',
    async (_, prepare) => {
      const { id } = await elsewhere.tenants.create({ slug: fresh('t'), name: 'Acme' })
      const acme = await here.tenant(id)
      // a tenant's first write of access begins its count
      await acme.roles.create({ key: fresh('r') })
      const first = await prepare(acme, mailbox)
      const start = await rowsOf(id)
      await first.act()
      const whole = difference(start, await rowsOf(id))
      expect(whole.some((one) => one.startsWith('+audit_events'))).toBe(true)
      const outcomes = new Set<string>()
      let trips = 0
      for (const kind of ['beforeSend', 'beforeAnswer'] as const) {
        let { act, asks } = await prepare(acme, mailbox)
        let before = await rowsOf(id)
        for (let trip = 1; ; trip++) {
          const where = `${kind} ${trip}`
          // so that there is something to remember
          await asked(acme, asks)
          proxy.cut({ [kind]: trip } as never)
          const said = await told(act)
          proxy.cut(NEVER)
          const after = await rowsOf(id)
          const happened = difference(before, after)
          expect(await asked(acme, asks), where).toEqual(await truth(id, asks))
          if (said === 'TOO_MANY_ATTEMPTS') {
            // of letters to one address
            ;({ act, asks } = await prepare(acme, mailbox))
            before = await rowsOf(id)
            trip--
            continue
          }
          expect([...OUTAGES, 'done'], where).toContain(said)
          if (said === 'done') {
            expect(happened, where).toEqual(whole)
            trips = trip - 1
            break
          }
          expect([[], whole], where).toContainEqual(happened)
          outcomes.add(`${kind}: ${happened.length === 0 ? 'nothing' : 'all'}`)
          // what did not happen is done by the next call, or the one after it; what did is done again, or refused
          if (happened.length === 0) continue
          expect(OUTAGES, where).not.toContain(await told(act))
          expect([[], changes(whole)], where).toContainEqual(changes(difference(after, await rowsOf(id))))
          ;({ act, asks } = await prepare(acme, mailbox))
          before = await rowsOf(id)
        }
      }
      // what is one round trip has no answer before its last
      const partly = trips > 1 ? ['beforeAnswer: nothing'] : []
      expect([...outcomes].sort()).toEqual(['beforeAnswer: all', ...partly, 'beforeSend: nothing'])
    },
    120_000,
  )
})
