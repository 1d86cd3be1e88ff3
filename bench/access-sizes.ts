// What there is beside the check itself: the room a principal takes, its first check, the compilation of a tenant, and
// whether a check costs more where there are more roles.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTenantBook } from '../src/core/access/tenant-book.ts'
import { houseOf, type LoadedHouse, loadsOf, permissions } from './access-loads.ts'
import { holdAgainst, makeWorld, type World } from './access-world.ts'
import { type Effort, measure, median, type Subject } from './measure.ts'
import { compare, count, type Result } from './report.ts'

const REMEMBERED = 20_000
/** Microseconds and bytes that each may take. */
const COLD = 20
const COMPILED = 2000
const ROOM = 1024

export async function sizes(world: World, effort: Effort): Promise<Result[]> {
  return [
    await roomOfPrincipal(world),
    await firstCheck(world, effort),
    await compilation(world, effort),
    ...(await manyRoles(effort)),
  ]
}

/** Each is asked about once without conditions and once with: what is found out about them is kept, too. */
async function roomOfPrincipal(world: World): Promise<Result> {
  const house = await houseOf(loadsOf(world))
  const questions = [world.questions[0]!, world.questions[2]!]
  const meet = async (principals: number) => {
    for (let i = 0; i < principals; i++) {
      const id = crypto.randomUUID() as never
      for (const { permission } of questions) {
        await house.acme.access.check(id, permissions.names[permission]!, { resource: { owner: id } })
      }
    }
  }
  // what all share is there before
  await meet(world.users.length)
  const before = held()
  await meet(REMEMBERED)
  const bytes = Math.round((held() - before) / REMEMBERED)
  await house.close()
  return count('access', 'bytes kept', 'a principal with three assignments', bytes, ROOM)
}

/** In bytes, after all that nobody holds is gone. */
function held(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Of a principal never seen before, the answer of the storage at hand. */
async function firstCheck(world: World, effort: Effort): Promise<Result> {
  const house = await houseOf(loadsOf(world))
  const name = 'first check of a principal, beside the query'
  const ids: string[] = []
  const check: Subject = {
    name,
    async ready(operations) {
      await house.ready(operations)
      while (ids.length < operations) ids.push(crypto.randomUUID())
    },
    run: () => house.acme.access.check(ids.pop() as never, permissions.names[0]!),
  }
  const figures = await measure([check], 1, effort)
  await house.close()
  return count('access', 'CPU microseconds', name, median(figures.get(name)!.cpu), COLD)
}

async function compilation(world: World, effort: Effort): Promise<Result> {
  const house = await houseOf(loadsOf(world))
  const source = { ...house.tenant, version: 1, writes: 1 }
  await house.close()
  const name = '50 roles, 500 permissions compiled'
  const compile: Subject = {
    name,
    run() {
      const book = createTenantBook(source, permissions)
      for (const role of book.all()) book.closure(role)
    },
  }
  const figures = await measure([compile], 1, effort)
  return count('access', 'CPU microseconds', name, median(figures.get(name)!.cpu), COMPILED)
}

const BATCH = 1000

/** Users who hold three roles each, of ten: all that there are, or beside 9,990 more. And users who hold them of 10,000. */
async function manyRoles(effort: Effort): Promise<Result[]> {
  const [few, many] = [makeWorld(10), makeWorld(10_000)]
  const beside = { ...few, roles: [...few.roles, ...many.roles.slice(few.roles.length)] }
  const all = [
    await checksIn(few, 'access.check, 10 roles'),
    await checksIn(beside, 'access.check, 10,000 roles, ten of them held'),
    await checksIn(many, 'access.check, 10,000 roles, all of them held'),
  ] as const
  const figures = await measure(
    all.map(({ subject }) => subject),
    1,
    effort,
  )
  for (const { house } of all) await house.close()
  const [base, ten, each] = all.map(({ subject }) => subject.name)
  const common = { name: '1,000 checks', against: base!, better: 'lower', by: 'cpu' } as const
  return [
    compare('access', { ...common, subject: ten!, goal: 1.25 }, figures),
    compare('access', { ...common, subject: each!, goal: null }, figures),
  ]
}

async function checksIn(
  world: World,
  name: string,
): Promise<{ readonly subject: Subject; readonly house: LoadedHouse }> {
  const house = await houseOf(loadsOf(world))
  const asked = world.questions.map(({ user, permission, owner }) => ({
    user: house.users[user]!,
    name: permissions.names[permission]!,
    options: { resource: { owner: house.users[owner]! } },
  }))
  const check = ({ user, name, options }: (typeof asked)[number]) => house.acme.access.check(user, name, options)
  const answers: boolean[] = []
  for (const one of asked) answers.push(await check(one))
  holdAgainst(world, name, answers)
  let at = 0
  const subject: Subject = {
    name,
    async run() {
      for (let i = 0; i < BATCH; i++) await check(asked[at++ % asked.length]!)
    },
  }
  return { subject, house }
}
