// The log as the database keeps it: nobody but the owner of the server changes an event, what is changed is noticed,
// what is asked finds an index, and an audited call costs no round trip more.

import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tenantCatalog } from '../../src/adapters/postgres/column-values.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { Send } from '../../src/adapters/postgres/link.ts'
import { createKyselyLoader } from '../../src/adapters/postgres/packages.ts'
import { createRecords } from '../../src/adapters/postgres/records.ts'
import { createTexts } from '../../src/adapters/postgres/texts.ts'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { type AuditFilter, createAudit } from '../../src/core/audit/audit.ts'
import type { TenantTableName } from '../../src/core/storage/tables.ts'
import { type AuditEventId, createFreehold, type Freehold, type TenantHandle } from '../../src/index.ts'
import { makeContext, makeTenantContext } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { startProxy, type TestProxy } from '../setup/proxy.ts'
import { refused } from '../setup/refusal.ts'
import { actionsOf, PASSWORD } from './house.ts'

let database: TestDatabase
let proxy: TestProxy
let pool: pg.Pool
let freehold: Freehold<unknown>
let acme: TenantHandle
let id: AuditEventId

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startProxy(database.appUrl)
  pool = new pg.Pool({ connectionString: proxy.url(database.appUrl), max: 2 })
  freehold = await createFreehold<unknown>({
    storage: postgres({ pool, listen: false }),
    keys: testKeys(),
    passwordHasher: testHasher(),
    onError: () => undefined,
    onWarning: () => undefined,
  })
})
afterAll(async () => {
  await freehold.close()
  await pool.end()
  await proxy.close()
  await database.close()
})
beforeEach(async () => {
  acme = await freehold.tenants.create({ slug: `t${crypto.randomUUID().slice(-12)}`, name: 'Acme' })
  await acme.audit.record({ action: 'note.written', targets: [{ type: 'note', id: '1' }], details: { n: 1 } })
  id = (await acme.audit.list({ limit: 1 })).items[0]!.id
})

