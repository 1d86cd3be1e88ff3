// A check: Freehold's two ways against CASL with an ability per user at hand, and against casbin; and what a
// principal's first check asks of the database.

import { createFreehold, definePermissions, type TenantHandle, type UserId } from 'freehold'
import { memory } from 'freehold/memory'
import { postgres } from 'freehold/postgres'
import pg from 'pg'
import { filterOfAMillion } from '../access-filter.ts'
import { type Engine, makeCasbin, makeCasl } from '../access-rivals.ts'
import { catalog, holdAgainst, makeWorld, type World } from '../access-world.ts'
import type { Area } from '../main.ts'
import { type Effort, measure, type Subject } from '../measure.ts'
import { compare, count, type Result } from '../report.ts'
import { instance, migrate } from '../seed.ts'
import { type Database, farAway, openDatabase } from '../server.ts'

const permissions = definePermissions(catalog)
type P = (typeof permissions.names)[number]

const STRING = 'access.check(user, permission)'
const HELD = 'principal handle, can(permission)'
const CASL = 'CASL can(), abilities at hand'
const CASBIN = 'casbin enforceSync'
/** Checks of one measured operation, so that what is measured is checks and not the harness. */
const BATCH = 1000
/** The same for a rival that takes a millisecond for one. */
const SMALL_BATCH = 4

export const access: Area = async (effort, say) => {
  const world = makeWorld()
  say('seeding 50 roles, 1,000 users')
  const ours = await makeOurs(world)
  say('building 1,000 abilities, and a casbin model')
  const [casl, casbin] = [await makeCasl(world), await makeCasbin(world)]
  holdAgainst(world, STRING, await answersOf(world.questions.length, ours.check))
  holdAgainst(world, HELD, await answersOf(world.questions.length, ours.can))
  holdAgainst(world, CASL, await answersOf(world.questions.length, casl))
  holdAgainst(world, CASBIN, await answersOf(100, casbin))
  say('checks')
  const results = [
    ...(await againstCasl(world, ours, casl, effort)),
    ...(await againstCasbin(world, ours, casbin, effort)),
  ]
  await ours.close()
  const database = await openDatabase(say)
  try {
    await migrate(database)
    say('a first check')
    results.push(await firstCheck(database))
    results.push(...(await filterOfAMillion(database, effort, say)))
  } finally {
    await database.close()
  }
  return results
}

interface Ours {
  check(question: number): Promise<boolean>
  readonly can: Engine
  close(): Promise<void>
}

