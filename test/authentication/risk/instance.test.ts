// What an instance says of a recorded history: with its own settings and geo provider, or with others.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedSignIn, ReplayedSignIn, ReplayOptions } from '../../../src/index.ts'
import { type House, openHouse } from '../../audit/house.ts'
import { BERLIN, DAY, HOUR, MEXICO_CITY, NOW } from './inputs.ts'

const HOME = '192.0.2.7'
const HISTORY: readonly RecordedSignIn[] = [
  { user: 'ana', device: 'laptop', ip: HOME, at: NOW },
  { user: 'ana', device: 'laptop', ip: HOME, at: NOW + DAY },
  { user: 'ana', device: 'stolen', ip: '198.51.100.7', at: NOW + DAY + HOUR },
]

describe('freehold.risk.replay', () => {
  const errors: unknown[] = []
  let house: House
  beforeAll(async () => {
    house = await openHouse('memory', {
      risk: { denyFrom: 0.8, weights: { 'new-device': 0 } },
      geo: {
        locate(ip) {
          if (ip === '203.0.113.9') throw new Error('the file is gone')
          return ip === HOME ? MEXICO_CITY : BERLIN
        },
      },
      onError: (error) => errors.push(error),
    })
  })
  afterAll(() => house.close())

  async function replayed(options?: ReplayOptions, history = HISTORY): Promise<ReplayedSignIn[]> {
    const scored: ReplayedSignIn[] = []
    for await (const each of house.freehold.risk.replay(history, options)) scored.push(each)
    return scored
  }

  it('scores with the settings and the places of the instance', async () => {
    const scored = await replayed()
    expect(scored.map(({ number, verdict }) => [number, verdict])).toEqual([
      [1, 'allow'],
      [2, 'allow'],
      [3, 'deny'],
    ])
    expect(scored[2]).toMatchObject({ user: 'ana', flags: ['impossible-travel', 'new-country'] })
    expect(scored[2]!.reasons[0]).toMatch(/km from the last sign-in 1 h before/)
  })

  it('tries other settings; what they leave out is as the instance has it', async () => {
    const raised = await replayed({ settings: { denyFrom: 0.99 } })
    expect(raised[2]).toMatchObject({ verdict: 'step-up', flags: ['impossible-travel', 'new-country'] })
    const weights = { 'impossible-travel': 0, 'new-country': 0.85, 'new-device': undefined } as never
    expect((await replayed({ settings: { weights } }))[2]).toMatchObject({ verdict: 'deny', flags: ['new-country'] })
    // and the instance has its own still
    expect((await replayed())[2]).toMatchObject({ verdict: 'deny' })
  })

  it('takes a history that comes piece by piece, and scores no more than is asked for', async () => {
    let given = 0
    async function* endless() {
      for (;;) yield { user: 'ana', at: NOW + given++ * HOUR }
    }
    for await (const { number } of house.freehold.risk.replay(endless())) if (number === 3) break
    expect(given).toBe(3)
  })

  it('refuses settings at once, and a record when it comes to it', async () => {
    const { risk } = house.freehold
    expect(() => risk.replay([], { settings: { denyFrom: 2 } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
    expect(() => risk.replay([], { thresholds: {} } as never)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    )
    const broken = replayed({}, [HISTORY[0]!, { user: 'ana' } as never])
    await expect(broken).rejects.toMatchObject({ code: 'INPUT_INVALID', details: { field: 'history.2.at' } })
  })

  it('a geo provider that fails says nothing of a place, and the host is told', async () => {
    const [scored] = await replayed({}, [{ user: 'ana', ip: '203.0.113.9', at: NOW }])
    expect(scored).toMatchObject({ verdict: 'allow', score: 0 })
    expect(errors).toEqual([expect.objectContaining({ message: 'the file is gone' })])
  })
})
