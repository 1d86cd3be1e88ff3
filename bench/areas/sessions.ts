// What a request waits for: the session check, the refresh, the token check; each against the least that anybody
// could write by hand, and the session check also against better-auth.

import { createHash, randomBytes } from 'node:crypto'
import type { Freehold } from 'freehold'
import { postgres } from 'freehold/postgres'
import { createLocalJWKSet, jwtVerify } from 'jose'
import pg from 'pg'
import { signInToBetterAuth } from '../better-auth.ts'
import { prepareJoin, prepareUpdate, signByHand } from '../by-hand.ts'
import type { Area } from '../main.ts'
import { type Effort, measure } from '../measure.ts'
import { compare, count, type Result } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { type Database, farAway, openDatabase } from '../server.ts'

const CALLERS = 10
const name = `${CALLERS} connections`

interface Caller {
  readonly sessionId: string
  readonly accessToken: string
  refreshToken: string
}

interface Place {
  readonly database: Database
  readonly storage: ReturnType<typeof postgres>
  readonly freehold: Freehold
  readonly ref: { readonly id: string; readonly location: { readonly database: string; readonly schema: string } }
  readonly callers: readonly Caller[]
}

export const sessions: Area = async (effort, say) => {
  const database = await openDatabase(say)
  try {
    await migrate(database)
    const pool = await warmPool(database.appUrl, CALLERS)
    const storage = postgres({ pool })
    const freehold = await instance(storage)
    try {
      const { tenantId, callers } = await signIn(freehold, 'acme')
      const place: Place = {
        database,
        storage,
        freehold,
        ref: { id: tenantId, location: storage.sharedLocation },
        callers,
      }
      say('round trips')
      const results = await roundTrips(place)
      say('session check')
      const strangers = await unseenTokens(freehold, callers)
      results.push(...(await sessionCheck(place, strangers, effort)))
      say('refresh')
      results.push(...(await refresh(place, effort)))
      say('token check')
      results.push(...(await tokenCheck(place, strangers, effort)))
      return results
    } finally {
      await freehold.close()
      await pool.end()
    }
  } finally {
    await database.close()
  }
}

/** One user, signed in on so many devices. */
async function signIn(freehold: Freehold, slug: string): Promise<{ tenantId: string; callers: Caller[] }> {
  const handle = await freehold.tenants.create({ slug, name: slug, isolationLevel: 'shared' })
  const credentials = { email: 'ana@acme.test', password: 'correct horse battery staple of the bench' }
  await handle.users.create(credentials)
  const callers: Caller[] = []
  for (let i = 0; i < CALLERS; i++) {
    const signedIn = await handle.signIn.password({ ...credentials, client: { ip: '127.0.0.1', userAgent: 'bench' } })
    if (!signedIn.ok) throw new Error(`sign-in: ${signedIn.reason}`)
    const { session, tokens } = signedIn
    callers.push({ sessionId: session.id, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken })
  }
  return { tenantId: handle.id, callers }
}

/** Counts what is sent to the server, message by message. */
async function roundTrips({ database, callers }: Place): Promise<Result[]> {
  const proxy = await farAway(database.appUrl, 0)
  const pool = new pg.Pool({ connectionString: proxy.url, max: 1 })
  const freehold = await instance(postgres({ pool }))
  const caller = callers[0]!
  const turn = async (work: () => Promise<unknown>): Promise<number> => {
    const before = proxy.roundTrips()
    await work()
    return proxy.roundTrips() - before
  }
  const renew = async (): Promise<void> => {
    const renewed = await freehold.sessions.refresh(caller.refreshToken)
    if (!renewed.ok) throw new Error(`refresh: ${renewed.reason}`)
    caller.refreshToken = renewed.tokens.refreshToken
  }
  const check = () => freehold.sessions.verify(caller.accessToken, { mode: 'database' })
  try {
    // the first ones also learn the tenant
    await check()
    await renew()
    return [
      count('sessions', 'round trips', 'session check, database', await turn(check), 1),
      count('sessions', 'round trips', 'refresh', await turn(renew), 1),
    ]
  } finally {
    await freehold.close()
    await pool.end()
    await proxy.close()
  }
}

async function sessionCheck(
  { database, storage, freehold, ref, callers }: Place,
  strangers: () => string,
  effort: Effort,
): Promise<Result[]> {
  const verbs = storage.tenant(ref).verbs
  const [joinPool, rivalPool] = await Promise.all([
    warmPool(database.ownerUrl, CALLERS),
    warmPool(database.ownerUrl, CALLERS),
  ])
  try {
    const join = await prepareJoin(joinPool, ref.id)
    const rival = await signInToBetterAuth(rivalPool, CALLERS)
    const lookUp = 'session look-up, RLS'
    const verify = 'verify, database mode'
    const firstSight = 'verify, database mode, first sight'
    const figures = await measure(
      [
        { name: lookUp, run: async (worker) => found(await verbs.lookUpSession(callers[worker]!.sessionId)) },
        {
          name: verify,
          run: (worker) => freehold.sessions.verify(callers[worker]!.accessToken, { mode: 'database' }),
        },
        { name: firstSight, run: () => freehold.sessions.verify(strangers(), { mode: 'database' }) },
        { name: 'prepared join by hand', run: (worker) => join(callers[worker]!.sessionId) },
        { name: 'better-auth getSession', run: (worker) => rival.getSession(rival.headers[worker]!) },
      ],
      CALLERS,
      effort,
    )
    const better = 'higher'
    const theirs = { against: 'better-auth getSession', better, goal: 8, by: 'cpu' } as const
    return [
      compare('sessions', { name, subject: lookUp, against: 'prepared join by hand', better, goal: 0.8 }, figures),
      compare('sessions', { name, subject: lookUp, ...theirs }, figures),
      compare('sessions', { name, subject: verify, ...theirs }, figures),
      // a signature checked each time, which better-auth has none of
      compare('sessions', { name, subject: firstSight, ...theirs, goal: 1 }, figures),
    ]
  } finally {
    await Promise.all([joinPool.end(), rivalPool.end()])
  }
}