async function makeOurs(world: World): Promise<Ours> {
  const storage = memory()
  const freehold = await createFreehold({
    storage,
    keys: { current: 'k1', k1: keyBytes },
    permissions,
    passwordHasher,
    runtime: { now: slowClock() },
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  for (const { key, parent, entries } of world.roles) {
    await acme.roles.create({
      key,
      ...(parent === undefined ? {} : { parent: world.roles[parent]!.key }),
      permissions: entries.map(({ permission, own }) => {
        const { resource, action } = world.permissions[permission]!
        const conditions = { 'resource.owner': { $ref: 'principal.id' } }
        return { resource, actions: [action], ...(own ? { conditions } : {}) }
      }),
    })
  }
  const users = await seedUsers(storage, acme, world)
  // as a host writes them: the one text that source code has of each
  const names = new Map(permissions.names.map((name) => [name as string, name]))
  const asked = world.questions.map(({ user, permission, owner }) => ({
    user: users[user]!,
    name: names.get(world.permissions[permission]!.name)!,
    options: { resource: { owner: users[owner]! } },
  }))
  const handles = await Promise.all(users.map((user) => acme.access.principal(user)))
  const held = world.questions.map(({ user }) => handles[user]!)
  const { access: checks } = acme
  return {
    check(question) {
      const { user, name, options } = asked[question]!
      return checks.check(user, name, options)
    },
    can(question) {
      const { name, options } = asked[question]!
      return held[question]!.can(name, options)
    },
    close: () => freehold.close(),
  }
}

/** Straight into the storage: 3,000 grants one after the other are another measurement. */
async function seedUsers(
  storage: ReturnType<typeof memory>,
  acme: TenantHandle<unknown, P>,
  world: World,
): Promise<UserId[]> {
  const { records } = storage.tenant({ id: acme.id, location: storage.sharedLocation })
  const roles = await Promise.all(world.roles.map(({ key }) => acme.roles.get(key)))
  const users: UserId[] = []
  for (const [n, held] of world.users.entries()) {
    const id = crypto.randomUUID() as string as UserId
    await records.insert('users', [{ id, email: `u${n}@acme.test`, email_norm: `u${n}@acme.test` }])
    await records.insert(
      'role_assignments',
      held.map((role) => ({ id: crypto.randomUUID(), user_id: id, role_id: roles[role]!.id })),
    )
    users.push(id)
  }
  return users
}

async function againstCasl(world: World, ours: Ours, casl: Engine, effort: Effort): Promise<Result[]> {
  const figures = await measure(
    [
      asyncSubject(STRING, world, BATCH, ours.check),
      syncSubject(HELD, world, BATCH, ours.can),
      syncSubject(CASL, world, BATCH, casl),
    ],
    1,
    effort,
  )
  const common = { name: '1,000 checks', against: CASL, better: 'higher', by: 'cpu' } as const
  return [
    compare('access', { ...common, subject: STRING, goal: 3 }, figures),
    compare('access', { ...common, subject: HELD, goal: 8 }, figures),
  ]
}

async function againstCasbin(world: World, ours: Ours, casbin: Engine, effort: Effort): Promise<Result[]> {
  const figures = await measure(
    [asyncSubject(STRING, world, SMALL_BATCH, ours.check), syncSubject(CASBIN, world, SMALL_BATCH, casbin)],
    1,
    effort,
  )
  const common = { name: `${SMALL_BATCH} checks`, better: 'higher', by: 'cpu' } as const
  return [compare('access', { ...common, subject: STRING, against: CASBIN, goal: 100 }, figures)]
}

function asyncSubject(
  name: string,
  world: World,
  batch: number,
  check: (question: number) => Promise<boolean>,
): Subject {
  let at = 0
  return {
    name,
    async run() {
      let allowed = 0
      for (let i = 0; i < batch; i++) if (await check(at++ % world.questions.length)) allowed++
      return allowed
    },
  }
}

function syncSubject(name: string, world: World, batch: number, engine: Engine): Subject {
  let at = 0
  return {
    name,
    run() {
      let allowed = 0
      for (let i = 0; i < batch; i++) if (engine(at++ % world.questions.length)) allowed++
      return allowed
    },
  }
}

async function answersOf(count: number, engine: (question: number) => boolean | Promise<boolean>): Promise<boolean[]> {
  const answers: boolean[] = []
  for (let question = 0; question < count; question++) answers.push(await engine(question))
  return answers
}

/** Counted on the way to a real server. */
async function firstCheck(database: Database): Promise<Result> {
  const proxy = await farAway(database.appUrl, 0)
  const pool = new pg.Pool({ connectionString: proxy.url, max: 1 })
  const freehold = await instance(postgres({ pool, listen: false }))
  try {
    const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    const ana = await acme.users.create({ email: 'ana@acme.test' })
    await acme.assignments.grant({ principal: ana, role: 'owner' })
    const before = proxy.roundTrips()
    if (!(await acme.access.check(ana, 'role:write'))) throw new Error('an owner may not')
    return count('access', 'round trips', 'first check of a principal', proxy.roundTrips() - before, 1)
  } finally {
    await freehold.close()
    await pool.end()
    await proxy.close()
  }
}

/**
 * As costly as the machine's, and so slow that nothing is asked again for its age: how long a load takes is the
 * storage's matter, and measured elsewhere.
 */
function slowClock(): () => number {
  const start = Date.now()
  return () => start + (Date.now() - start) / 1_000_000
}

const keyBytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)

/** Nobody signs in here. */
const passwordHasher = {
  name: 'none',
  hash: () => Promise.reject(new Error('no passwords')),
  verify: () => Promise.resolve(false),
  needsRehash: () => false,
}