/** As somebody who has entered the tenant. */
async function inside(login: pg.Pool, sql: string, values?: unknown[]): Promise<pg.QueryResult> {
  const client = await login.connect()
  try {
    await client.query('begin')
    await client.query('select freehold.enter_tenant($1)', [acme.id])
    const result = await client.query(sql, values)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

describe('an event is only ever added', () => {
  const changes = [
    "update freehold.audit_events set outcome = 'denied'",
    "update freehold.audit_events set body = '{}' where action = 'note.written'",
    'delete from freehold.audit_events',
    'truncate freehold.audit_events',
    'update freehold.audit_pending set leaf = leaf',
    'delete from freehold.audit_pending',
    'truncate freehold.audit_pending',
  ]
  it.each(changes)('the application may not: %s', async (sql) => {
    await expect(inside(database.appPool, sql)).rejects.toMatchObject({ code: '42501' })
    expect(await actionsOf(acme)).toEqual(['tenant.created', 'note.written'])
  })

  it.each(changes.slice(0, 4))('the owner of the tables cannot by oversight: %s', async (sql) => {
    await expect(inside(database.ownerPool, sql)).rejects.toMatchObject({ code: '2F002' })
    expect(await actionsOf(acme)).toEqual(['tenant.created', 'note.written'])
  })

  it('nor in a partition, where no wall stands', async () => {
    const [{ name }] = (await database.admin(
      'select tableoid::regclass::text as name from freehold.audit_events where id = $1',
      [id],
    )) as [{ name: string }]
    await expect(database.appPool.query(`select from ${name}`)).rejects.toMatchObject({ code: '42501' })
    await expect(database.appPool.query(`insert into ${name} select * from ${name}`)).rejects.toMatchObject({
      code: '42501',
    })
    for (const sql of [`update ${name} set outcome = 'denied'`, `delete from ${name}`, `truncate ${name}`]) {
      await expect(database.ownerPool.query(sql)).rejects.toMatchObject({ code: '2F002' })
    }
  })

  it('its leaf waits beside it', async () => {
    const { rows } = await inside(
      database.appPool,
      'select e.leaf = p.leaf as same from freehold.audit_events e left join freehold.audit_pending p on p.event_id = e.id',
    )
    expect(rows).toEqual([{ same: true }, { same: true }])
  })
})

describe('who takes the fences down is noticed', () => {
  const alter = (set: string) =>
    database.admin(
      `do $$ begin
         set local session_replication_role = replica;
         update freehold.audit_events set ${set} where id = '${id}';
       end $$`,
    )
  it.each([
    ['the bytes', `body = replace(body, '"n":1', '"n":2')`],
    ['the bytes, so that they are none', "body = '{'"],
    ['the leaf', 'leaf = sha256(leaf)'],
    ['the column it is found by', "action = 'note.read'"],
    ['the outcome', "outcome = 'failure'"],
    ['the actor', 'actor_id = tenant_id'],
  ])('of %s', async (_, set) => {
    await alter(set)
    const error = await refused(() => acme.audit.get(id), 'AUDIT_ALTERED')
    expect(error.details).toEqual({ id })
    expect(error.toProblem()).toMatchObject({ status: 500, code: 'AUDIT_ALTERED' })
  })
})

describe('a list is served by an index', () => {
  /** How the server would run what `list` asks. */
  async function planOf(filter: AuditFilter): Promise<string> {
    const plans: string[] = []
    const send: Send = async ({ text, values }) => {
      const { rows } = await inside(database.appPool, `explain ${text}`, [...(values ?? [])])
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      return { rows: [], command: 'SELECT', count: 0 }
    }
    const texts = createTexts('freehold', createKyselyLoader())
    const facts = { send, tenantId: acme.id as string, catalog: tenantCatalog, texts, transactional: false }
    const storage = postgres({ pool: database.appPool, listen: false })
    const inner = makeTenantContext(makeContext(storage), acme.tenant)
    const scope = { ...inner.scope, records: createRecords<TenantTableName>(facts) }
    await createAudit({ ...inner, scope }).list(filter)
    return plans.join()
  }

  beforeEach(async () => {
    for (const tenant of [acme.id, crypto.randomUUID()]) {
      await database.admin(
        `insert into freehold.audit_events (tenant_id, id, created_at, action, actor_type, actor_id, user_id, outcome,
           resource_type, resource_id, body, leaf)
         select $1, gen_random_uuid(), date_trunc('milliseconds', clock_timestamp()) - n * interval '5 minutes',
           'note.' || (n % 50), 'user', md5((n % 300)::text)::uuid, md5((n % 300)::text)::uuid,
           case when n % 40 = 0 then 'denied' else 'success' end, 'type' || (n % 30), n::text, '{}', sha256('x')
         from generate_series(1, 6000) n`,
        [tenant],
      )
    }
    await database.admin('analyze freehold.audit_events')
  })

  it('whatever it is filtered by', async () => {
    const user = '01890a5d-ac96-774b-bcce-b302099a8057'
    const cases: readonly [AuditFilter, index: string][] = [
      [{}, 'tenant_id_created_at_id'],
      [{ from: new Date(Date.now() - 3_600_000), before: new Date() }, 'tenant_id_created_at_id'],
      [{ userId: user }, 'tenant_id_user_id_created_at'],
      [{ actorId: user }, 'tenant_id_actor_id_created_at'],
      [{ action: 'note.7' }, 'tenant_id_action_created_at'],
      [{ resourceType: 'type7', outcome: 'denied' }, 'tenant_id_resource_type_outcome'],
    ]
    const rows = await database.admin('select distinct tableoid::regclass::text as name from freehold.audit_events')
    const filled = rows.map(({ name }) => String(name).replace('freehold.', ''))
    for (const [filter, index] of cases) {
      const plan = await planOf(filter)
      expect(plan, JSON.stringify(filter)).toContain(index)
      // of a partition without rows nothing else is worth while
      for (const name of filled) expect(plan, JSON.stringify(filter)).not.toContain(`Seq Scan on ${name} `)
    }
    // the months to come are not looked at when the past is asked for
    const coming = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 7).replace('-', '_')
    expect(await planOf({})).toContain(`audit_events_${coming}`)
    expect(await planOf({ before: new Date() })).not.toContain(`audit_events_${coming}`)
  })
})

describe('round trips', () => {
  it('an event costs none of its own beside what changes something', async () => {
    const user = await acme.users.create({ email: 'a@example.test', password: PASSWORD })
    await acme.users.disable(user)
    const cost = async (work: () => Promise<unknown>): Promise<number> => {
      proxy.reset()
      await work()
      return proxy.roundTrips
    }
    // the row, the plan that members are held to, their count, and COMMIT, with which the event rides
    expect(await cost(() => acme.users.create({ email: 'b@example.test' }))).toBe(4)
    expect(await cost(() => acme.users.enable(user))).toBe(4)
    expect(await cost(() => acme.audit.record({ action: 'note.read' }))).toBe(1)
    const bare = await cost(() => acme.transaction((tx) => tx.users.list()))
    const audited = await cost(() =>
      acme.transaction(async (tx) => {
        await tx.users.list()
        await tx.audit.record({ action: 'note.read' })
        await tx.audit.record({ action: 'note.read' })
      }),
    )
    expect([bare, audited]).toEqual([2, 2])
    const inOne = await cost(() =>
      acme.transaction(async (tx) => {
        await tx.users.create({ email: 'c@example.test' })
        await tx.users.create({ email: 'd@example.test' })
      }),
    )
    expect(inOne).toBe(7)
  })
})
