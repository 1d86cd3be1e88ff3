// A recorded history, scored in order; and what is learned from it.

import { describe, expect, it } from 'vitest'
import { isLeaked } from '../../../src/core/authentication/risk/leaked.ts'
import { networkOf } from '../../../src/core/authentication/risk/network.ts'
import { learned, profileFromRow } from '../../../src/core/authentication/risk/profile.ts'
import { type RecordedSignIn, type ReplayedSignIn, replay } from '../../../src/core/authentication/risk/replay.ts'
import { defaultRiskSettings, type RiskSettings } from '../../../src/core/authentication/risk/settings.ts'
import type { SignInProfileRow } from '../../../src/core/storage/authentication-tables.ts'
import { refused } from '../../setup/refusal.ts'
import { BERLIN, DAY, HOUR, MEXICO_CITY, NOW } from './inputs.ts'

async function replayed(history: readonly unknown[], settings: Partial<RiskSettings> = {}): Promise<ReplayedSignIn[]> {
  const scored: ReplayedSignIn[] = []
  for await (const each of replay(history as RecordedSignIn[], { ...defaultRiskSettings, ...settings }))
    scored.push(each)
  return scored
}

const home = { user: 'ana', device: 'laptop', ip: '192.0.2.7', place: MEXICO_CITY } as const
const abroad = { user: 'ana', device: 'stolen', ip: '198.51.100.7', place: BERLIN } as const
const days = (many: number) => Array.from({ length: many }, (_, day) => ({ ...home, at: NOW + day * DAY }))

