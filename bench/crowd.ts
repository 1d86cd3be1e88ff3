// What everybody else notices of a crowd that signs in: the 99th percentile of a session check beside it, against alone.
// Freehold's, and what is left of it by hand: two statements, one hash, and a queue in front of it.

import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import argon2 from 'argon2'
import type { Freehold } from 'freehold'
import type pg from 'pg'
import { createHashingQueue } from '../src/core/authentication/hashing-queue.ts'
import { prepareJoin } from './by-hand.ts'
import type { Effort } from './measure.ts'
import type { Result } from './report.ts'
import { warmPool } from './seed.ts'
import type { Database } from './server.ts'

const CROWD = 50
const CONNECTIONS = 20
const PASSWORD = 'correct horse battery staple of the bench'
/** Of `freehold/argon2` by default. */
const COST = { type: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

interface Crowd {
  /** Checks one session in the database, the same over and over. */
  check(): Promise<unknown>
  signIn(who: number): Promise<unknown>
}

/** @param database where the rows are copied for the other */
export async function checksInACrowd(
  freehold: Freehold,
  database: Database,
  effort: Effort,
  say: (line: string) => void,
): Promise<Result[]> {
  const acme = await freehold.tenants.create({ slug: 'crowd', name: 'Crowd' })
  const people = Array.from({ length: CROWD }, (_, i) => `user${i}@crowd.test`)
  for (const email of people) await acme.users.create({ email, password: PASSWORD })
  const enter = async (who: number) => {
    const answer = await acme.signIn.password({ email: people[who]!, password: PASSWORD })
    if (!answer.ok) throw new Error(`sign-in: ${answer.reason}`)
    return answer
  }
  const { session, tokens } = await enter(0)
  const ours: Crowd = {
    check: () => freehold.sessions.verify(tokens.accessToken, { mode: 'database' }),
    signIn: enter,
  }
  const pool = await warmPool(database.adminUrl, CONNECTIONS)
  try {
    const theirs = await byHand(pool, acme.id, session.id, people)
    say(`session checks beside ${CROWD} who sign in, and beside as many by hand`)
    const [mine, others] = await besides([ours, theirs], effort)
    for (const { alone, crowded } of [mine!, others!]) {
      say(`p99 alone ${slowest(alone).toFixed(0)} us, in the crowd ${slowest(crowded).toFixed(0)} us`)
    }
    const name = 'p99 of a session check in the database'
    const row = (subject: string, against: string, ratio: number, goal: number | null): Result => ({
      row: {
        area: 'authentication',
        name,
        subject,
        against,
        ratio: Math.round(ratio * 1000) / 1000,
        better: 'lower',
        goal,
      },
    })
    const crowd = `beside ${CROWD} who sign in`
    return [
      row(crowd, 'alone', slowest(mine!.crowded) / slowest(mine!.alone), 3),
      row(`by hand, ${crowd}`, 'by hand, alone', slowest(others!.crowded) / slowest(others!.alone), null),
      row(crowd, `by hand, ${crowd}`, slowest(mine!.crowded) / slowest(others!.crowded), null),
    ]
  } finally {
    await pool.end()
  }
}

async function byHand(pool: pg.Pool, tenantId: string, sessionId: string, people: readonly string[]): Promise<Crowd> {
  const join = await prepareJoin(pool, tenantId)
  await pool.query('create table bench.entries (id uuid primary key, email text, at timestamptz default now())')
  const hash = await argon2.hash(PASSWORD, COST)
  const queue = createHashingQueue(Math.max(1, availableParallelism() - 1))
  const find = { name: 'find', text: 'select id, status from bench.users where tenant_id = $1 and email_norm = $2' }
  const write = { name: 'write', text: 'insert into bench.entries (id, email) values ($1, $2)' }
  return {
    check: () => join(sessionId),
    async signIn(who) {
      const email = people[who]!
      const right = await queue.run(async () => {
        const { rows } = await pool.query({ ...find, values: [tenantId, email] })
        return rows.length === 1 && argon2.verify(hash, PASSWORD)
      })
      if (!right) throw new Error('the sign-in by hand failed')
      await pool.query({ ...write, values: [randomUUID(), email] })
    },
  }
}

interface Checks {
  readonly alone: number[]
  readonly crowded: number[]
}

/** Each alone, and while its crowd signs in; all of it in turns. */
async function besides(crowds: readonly Crowd[], effort: Effort): Promise<readonly Checks[]> {
  const found = crowds.map((): Checks => ({ alone: [], crowded: [] }))
  const turnMs = 20 * effort.sliceMs
  for (const { check } of crowds) await checksFor(check, 1000)
  for (let round = 0; round < Math.ceil(effort.rounds / 8); round++) {
    for (const [i, { check, signIn }] of crowds.entries()) {
      found[i]!.alone.push(...(await checksFor(check, turnMs)))
      let open = true
      const crowd = Array.from({ length: CROWD }, async (_, who) => {
        while (open) await signIn(who)
      })
      found[i]!.crowded.push(...(await checksFor(check, turnMs)))
      open = false
      await Promise.all(crowd)
    }
  }
  return found
}

/** Every few milliseconds, as requests come: a check that waits for the last one would not see what it waited for. */
async function checksFor(check: Crowd['check'], ms: number): Promise<number[]> {
  const timed = async (): Promise<number> => {
    const before = process.hrtime.bigint()
    await check()
    return Number(process.hrtime.bigint() - before) / 1000
  }
  const taken: Promise<number>[] = []
  for (const end = performance.now() + ms; performance.now() < end; ) {
    taken.push(timed())
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return Promise.all(taken)
}

/** The 99th percentile. */
function slowest(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length * 0.99)]!
}
