// What a sign-in waits for beside its hash: round trips, counted, and the time that they take two milliseconds away.

import { createHash } from 'node:crypto'
import { postgres } from 'freehold/postgres'
import { generate } from 'otplib'
import pg from 'pg'
import { Authenticator } from '../test/passkeys/authenticator.ts'
import { type Effort, measure } from './measure.ts'
import { compare, count, type Result } from './report.ts'
import { instance } from './seed.ts'
import { type Database, farAway } from './server.ts'

const AREA = 'authentication'
const AWAY_MS = 2
const PASSWORD = 'correct horse battery staple of the bench'
const page = { origin: 'https://app.example.test' }

/** No more work than a plain hash: what hashing costs is measured elsewhere. */
const hasher = {
  name: 'bench',
  hash: async (password: string) => `$bench$${createHash('sha256').update(password).digest('hex')}`,
  verify: async (hash: string, password: string) =>
    hash === `$bench$${createHash('sha256').update(password).digest('hex')}`,
  needsRehash: () => false,
}

export async function signInTrips(database: Database, effort: Effort): Promise<Result[]> {
  const far = await farAway(database.appUrl, AWAY_MS)
  const pool = new pg.Pool({ connectionString: far.url, max: 2 })
  const plain = new pg.Pool({ connectionString: far.url, max: 1 })
  for (const one of [pool, plain]) one.on('error', () => undefined)
  let aheadMs = 0
  const freehold = await instance(postgres({ pool, listen: false }), {
    passwordHasher: hasher,
    passkeys: { origins: [page.origin] },
    runtime: { now: () => Date.now() + aheadMs },
  })
  try {
    const acme = await freehold.tenants.create({ slug: 'trips', name: 'Trips' })
    const ana = await acme.users.create({ email: 'ana@trips.test', password: PASSWORD })
    const bea = await acme.users.create({ email: 'bea@trips.test', password: PASSWORD })
    const cleo = await acme.users.create({ email: 'cleo@trips.test' })
    const client = { ip: '192.0.2.7', userAgent: 'Firefox', device: {} }
    const password = async (email: string) => acme.signIn.password({ email, password: PASSWORD, client })

    const { factor, secret } = await acme.factors.enrolTotp(bea, { name: 'App' })
    const code = async () => {
      aheadMs += 30_000
      // what is known of the tenant has grown old meanwhile
      await acme.factors.recoveryCodesLeft(bea)
      return generate({ secret, epoch: Math.floor((Date.now() + aheadMs) / 1000) })
    }
    await acme.factors.confirm(bea, factor, { code: await code() })
    const key = new Authenticator()
    await acme.passkeys.register(cleo, {
      response: key.create(await acme.passkeys.registrationOptions(cleo), page),
    })

    const counted = async (work: () => Promise<{ readonly ok: boolean }>): Promise<number> => {
      const before = far.roundTrips()
      if (!(await work()).ok) throw new Error('nobody was let in')
      return far.roundTrips() - before
    }
    const answer = async () => {
      const asked = await password(bea.email)
      if (asked.ok || asked.reason !== 'factor-required') throw new Error('no factor was asked for')
      const answered = { token: asked.next.token, code: await code(), client }
      return () => acme.signIn.continue(answered)
    }
    const assert = async () => {
      const response = key.get(await acme.signIn.passkey.options(), page)
      return () => acme.signIn.passkey.verify({ response, client })
    }
    // once to prepare what is said
    const results: Result[] = []
    for (const [subject, prepare] of [
      ['a sign-in with a password', async () => () => password(ana.email)],
      ['a code of an authenticator app', answer],
      ['a sign-in with a passkey', assert],
    ] as const) {
      await counted(await prepare())
      results.push(count(AREA, 'round trips', subject, await counted(await prepare()), 2))
    }

    const two = async (): Promise<void> => {
      for (const n of [1, 2]) await plain.query({ name: `plain${n}`, text: `select ${n}` })
    }
    const [subject, against] = ['a sign-in, but for its hash', 'two SELECTs of nothing']
    const signIn = { name: subject, run: () => password(ana.email) }
    const figures = await measure([signIn, { name: against, run: two }], 1, effort)
    const compared = { name: `${AWAY_MS} ms away, time`, subject, against, better: 'lower', goal: null } as const
    results.push(compare(AREA, compared, figures))
    return results
  } finally {
    await freehold.close()
    await Promise.all([pool.end(), plain.end()])
    await far.close()
  }
}
