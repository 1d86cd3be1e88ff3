// A check: Freehold's two ways against CASL with an ability per user at hand, and against casbin; and what a
// principal's first check asks of the database.

import { createFreehold, type TenantHandle, type UserId } from 'freehold'
import { memory } from 'freehold/memory'
import { postgres } from 'freehold/postgres'
import pg from 'pg'
import { filterOfAMillion } from '../access-filter.ts'
import { type Permission as P, passwordHasher, permissions, slowClock } from '../access-loads.ts'
import { checksInPlaces } from '../access-places.ts'
import { type Engine, makeCasbin, makeCasl } from '../access-rivals.ts'
import { sizes } from '../access-sizes.ts'
import { holdAgainst, makeWorld, type World } from '../access-world.ts'
import type { Area } from '../main.ts'
import { type Effort, measure, median, type Subject } from '../measure.ts'
import { compare, count, type Result } from '../report.ts'
import { instance, migrate } from '../seed.ts'
import { type Database, farAway, openDatabase } from '../server.ts'

const STRING = 'access.check(user, permission)'
const IN_PLACES = 'access.check(user, permission, { project, on })'
const HELD = 'principal handle, can(permission)'
const EXPLAIN = 'access.explain(user, permission)'
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
  holdAgainst(world, EXPLAIN, await answersOf(world.questions.length, ours.explain))
  holdAgainst(world, CASL, await answersOf(world.questions.length, casl))
  holdAgainst(world, CASBIN, await answersOf(100, casbin))
  say('checks')
  const results = [
    ...(await againstCasl(world, ours, casl, effort)),
    await againstCasbin(world, ours, casbin, effort),
    await explanations(world, ours, effort),
  ]
  await ours.close()
  // afterwards: code that has seen options of many shapes is slower with all of them
  say('places, and 5,000 questions in them')
  results.push(await inPlaces(world, casl, effort))
  say('room, first checks, compilation, 10,000 roles')
  results.push(...(await sizes(world, effort)))
  const database = await openDatabase(say)
  try {
    await migrate(database)
    say('round trips')
    results.push(...(await roundTrips(database)))
    results.push(...(await filterOfAMillion(database, effort, say)))
  } finally {
    await database.close()
  }
  return results
}

interface Ours {
  check(question: number): Promise<boolean>
  explain(question: number): Promise<boolean>
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
    async explain(question) {
      const { user, name, options } = asked[question]!
      return (await checks.explain(user, name, options)).allowed
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
      asyncSubject(STRING, world.questions.length, BATCH, ours.check),
      syncSubject(HELD, world, BATCH, ours.can),
      syncSubject(CASL, world, BATCH, casl),
    ],
    1,
    effort,
  )
  const common = { name: '1,000 checks', against: CASL, better: 'higher', by: 'cpu' } as const
  return [
    compare('access', { ...common, subject: STRING, goal: 4 }, figures),
    compare('access', { ...common, subject: HELD, goal: 10 }, figures),
  ]
}

/** On the other side the same without places: it has none. */
async function inPlaces(world: World, casl: Engine, effort: Effort): Promise<Result> {
  const places = await checksInPlaces(world)
  const subjects = [
    asyncSubject(IN_PLACES, places.questions, BATCH, places.check),
    syncSubject(CASL, world, BATCH, casl),
  ]
  const figures = await measure(subjects, 1, effort)
  await places.close()
  const terms = { name: '1,000 checks', against: CASL, better: 'higher', by: 'cpu' } as const
  return compare('access', { ...terms, subject: IN_PLACES, goal: null }, figures)
}

/** One operation of ours is many checks, of the rival's a few; compared are as many. */
async function againstCasbin(world: World, ours: Ours, casbin: Engine, effort: Effort): Promise<Result> {
  const subjects = [
    asyncSubject(STRING, world.questions.length, BATCH, ours.check),
    syncSubject(CASBIN, world, SMALL_BATCH, casbin),
  ]
  const measured = await measure(subjects, 1, effort)
  const part = (values: readonly number[]) => values.map((value) => (value * SMALL_BATCH) / BATCH)
  const { wall, cpu } = measured.get(STRING)!
  const figures = new Map(measured).set(STRING, { wall: part(wall), cpu: part(cpu) })
  const terms = { name: `${SMALL_BATCH} checks`, better: 'higher', by: 'cpu' } as const
  return compare('access', { ...terms, subject: STRING, against: CASBIN, goal: 1000 }, figures)
}

/** 50,000 in a CPU second. */
const EXPLAINED_IN = 20

async function explanations(world: World, ours: Ours, effort: Effort): Promise<Result> {
  const subject = asyncSubject(EXPLAIN, world.questions.length, BATCH, ours.explain)
  const figures = await measure([subject], 1, effort)
  return count('access', 'CPU microseconds', EXPLAIN, median(figures.get(EXPLAIN)!.cpu) / BATCH, EXPLAINED_IN)
}

function asyncSubject(
  name: string,
  questions: number,
  batch: number,
  check: (question: number) => Promise<boolean>,
): Subject {
  let at = 0
  return {
    name,
    async run() {
      let allowed = 0
      for (let i = 0; i < batch; i++) if (await check(at++ % questions)) allowed++
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
async function roundTrips(database: Database): Promise<Result[]> {
  const proxy = await farAway(database.appUrl, 0)
  const pool = new pg.Pool({ connectionString: proxy.url, max: 1 })
  const freehold = await instance(postgres({ pool, listen: false }))
  try {
    const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    const ana = await acme.users.create({ email: 'ana@acme.test' })
    await acme.assignments.grant({ principal: ana, role: 'owner' })
    const trips = async (name: string, work: () => Promise<unknown>): Promise<Result> => {
      const before = proxy.roundTrips()
      if (!(await work())) throw new Error(`${name}: refused`)
      return count('access', 'round trips', name, proxy.roundTrips() - before, 1)
    }
    const bob = await acme.users.create({ email: 'bob@acme.test' })
    const as = acme.as({ type: 'user', id: ana.id })
    return [
      await trips('first check of a principal', () => acme.access.check(ana, 'role:write')),
      await trips('a role given by who was just checked', () =>
        as.assignments.grant({ principal: bob, role: 'viewer' }),
      ),
    ]
  } finally {
    await freehold.close()
    await pool.end()
    await proxy.close()
  }
}

const keyBytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)
