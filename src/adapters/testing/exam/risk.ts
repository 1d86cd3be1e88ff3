// The verbs of risk: counts of failures that fade, accounts that are counted once at each place, and what is learned.

import { ok, strictEqual } from 'node:assert/strict'
import type { FailureKey } from '../../../core/storage/risk-verbs.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, type Room } from '../room.ts'
import { askRisk } from './sign-in-question.ts'

const HOUR = 3_600_000
const USER: FailureKey = { pool: 'user', subject: hash('ana') }
const IP: FailureKey = { pool: 'ip', subject: hash('192.0.2.7') }
const ACCOUNTS: FailureKey = { pool: 'ip-accounts', subject: hash('192.0.2.7') }
const BERLIN = { country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 20 }
const NOWHERE = { country: null, latitude: null, longitude: null, accuracyKm: null }

export const risk = examine('risk', [
  {
    name: 'failures are counted by pool and subject, and answered in the order asked',
    async ask(room) {
      await fail(room, [USER, IP])
      await fail(room, [IP])
      near(await counted(room, [IP, USER, ACCOUNTS]), [2, 1, 0])
      near(await counted(room, []), [])
      const other = { pool: 'network', subject: IP.subject } as const
      near(await counted(room, [other, { ...IP, subject: hash('other') }]), [0, 0])
      const stranger = await room.stranger()
      near((await askRisk(stranger, room.id(), [IP])).failures, [0, 0])
    },
  },
  {
    name: 'half of a count is left after a half-life, and nothing after many',
    async ask(room) {
      for (let i = 0; i < 4; i++) await fail(room, [IP])
      await room.elapse(HOUR)
      near(await counted(room, [IP]), [2])
      await fail(room, [IP])
      near(await counted(room, [IP]), [3])
      await room.elapse(5_000 * HOUR)
      near(await counted(room, [IP]), [0])
      await fail(room, [IP])
      near(await counted(room, [IP]), [1])
    },
  },
  {
    name: 'an account is counted once at a place within a half-life',
    async ask(room) {
      for (const account of ['ana', 'bo', 'ana', 'bo', 'ana']) await fail(room, [USER], account)
      near(await counted(room, [USER, ACCOUNTS]), [5, 2])
      await room.elapse(HOUR)
      await fail(room, [], 'ana')
      await fail(room, [], 'ana')
      near(await counted(room, [ACCOUNTS]), [2])
    },
  },
  {
    name: 'of a crowd of failures every one is counted',
    async ask(room) {
      await fail(room, [USER])
      near(await counted(room, [USER]), [1])
    },
    async race(room) {
      const one = (_: unknown, i: number) => fail(room, i % 2 ? [USER, IP] : [IP, USER], `u${i % 5}`)
      await Promise.all(Array.from({ length: 40 }, one))
      near(await counted(room, [USER, IP, ACCOUNTS]), [40, 40, 5])
    },
  },
  {
    name: 'a sign-in is learned: where, when, and how often',
    async ask(room) {
      const user = await room.user()
      strictEqual(await profileOf(room, user.id), undefined)
      await room.scope.verbs.learnSignIn({ userId: user.id, ...BERLIN })
      await room.scope.verbs.learnSignIn({ userId: user.id, ...BERLIN, country: 'FR' })
      await room.scope.verbs.learnSignIn({ userId: user.id, ...NOWHERE })
      const [profile, load] = [await profileOf(room, user.id), await loadOf(room, user.id)]
      if (!profile) throw new Error('nothing was learned')
      strictEqual(profile.sign_ins, 3)
      same(Object.keys(profile.countries).sort(), ['DE', 'FR'])
      same(
        [profile.last_country, profile.last_latitude, profile.last_longitude, profile.last_accuracy_km],
        [null, null, null, null],
      )
      // over the turn of an hour they are two
      strictEqual(
        Object.values(profile.hours).reduce((sum, n) => sum + n, 0),
        3,
      )
      ok(Object.keys(profile.hours).every((hour) => /^(1?[0-9]|2[0-3])$/.test(hour)))
      const last = profile.last_at!.getTime()
      ok(Object.hasOwn(profile.hours, String(profile.last_at!.getUTCHours())))
      ok(Object.values(profile.countries).every((seen) => Number.isSafeInteger(seen) && last - seen < 60_000))
      ok(load.at.getTime() - last < 60_000 && load.at.getTime() >= last)
    },
    async race(room) {
      const user = await room.user()
      const learn = () => room.scope.verbs.learnSignIn({ userId: user.id, ...BERLIN })
      await Promise.all(Array.from({ length: 30 }, learn))
      const profile = await profileOf(room, user.id)
      strictEqual(profile?.sign_ins, 30)
      strictEqual(
        Object.values(profile.hours).reduce((sum, n) => sum + n, 0),
        30,
      )
    },
  },
  {
    name: 'what is counted or learned in a transaction that fails was not',
    async ask(room) {
      const user = await room.user()
      const failed = room.scope.transaction(async ({ verbs }) => {
        await verbs.countFailure({ halfLifeMs: HOUR, counts: [USER], accounts: [] })
        await verbs.learnSignIn({ userId: user.id, ...BERLIN })
        throw new Error('no')
      })
      await failed.catch(() => undefined)
      near(await counted(room, [USER]), [0])
      strictEqual(await profileOf(room, user.id), undefined)
    },
  },
])

async function fail(room: Room, counts: readonly FailureKey[], account?: string): Promise<void> {
  const accounts = account === undefined ? [] : [{ place: ACCOUNTS, accountAt: hash(`${account} at`) }]
  await room.scope.verbs.countFailure({ halfLifeMs: HOUR, counts, accounts })
}

async function counted(room: Room, counts: readonly FailureKey[]): Promise<readonly number[]> {
  return (await askRisk(room.scope, room.id(), counts)).failures.slice(1)
}

function loadOf(room: Room, userId: string) {
  return askRisk(room.scope, userId, [])
}

async function profileOf(room: Room, userId: string) {
  return (await loadOf(room, userId)).profile
}

/** The half-life is an hour: what a test takes is not seen in it. */
function near(found: readonly number[], wanted: readonly number[]): void {
  strictEqual(found.length, wanted.length)
  for (const [i, value] of wanted.entries()) {
    ok(Math.abs(found[i]! - value) < 0.1, `it counts ${found.join(', ')}, and should count ${wanted.join(', ')}`)
  }
}
