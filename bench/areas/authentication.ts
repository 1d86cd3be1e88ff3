// What authentication costs beside its waiting for a database: sealing a field, and what others notice of a crowd that
// signs in.

import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import type { Freehold } from 'freehold'
import { postgres } from 'freehold/postgres'
import { assess } from '../../src/core/authentication/risk/assess.ts'
import type { RiskInputs } from '../../src/core/authentication/risk/inputs.ts'
import { defaultRiskSettings } from '../../src/core/authentication/risk/settings.ts'
import { createEnvelope } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Area } from '../main.ts'
import { type Effort, measure, median } from '../measure.ts'
import { compare, type Result } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { openDatabase } from '../server.ts'

const AREA = 'authentication'
const CROWD = 50
const CONNECTIONS = 20
const VALUE_BYTES = 64
/** Values per second of CPU time that a field may not fall below. */
const SEALED_PER_SECOND = 80_000
/** Microseconds of CPU time that judging a sign-in may take. */
const JUDGED_US = 100
const PASSWORD = 'correct horse battery staple of the bench'

export const authentication: Area = async (effort, say) => {
  say('sealing fields')
  const results = await fieldEncryption(effort)
  say('judging sign-ins')
  results.push(await judging(effort))
  const database = await openDatabase(say)
  try {
    await migrate(database)
    const pool = await warmPool(database.appUrl, CONNECTIONS)
    const freehold = await instance(postgres({ pool }))
    try {
      say(`session checks beside ${CROWD} who sign in`)
      results.push(await checksInACrowd(freehold, effort))
      return results
    } finally {
      await freehold.close()
      await pool.end()
    }
  } finally {
    await database.close()
  }
}

/** Everything speaks against it: no sign-in costs more. */
async function judging(effort: Effort): Promise<Result> {
  const now = Date.UTC(2026, 5, 16, 3)
  const inputs: RiskInputs = {
    at: now,
    failures: { user: 9, ip: 40, network: 150, tenant: 1500, ipAccounts: 8, networkAccounts: 40 },
    deviceKnown: false,
    place: { country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 20 },
    profile: {
      signIns: 400,
      lastAt: now - 3_600_000,
      lastPlace: { country: 'MX', latitude: 19.43, longitude: -99.13, accuracyKm: 20 },
      countries: { MX: now - 3_600_000 },
      hours: { '9': 200, '10': 200 },
    },
    leakedPassword: true,
    client: { userAgent: `${'x'.repeat(480)} curl/8`, acceptLanguage: null, formMs: 20 },
  }
  const subject = 'a sign-in judged'
  const figures = await measure([{ name: subject, run: () => assess(inputs, defaultRiskSettings) }], 1, effort)
  const us = median(figures.get(subject)!.cpu)
  const row = { area: AREA, name: 'CPU us to judge a sign-in', subject: us.toFixed(1), against: `${JUDGED_US}` }
  return { row: { ...row, ratio: Math.round((us / JUDGED_US) * 1000) / 1000, better: 'lower', goal: 1 } }
}

/** Against the same cipher by hand: one key, no place, no key number. */
async function fieldEncryption(effort: Effort): Promise<Result[]> {
  const envelope = createEnvelope(createKeyring({ current: 'k1', k1: randomBytes(32) }), systemRuntime())
  const place = { tenantId: randomUUID(), table: 'mfa_methods', column: 'secret', row: randomUUID() }
  const value = randomBytes(VALUE_BYTES)
  const sealed = envelope.seal(value, place)
  const key = createSecretKey(randomBytes(32))
  const sealByHand = (): Buffer => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
  }
  const openByHand = (bytes: Buffer): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  }
  const byHand = sealByHand()
  const figures = await measure(
    [
      { name: 'a field sealed', run: () => envelope.seal(value, place) },
      { name: 'AES-256-GCM by hand', run: sealByHand },
      { name: 'a field opened', run: () => envelope.open(sealed, place) },
      { name: 'opened by hand', run: () => openByHand(byHand) },
    ],
    1,
    effort,
  )
  const against = (subject: string, rival: string): Result =>
    compare(
      AREA,
      { name: `field, ${VALUE_BYTES} bytes`, subject, against: rival, better: 'higher', goal: 0.5, by: 'cpu' },
      figures,
    )
  const perSecond = 1_000_000 / median(figures.get('a field sealed')!.cpu)
  return [
    {
      row: {
        area: AREA,
        name: 'fields sealed in a second of CPU',
        subject: `${Math.round(perSecond)}`,
        against: `${SEALED_PER_SECOND}`,
        ratio: Math.round((perSecond / SEALED_PER_SECOND) * 1000) / 1000,
        better: 'higher',
        goal: 1,
      },
    },
    against('a field sealed', 'AES-256-GCM by hand'),
    against('a field opened', 'opened by hand'),
  ]
}

/** One session is checked in the database, over and over: alone, and while a crowd signs in with passwords; in turns. */
async function checksInACrowd(freehold: Freehold, effort: Effort): Promise<Result> {
  const acme = await freehold.tenants.create({ slug: 'crowd', name: 'Crowd' })
  const people = Array.from({ length: CROWD }, (_, i) => `user${i}@crowd.test`)
  for (const email of people) await acme.users.create({ email, password: PASSWORD })
  const signIn = async (email: string): Promise<string> => {
    const answer = await acme.signIn.password({ email, password: PASSWORD })
    if (!answer.ok) throw new Error(`sign-in: ${answer.reason}`)
    return answer.tokens.accessToken
  }
  const accessToken = await signIn(people[0]!)
  const check = async (): Promise<number> => {
    const before = process.hrtime.bigint()
    await freehold.sessions.verify(accessToken, { mode: 'database' })
    return Number(process.hrtime.bigint() - before) / 1000
  }
  /** Every few milliseconds, as requests come: a check that waits for the last one would not see what it waited for. */
  const checksFor = async (ms: number): Promise<number[]> => {
    const taken: Promise<number>[] = []
    for (const end = performance.now() + ms; performance.now() < end; ) {
      taken.push(check())
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return Promise.all(taken)
  }

  await checksFor(1000)
  const alone: number[] = []
  const beside: number[] = []
  const turnMs = 20 * effort.sliceMs
  for (let round = 0; round < Math.ceil(effort.rounds / 8); round++) {
    alone.push(...(await checksFor(turnMs)))
    let crowded = true
    const crowd = people.map(async (email) => {
      while (crowded) await signIn(email)
    })
    beside.push(...(await checksFor(turnMs)))
    crowded = false
    await Promise.all(crowd)
  }
  const [idle, busy] = [slowest(alone), slowest(beside)]
  return {
    row: {
      area: AREA,
      name: 'p99 of a session check in the database',
      subject: `beside ${CROWD} who sign in`,
      against: 'alone',
      ratio: Math.round((busy / idle) * 1000) / 1000,
      better: 'lower',
      goal: 3,
    },
  }
}

/** The 99th percentile. */
function slowest(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length * 0.99)]!
}