async function refresh(place: Place, effort: Effort): Promise<Result[]> {
  const { database, freehold, ref, callers } = place
  const pool = await warmPool(database.ownerUrl, CALLERS)
  try {
    const rotate = await rotating(place)
    const update = await prepareUpdate(pool, ref.id)
    const renew = async (worker: number): Promise<void> => {
      const caller = callers[worker]!
      const renewed = await freehold.sessions.refresh(caller.refreshToken)
      if (!renewed.ok) throw new Error(`refresh: ${renewed.reason}`)
      caller.refreshToken = renewed.tokens.refreshToken
    }
    const bare = 'prepared UPDATE RETURNING by hand'
    const statement = 'refresh statement, RLS'
    const signed = 'the same and one Ed25519 signature'
    const figures = await measure(
      [
        { name: 'refresh, tokens and all', run: renew },
        { name: statement, run: rotate },
        { name: bare, run: (worker) => update(callers[worker]!.sessionId) },
        {
          name: signed,
          async run(worker) {
            await update(callers[worker]!.sessionId)
            signByHand()
          },
        },
      ],
      CALLERS,
      effort,
    )
    return [
      ...['refresh, tokens and all', statement].map((subject) =>
        compare('sessions', { name, subject, against: bare, better: 'higher', goal: 0.8 }, figures),
      ),
      // what an access token costs whoever makes one
      compare('sessions', { name, subject: signed, against: bare, better: 'higher', goal: null }, figures),
      compare(
        'sessions',
        { name, subject: 'refresh, tokens and all', against: signed, better: 'higher', goal: null },
        figures,
      ),
    ]
  } finally {
    await pool.end()
  }
}

/** The statement of a refresh alone, with hashes that are ready; on families that no other subject moves. */
async function rotating({ storage, freehold, ref }: Place): Promise<(worker: number) => Promise<void>> {
  const { tenantId, callers } = await signIn(freehold, 'globex')
  const { verbs } = storage.tenant({ ...ref, id: tenantId })
  const families = callers.map(({ sessionId, refreshToken }) => ({
    sessionId,
    current: createHash('sha256').update(refreshToken).digest(),
    generation: 0,
  }))
  const hashes = Array.from({ length: 1024 }, () => randomBytes(32))
  const nonce = randomBytes(16)
  const fixed = { nonce, keyId: 1, graceMs: 10_000, idleTimeoutMs: 1e9, retryCap: 100, eventId: null }
  let next = 0
  return async (worker) => {
    const family = families[worker]!
    const { sessionId, current: presentedHash, generation } = family
    const childHash = hashes[next++ % hashes.length]!
    const { kind } = await verbs.rotateSession({ sessionId, presentedHash, generation, childHash, ...fixed })
    if (kind !== 'rotated') throw new Error(`rotate: ${kind}`)
    family.current = childHash
    family.generation++
  }
}

async function tokenCheck({ freehold, callers }: Place, strangers: () => string, effort: Effort): Promise<Result[]> {
  const token = callers[0]!.accessToken
  const keys = createLocalJWKSet({ keys: [...freehold.sessions.jwks().keys] })
  const options = { issuer: 'freehold', algorithms: ['EdDSA'] }
  const figures = await measure(
    [
      { name: 'verify, signature mode', run: () => freehold.sessions.verify(token, { mode: 'signature' }) },
      { name: 'verify, cached mode', run: () => freehold.sessions.verify(token, { mode: 'cached' }) },
      { name: FIRST_SIGHT, run: () => freehold.sessions.verify(strangers(), { mode: 'signature' }) },
      { name: 'bare jose jwtVerify', run: () => jwtVerify(token, keys, options) },
    ],
    1,
    effort,
  )
  return [
    compare(
      'sessions',
      {
        name: 'token check',
        subject: 'verify, signature mode',
        against: 'bare jose jwtVerify',
        better: 'higher',
        goal: 0.85,
      },
      figures,
    ),
    compare(
      'sessions',
      { name: 'token check', subject: FIRST_SIGHT, against: 'bare jose jwtVerify', better: 'higher', goal: 0.85 },
      figures,
    ),
    compare(
      'sessions',
      {
        name: 'token check (time)',
        subject: 'verify, cached mode',
        against: 'verify, signature mode',
        better: 'lower',
        goal: 1.15,
      },
      figures,
    ),
  ]
}

const FIRST_SIGHT = 'verify, signature mode, first sight'
/** Tokens that an instance remembers at most. */
const REMEMBERED = 10_000

/** More good tokens than are remembered, in turn: each is forgotten before it comes again. */
async function unseenTokens(freehold: Freehold, callers: readonly Caller[]): Promise<() => string> {
  const tokens: string[] = []
  const collect = async (caller: Caller): Promise<void> => {
    while (tokens.length < REMEMBERED + callers.length) {
      const renewed = await freehold.sessions.refresh(caller.refreshToken)
      if (!renewed.ok) throw new Error(`refresh: ${renewed.reason}`)
      caller.refreshToken = renewed.tokens.refreshToken
      tokens.push(renewed.tokens.accessToken)
    }
  }
  await Promise.all(callers.map(collect))
  let next = 0
  return () => tokens[next++ % tokens.length]!
}

function found(answer: unknown): void {
  if (!answer) throw new Error('the session was not found')
}
