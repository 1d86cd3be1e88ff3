// Which plan counts, for every status that a subscription may have, and when several, or none, could.

import { describe, expect, it } from 'vitest'
import { highest, inForce, isLive } from '../../src/core/billing/plan-in-force.ts'
import type { EntitlementLoad } from '../../src/core/storage/verbs.ts'

const DAY = 86_400_000
const plan = (key: string, rank: number) => ({ key, name: key, features: {}, limits: {}, rank })
const plans = [plan('free', 0), plan('gold', 5), plan('silver', 3), plan('tin', 3)]
type Item = EntitlementLoad['items'][number]
const item = (planKey: string | null, status = 'active', statusAgeMs = 0): Item => ({
  subscriptionId: 's',
  status,
  statusAgeMs,
  planKey,
})
const inForceOf = (
  items: readonly Item[],
  more: { tenantPlan?: string; defaultPlan?: string; graceMs?: number } = {},
) => {
  const { tenantPlan = null, defaultPlan = null, graceMs = 7 * DAY } = more
  return inForce({ plans, items, tenantPlan }, { defaultPlan, graceMs })?.key ?? null
}

describe('a subscription', () => {
  it.each<[status: string, ageMs: number, graceMs: number, live: boolean]>([
    ['active', 0, 0, true],
    ['active', 400 * DAY, 0, true],
    ['trialing', 0, 0, true],
    ['in_trial', 0, 0, true],
    ['past_due', 0, 7 * DAY, true],
    ['past_due', 7 * DAY - 1, 7 * DAY, true],
    ['past_due', 7 * DAY, 7 * DAY, false],
    ['past_due', 0, 1, true],
    ['past_due', 1, 1, false],
    // no grace is none, on whatever clock
    ['past_due', 0, 0, false],
    ['past_due', -1, 0, false],
    ['past_due', -5 * 60_000, 0, false],
    // a clock that was set back: as new
    ['past_due', -5 * 60_000, 1000, true],
    ['canceled', 0, 7 * DAY, false],
    ['unpaid', 0, 7 * DAY, false],
    ['incomplete', 0, 7 * DAY, false],
    ['incomplete_expired', 0, 7 * DAY, false],
    ['paused', 0, 7 * DAY, false],
    ['ACTIVE', 0, 7 * DAY, false],
    ['of_the_future', 0, 7 * DAY, false],
  ])('that is %s for %i ms, with a grace of %i ms: %s', (status, ageMs, graceMs, live) => {
    expect(isLive(status, ageMs, graceMs)).toBe(live)
    expect(inForceOf([item('gold', status, ageMs)], { graceMs })).toBe(live ? 'gold' : null)
  })
})

describe('the plan in force', () => {
  it.each<[what: string, items: readonly Item[], more: Parameters<typeof inForceOf>[1], key: string | null]>([
    ['nothing at all', [], {}, null],
    ['the default', [], { defaultPlan: 'free' }, 'free'],
    ['the tenant’s own before the default', [], { tenantPlan: 'tin', defaultPlan: 'free' }, 'tin'],
    ['the subscription’s before the tenant’s, though that ranks higher', [item('tin')], { tenantPlan: 'gold' }, 'tin'],
    ['the highest rank of several', [item('tin'), item('gold'), item('free')], {}, 'gold'],
    ['of equal ranks the first by key', [item('tin'), item('silver')], {}, 'silver'],
    ['of equal ranks the first by key, in any order', [item('silver'), item('tin')], {}, 'silver'],
    ['a live one of a lower rank before one that is over', [item('gold', 'canceled'), item('free')], {}, 'free'],
    ['one past due within grace', [item('gold', 'past_due', DAY), item('free')], {}, 'gold'],
    ['not one past due beyond it', [item('gold', 'past_due', 8 * DAY), item('free')], {}, 'free'],
    [
      'the tenant’s own when what is past due is beyond grace',
      [item('gold', 'past_due', 8 * DAY)],
      { tenantPlan: 'tin' },
      'tin',
    ],
    ['the tenant’s own when no price is on the list', [item(null)], { tenantPlan: 'tin' }, 'tin'],
    ['the tenant’s own when the price is of a plan that is not there', [item('lost')], { tenantPlan: 'tin' }, 'tin'],
    ['the default when the tenant’s own is not there', [], { tenantPlan: 'lost', defaultPlan: 'free' }, 'free'],
    ['nothing when the default is not there either', [], { tenantPlan: 'lost', defaultPlan: 'gone' }, null],
    ['no member of Object', [item('constructor')], { tenantPlan: '__proto__', defaultPlan: 'toString' }, null],
  ])('%s', (_, items, more, key) => {
    expect(inForceOf(items, more)).toBe(key)
    expect(inForceOf([...items].reverse(), more)).toBe(key)
  })

  it('is none of none', () => {
    expect(highest([])).toBeUndefined()
  })
})
