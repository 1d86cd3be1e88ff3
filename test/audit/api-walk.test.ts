// Walks through the public API as it is at run time and calls every method that changes something, for real: each
// writes exactly its one event, in its own transaction, and nothing when that is rolled back. A method that nobody
// has thought about here fails.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLATFORM_TENANT_ID, type TenantHandle } from '../../src/index.ts'
import { instance, sessions } from './api/instance.ts'
import { mutations, OPERATOR, signedIn, type World } from './api/parts.ts'
import { prepareRefusal, type Refusal } from './api/refusal.ts'
import { handleOnly, services } from './api/tenant.ts'
import { openWorld } from './api/world.ts'
import { PASSWORD } from './house.ts'

let world: World
let refusal: Refusal
beforeAll(async () => {
  world = await openWorld()
  refusal = await prepareRefusal(world.database!)
})
afterAll(() => world.close())

/** `users.create`: what can be called, in the order in which it is found. */
function methodsOf(thing: object, path = ''): string[] {
  return Reflect.ownKeys(thing).flatMap((key): string[] => {
    const here = path === '' ? String(key) : `${path}.${String(key)}`
    // what is there to be read, and the host's own
    if (here === 'tenant' && 'status' in (thing as TenantHandle).tenant) return []
    if (here === 'db') return []
    const value: unknown = Reflect.get(thing, key)
    if (typeof value === 'function') return [here]
    return typeof value === 'object' && value !== null ? methodsOf(value, here) : []
  })
}

describe('the table has every method, and no other', () => {
  it('of the instance', () => {
    const known = Object.keys({ ...instance, ...sessions })
    expect(methodsOf(world.freehold).sort()).toEqual(known.sort())
    const bound = methodsOf(world.freehold.as(OPERATOR))
    expect(known).toEqual(expect.arrayContaining(bound))
    expect(bound).toEqual(expect.arrayContaining(methodsOf(world.freehold.as(OPERATOR).as(OPERATOR))))
  })

  it('of a handle and its transactions', async () => {
    const handle = await world.tenant()
    const both = Object.keys({ ...services, ...handleOnly }).sort()
    expect(methodsOf(handle).sort()).toEqual(both)
    expect(methodsOf(handle.as(OPERATOR)).sort()).toEqual(both)
    await handle.transaction(async (tx) => {
      expect(methodsOf(tx).sort()).toEqual(Object.keys(services).sort())
      expect(methodsOf(tx.as(OPERATOR)).sort()).toEqual(Object.keys(services).sort())
      await tx.transaction(async (part) => {
        expect(methodsOf(part).sort()).toEqual(Object.keys(services).sort())
      })
    })
  })
})

interface Written {
  readonly tenant: string
  readonly action: string
  readonly actor: { readonly type: string; readonly id?: string; readonly requestId?: string }
}

/** What `work` wrote into all logs together. */
async function written(work: () => Promise<unknown>): Promise<Written[]> {
  const seen = await idsOf()
  await work()
  const rows = await world.database!.admin('select id, tenant_id, body from freehold.audit_events order by id')
  return rows
    .filter(({ id }) => !seen.has(id))
    .map(({ tenant_id, body }) => ({ tenant: String(tenant_id), ...JSON.parse(String(body)) }))
}

async function idsOf(): Promise<Set<unknown>> {
  return new Set((await world.database!.admin('select id from freehold.audit_events')).map(({ id }) => id))
}

type Mutation<On> = ReturnType<typeof mutations<On>>[number][1]

/** Calls it without a log, which must do nothing; then with one, and again where that changes nothing. */
async function tried<On>(entry: Mutation<On>, on: On, given: unknown): Promise<Written> {
  const { writes, into, by, act, again, apart, remains } = entry
  if (!apart && !remains) {
    const before = await refusal.digest()
    await refusal.during(() => expect(act(on, given as never, world)).rejects.toThrow())
    expect(await refusal.digest()).toBe(before)
  }
  const events = await written(() => act(on, given as never, world))
  expect(events.map(({ action }) => action)).toEqual([writes].flat())
  const [event] = events
  if (into === 'platform') expect(event!.tenant).toBe(PLATFORM_TENANT_ID)
  else expect(event!.tenant).not.toBe(PLATFORM_TENANT_ID)
  if (by) expect(event!.actor.type).toBe(by)
  else expect(event!.actor).toEqual(OPERATOR)
  if (again) expect(await written(() => act(on, given as never, world))).toEqual([])
  return event!
}