describe('a history', () => {
  it('is quiet while somebody does what they always do', async () => {
    const scored = await replayed(days(30))
    expect(scored.map(({ score }) => score)).toEqual(Array(30).fill(0))
    expect(scored.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  it('X03: the baseline learns only from unchallenged sign-ins, so that an attacker who comes first is not at home', async () => {
    const stolen = { ...abroad, at: NOW + 30 * DAY }
    const again = { ...abroad, device: 'another', at: NOW + 30 * DAY + HOUR / 2 }
    const victim = { ...home, at: NOW + 30 * DAY + HOUR }
    const scored = (await replayed([...days(30), stolen, again, victim])).slice(-3)
    expect(scored[0]).toMatchObject({ verdict: 'step-up', flags: ['new-country', 'new-device'] })
    // what was challenged taught nothing, not even to whoever passed the challenge
    expect(scored[1]).toMatchObject({ verdict: 'step-up', flags: ['new-country', 'new-device'] })
    expect(scored[2]).toMatchObject({ verdict: 'allow', flags: [], score: 0 })
  })

  it('X03: a place is learned once its device is known, and then is home too', async () => {
    const moved = (day: number) => ({ ...abroad, at: NOW + (30 + day) * DAY })
    const scored = (await replayed([...days(30), moved(0), moved(1), moved(2)])).slice(-3)
    expect(scored.map(({ verdict }) => verdict)).toEqual(['step-up', 'allow', 'allow'])
    expect(scored[1]!.flags).toEqual(['new-country'])
    expect(scored[2]!.flags).toEqual([])
  })

  it('sees guessing, and forgets it again', async () => {
    const guesses = Array.from({ length: 20 }, (_, i) => ({ ...abroad, ok: false, at: NOW + 40 * DAY + i * 1000 }))
    const scored = await replayed([
      ...days(40),
      ...guesses,
      { ...abroad, at: NOW + 40 * DAY + 20_000 },
      { ...home, at: NOW + 41 * DAY },
    ])
    expect(scored[60]).toMatchObject({ verdict: 'step-up' })
    expect(scored[60]!.flags).toEqual(expect.arrayContaining(['user-velocity', 'ip-velocity', 'new-country']))
    expect(scored[61]).toMatchObject({ verdict: 'allow', flags: [] })
  })

  it('sees one address trying many accounts, and refuses what it finds', async () => {
    const tries = Array.from({ length: 60 }, (_, i) => ({
      at: NOW + i * 1000,
      user: `user-${i}`,
      ip: '203.0.113.9',
      userAgent: 'python-requests/2.32.5',
      ok: false,
    }))
    const scored = await replayed([...tries, { ...tries[0], user: 'ana', ok: true, at: NOW + 60_000 }])
    expect(scored.at(-1)).toMatchObject({ verdict: 'deny' })
    expect(scored.at(-1)!.flags[0]).toBe('credential-stuffing')
    // the same account over and over is one account
    const one = await replayed(tries.map((each) => ({ ...each, user: 'ana' })))
    expect(one.at(-1)!.flags).not.toContain('credential-stuffing')
  })

  it('takes the place from a geo provider where the record has none', async () => {
    const geo = { locate: async (ip: string) => (ip === home.ip ? MEXICO_CITY : BERLIN) }
    const history = [...days(3), { ...abroad, at: NOW + 3 * DAY }].map(({ place: _, ...rest }) => rest)
    const flags: string[][] = []
    for await (const each of replay(history, defaultRiskSettings, geo)) flags.push([...each.flags])
    expect(flags.at(-1)).toEqual(['new-country', 'new-device'])
  })

  it.each([
    ['no object', 7],
    ['an unknown field', { ...home, at: NOW, verdict: 'allow' }],
    ['no user', { at: NOW }],
    ['no time', { user: 'ana' }],
    ['a time that is none', { user: 'ana', at: 'yesterday' }],
    ['a place that is none', { user: 'ana', at: NOW, place: { latitude: 'north' } }],
    ['an address that is none', { user: 'ana', at: NOW, ip: 7 }],
    ['a flag that is none', { user: 'ana', at: NOW, ok: 'yes' }],
  ])('is refused with the number of its record: %s', async (_, record) => {
    await refused(() => replayed([{ user: 'bo', at: 0 }, record]), 'INPUT_INVALID')
  })

  it('is refused when it is out of order', async () => {
    const { details } = await refused(
      () =>
        replayed([
          { ...home, at: NOW },
          { ...home, at: NOW - 1 },
        ]),
      'INPUT_INVALID',
    )
    expect(details.field).toBe('history.2.at')
  })
})

describe('a stored profile', () => {
  const row: SignInProfileRow = {
    user_id: '0198c0de-0000-7000-8000-000000000001',
    sign_ins: 3,
    last_at: new Date(NOW),
    last_country: 'MX',
    last_latitude: 19.43,
    last_longitude: -99.13,
    last_accuracy_km: 20,
    countries: { MX: NOW },
    hours: { '10': 3 },
    updated_at: new Date(NOW),
  }
  it('is what was learned', () => {
    const profile = profileFromRow(row)
    expect(profile).toEqual({
      signIns: 3,
      lastAt: NOW,
      lastPlace: MEXICO_CITY,
      countries: { MX: NOW },
      hours: { '10': 3 },
    })
    expect(learned(profile, NOW + HOUR)).toMatchObject({ signIns: 4, lastPlace: {}, hours: { '10': 3, '11': 1 } })
  })
  it('leaves out what is not known', () => {
    const nowhere = {
      last_at: null,
      last_country: null,
      last_latitude: null,
      last_longitude: null,
      last_accuracy_km: null,
    }
    expect(profileFromRow({ ...row, ...nowhere })).toMatchObject({ lastAt: null, lastPlace: {} })
  })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2::7', '2001:db8:1::/48'],
    ['2001:DB8:0001:ffff:ffff:ffff:ffff:ffff', '2001:db8:1::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['::1', '0:0:0::/48'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0::/48'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3::/48'],
    ['::', '0:0:0::/48'],
  ])('%s: %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
  it.each(['', 'unknown', '192.0.2', '192.0.2.256', '1::2::3', 'example.org'])('%s is none', (ip) => {
    expect(networkOf(ip)).toBeUndefined()
  })
})

describe('a list of leaked passwords', () => {
  // SHA-1 of "password": 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8
  const asked: string[] = []
  const list = (...suffixes: string[]) => ({
    suffixes: async (prefix: string) => {
      asked.push(prefix)
      return suffixes
    },
  })
  it('is asked with five digits, and told nothing more', async () => {
    expect(await isLeaked(list('1E4C9B93F3F0682250B6CF8331B7EE68FD8:9'), 'password')).toBe(true)
    expect(asked).toEqual(['5BAA6'])
  })
  it.each([
    ['lower case and spaces', ['1e4c9b93f3f0682250b6cf8331b7ee68fd8 '], true],
    ['padding that was never seen', ['1E4C9B93F3F0682250B6CF8331B7EE68FD8:0'], false],
    ['others', ['0018A45C4D1DEF81644B54AB7F969B88D65:3', ''], false],
    ['nothing', [], false],
  ])('%s', async (_, suffixes, leaked) => {
    expect(await isLeaked(list(...suffixes), 'password')).toBe(leaked)
  })
})