describe('of the instance', () => {
  it.each(mutations(instance))('%s writes its event', async (_, entry) => {
    const handle = await world.tenant()
    const given = await entry.given?.(world, handle)
    await tried(entry, world.freehold.as(OPERATOR), given)
  })

  it.each(mutations(sessions))('%s writes its event', async (_, entry) => {
    const handle = await world.tenant()
    const given = await entry.given?.(world, handle)
    expect((await tried(entry, world.freehold, given)).tenant).toBe(handle.id)
  })

  it('a refresh writes nothing, until a token comes back', async () => {
    const handle = await world.tenant()
    const { tokens } = await signedIn(world, handle)
    const refresh = () => world.freehold.sessions.refresh(tokens.refreshToken)
    expect(await written(async () => expect(await refresh()).toMatchObject({ ok: true }))).toEqual([])
    await world.database!.admin(
      "update freehold.sessions set rotated_at = rotated_at - interval '1 hour' where tenant_id = $1",
      [handle.id],
    )
    const events = await written(async () => expect(await refresh()).toMatchObject({ reason: 'reused' }))
    expect(events).toMatchObject([{ tenant: handle.id, action: 'session.refresh_reused', outcome: 'denied' }])
    expect(await written(async () => expect(await refresh()).toMatchObject({ reason: 'ended' }))).toEqual([])
  })
})

describe('of a tenant', () => {
  class Stop extends Error {}

  it.each(mutations(services))('%s writes its event, and none when it is rolled back', async (_, entry) => {
    const handle = await world.tenant()
    const given = await entry.given?.(world, handle)
    const bound = handle.as(OPERATOR)
    if (!entry.apart) {
      const undone = await written(async () => {
        const work = bound.transaction(async (tx) => {
          await entry.act(tx, given as never, world)
          throw new Stop()
        })
        await expect(work).rejects.toBeInstanceOf(Stop)
        const part = bound.transaction(async (tx) => {
          await tx.transaction(async (inner) => {
            await entry.act(inner, given as never, world)
            throw new Stop()
          })
        })
        await expect(part).rejects.toBeInstanceOf(Stop)
      })
      expect(undone).toEqual([])
    }
    expect((await tried(entry, bound, given)).tenant).toBe(handle.id)
  })

  it.each(mutations(handleOnly))('%s writes its event', async (_, entry) => {
    const handle = await world.tenant()
    const given = await entry.given?.(world, handle)
    expect((await tried(entry, handle.as(OPERATOR), given)).tenant).toBe(handle.id)
  })

  it('a failed sign-in writes whom it meant by id or by a mark, and one that was not looked at writes nothing', async () => {
    const handle = await world.tenant()
    const { id } = await handle.users.create({ email: 'ida@example.test', password: PASSWORD })
    const fail = (email: string) => handle.signIn.password({ email, password: 'wrong', client: { ip: '192.0.2.9' } })
    const events = await written(async () => {
      for (const email of ['ida@example.test', 'ghost@example.test', 'IDA@example.test', 'no address'])
        await fail(email)
    })
    const marks = events.map((event) => (event as { details?: { address?: string } }).details?.address)
    expect(marks).toEqual([expect.stringMatching(/^k1\.[\w-]{22}$/), expect.any(String), marks[0], undefined])
    expect(marks[1]).not.toBe(marks[0])
    expect(events).toMatchObject([
      { action: 'sign_in.failed', outcome: 'failure', targets: [{ type: 'user', id }], actor: { ip: '192.0.2.9' } },
      { action: 'sign_in.failed', actor: { type: 'user' } },
      { targets: [{ type: 'user', id }] },
      { action: 'sign_in.failed' },
    ])
    expect(JSON.stringify(events)).not.toMatch(/example\.test|no address/)
    for (let i = 0; i < 4; i++) await fail('ida@example.test')
    const throttled = await written(async () => {
      expect(await fail('ida@example.test')).toMatchObject({ reason: 'too-many-attempts' })
    })
    expect(throttled).toEqual([])
  })
})

describe('after all of it', () => {
  it('every event has its leaf, and no secret is in any of them', async () => {
    const admin = world.database!.admin
    const [{ orphans }] = (await admin(`select count(*)::int as orphans from freehold.audit_events e
      full join freehold.audit_pending p on p.event_id = e.id and p.leaf = e.leaf
      where e.id is null or p.event_id is null or e.leaf <> sha256('\\x00'::bytea || convert_to(e.body, 'UTF8'))`)) as [
      { orphans: number },
    ]
    expect(orphans).toBe(0)
    const kept = await admin(`select password_hash as secret from freehold.users where password_hash is not null
      union all select encode(current_hash, 'hex') from freehold.sessions
      union all select encode(nonce, 'hex') from freehold.sessions
      union all select verification_token from freehold.tenant_domains`)
    const secrets = [...world.secrets, ...kept.map(({ secret }) => String(secret))]
    expect(secrets.length).toBeGreaterThan(20)
    const bodies = (await admin('select body from freehold.audit_events')).map(({ body }) => String(body)).join('\n')
    expect(bodies.length).toBeGreaterThan(10_000)
    for (const secret of secrets) expect(bodies.includes(secret), secret).toBe(false)
  })
})
