// What each operator says, by example: where it holds, where it fails, and where it cannot be known.

import { describe, expect, it } from 'vitest'
import { checkConditions, compileConditions, FAILS, HOLDS, UNKNOWN } from '../../src/core/access/conditions.ts'

const H = HOLDS
const F = FAILS
const U = UNKNOWN

/** What a test says of `resource.x`; undefined: it is not there. */
function says(test: unknown, x: unknown, more: { context?: unknown; principal?: unknown; now?: string } = {}) {
  const { context = {}, principal = {}, now } = more
  const facts = {
    principal,
    context,
    resource: x === undefined ? {} : { x },
    now: now ? () => Date.parse(now) : undefined,
  }
  return compileConditions(checkConditions({ 'resource.x': test }, 'c'))(facts)
}

const date = (text: string) => new Date(text)

describe('an operator', () => {
  it.each<[unknown, unknown, number]>([
    [{ $ne: 'secret' }, 'open', H],
    [{ $ne: 'secret' }, 'secret', F],
    // casl#1068: null is a value, and not that one
    [{ $ne: 'secret' }, null, H],
    [{ $ne: 'secret' }, undefined, U],
    [{ $ne: null }, null, F],
    [{ $nin: ['a', 'b'] }, 'c', H],
    [{ $nin: ['a', null] }, null, F],
    [{ $nin: ['a'] }, undefined, U],
    [{ $lt: 5 }, 4, H],
    [{ $lt: 5 }, 5, F],
    [{ $lte: 5 }, 5, H],
    [{ $gt: 5 }, 5.5, H],
    [{ $gte: 5 }, 4.9, F],
    [{ $gt: 1, $lt: 3 }, 2, H],
    [{ $gt: 1, $lt: 3 }, 3, F],
    // nothing is converted: a text is no number, and nobody knows which comes first
    [{ $gt: 5 }, '10', U],
    [{ $gt: '5' }, 10, U],
    [{ $gt: 5 }, true, U],
    [{ $gt: 5 }, [6], U],
    [{ $gt: 5 }, undefined, U],
    // null is before nothing and after nothing
    [{ $gt: 5 }, null, F],
    [{ $lte: 'z' }, null, F],
    [{ $not: { $gt: 5 } }, null, H],
    [{ $lt: 5 }, Number.NaN, F],
    [{ $gte: 5 }, Number.NaN, F],
    [{ $gt: 5 }, Number.POSITIVE_INFINITY, H],
    [{ $lt: 'b' }, 'a', H],
    [{ $lt: 'a' }, 'B', H],
    [{ $lt: 'ä' }, 'z', H],
    // by code points, not by UTF-16 units
    [{ $lt: '\u{1f600}' }, '\uff21', H],
    [{ $gt: '\uff21' }, '\u{1f600}', H],
    [{ $gt: 'ab' }, 'abc', H],
    [{ $exists: true }, null, H],
    [{ $exists: true }, undefined, F],
    [{ $exists: false }, undefined, H],
    [{ $exists: true, $eq: 1 }, undefined, F],
    [{ $startsWith: 'ab' }, 'abc', H],
    [{ $startsWith: 'ab' }, 'xab', F],
    [{ $startsWith: 'a%' }, 'abc', F],
    [{ $startsWith: 'a' }, null, F],
    [{ $startsWith: 'a' }, 7, U],
    [{ $startsWith: 'a' }, ['a'], U],
    [{ $contains: 'b' }, 'abc', H],
    [{ $contains: 'a.c' }, 'abc', F],
    [{ $contains: 'b' }, ['a', 'b'], H],
    [{ $contains: 'b' }, ['ab'], F],
    [{ $contains: null }, ['a', null], H],
    [{ $contains: 1 }, ['1'], F],
    [{ $contains: 'b' }, [['b']], U],
    [{ $contains: 1 }, 'a1', U],
    [{ $contains: 'b' }, null, F],
    [{ $contains: 'b' }, {}, U],
    [{ $not: { $contains: 'b' } }, ['a'], H],
    [{ $not: { $in: ['a'], $exists: true } }, 'b', H],
  ])('%j says of %j: %d', (test, value, verdict) => expect(says(test, value)).toBe(verdict))

  it.each(['$startsWith', '$contains'])('%s of an empty text that is referred to asks nothing', (operator) => {
    const test = compileConditions(checkConditions({ 'resource.a': { [operator]: { $ref: 'principal.prefix' } } }, 'c'))
    const asked = (a: unknown, prefix: unknown) =>
      test({ principal: { prefix }, resource: { a }, context: undefined, now: undefined })
    // whoever has an empty prefix does not have everything that has one
    expect([asked('acme/1', 'acme/'), asked('acme/1', 'globex/'), asked('acme/1', '')]).toEqual([H, F, U])
    expect([asked('', ''), asked(null, ''), asked('acme/1', null)]).toEqual([U, F, F])
    expect(asked(['', 'x'], '')).toBe(operator === '$contains' ? H : U)
  })

  it('does not read a bigint, which would be compared as if it were a number', () => {
    expect(says({ $gt: 5 }, 10n)).toBe(U)
    expect(says({ $contains: 'b' }, 10n)).toBe(U)
  })
})

describe('times', () => {
  const noon = date('2026-11-22T12:00:00Z')
  it.each<[unknown, unknown, number]>([
    [{ $eq: '2026-11-22T12:00Z' }, noon, H],
    [{ $eq: '2026-11-22T06:00:00.000-06:00' }, noon, H],
    [{ $ne: '2026-11-22' }, noon, H],
    [{ $lt: '2026-11-23' }, noon, H],
    [{ $gte: '2026-11-22T12:00:00.001Z' }, noon, F],
    [{ $in: ['2026-11-21', '2026-11-22T12:00Z'] }, noon, H],
    // what is no time is not equal to one, and neither before nor after it
    [{ $eq: 'tomorrow' }, noon, F],
    [{ $lt: 'tomorrow' }, noon, U],
    [{ $lt: '2026-02-30' }, noon, U],
    [{ $lt: '2026-11-23T00:00' }, noon, U],
    [{ $lt: 1_800_000_000_000 }, noon, U],
    [{ $eq: 1 }, noon, F],
    [{ $gt: '2020-01-01' }, date('nonsense'), U],
    // texts are texts, even such
    [{ $eq: '2026-11-22T12:00Z' }, '2026-11-22T12:00:00Z', F],
    [{ $lt: '2026-11-23' }, '2026-11-22T12:00Z', H],
  ])('%j says of %j: %d', (test, value, verdict) => expect(says(test, value)).toBe(verdict))

  it('are read next to a Date, wherever it stands', () => {
    const principal = { until: '2026-11-22T12:00:00Z' }
    const context = { time: noon }
    const until = { 'principal.until': { $gte: { $ref: 'context.time' } } }
    const test = compileConditions(checkConditions(until, 'c'))
    expect(test({ principal, context, resource: undefined })).toBe(H)
    expect(test({ principal, context: {}, resource: undefined })).toBe(U)
    // the moment of the check, where the context says no other
    expect(test({ principal, context: {}, resource: undefined, now: () => noon.getTime() })).toBe(H)
    expect(test({ principal, context: undefined, resource: undefined, now: () => noon.getTime() + 1 })).toBe(F)
    expect(test({ principal, context: { time: null }, resource: undefined, now: () => noon.getTime() })).toBe(F)
    expect(test({ principal, context: { time: noon.getTime() }, resource: undefined })).toBe(U)
  })

  it.each<[unknown, unknown, number]>([
    ['PT1H', date('2026-11-22T11:00:00Z'), H],
    ['PT1H', date('2026-11-22T10:59:59.999Z'), F],
    [3_600_000, date('2026-11-22T11:00:00Z'), H],
    ['P1DT1M', '2026-11-21T11:59:00Z', H],
    ['P1W', date('2026-11-15T11:59:59Z'), F],
    // the database's clock may be a little ahead
    ['PT1H', date('2026-11-22T12:00:05Z'), H],
    ['PT1H', date('2026-11-22T12:00:05.001Z'), F],
    ['PT1H', null, F],
    ['PT1H', 'lately', U],
    ['PT1H', undefined, U],
  ])('within the last %s lies %s: %d', (duration, value, verdict) => {
    expect(says({ $withinLast: duration }, value, { now: noon.toISOString() })).toBe(verdict)
    expect(says({ $withinLast: duration }, value, { context: { time: noon } })).toBe(verdict)
  })
})

describe('a daily window', () => {
  const office = { from: '09:00', to: '17:00', timeZone: 'America/Chicago', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }
  const night = { from: '22:00', to: '06:00', timeZone: 'America/Chicago', days: ['fri'] }
  const skipped = { from: '02:00', to: '03:00', timeZone: 'America/Chicago' }
  const twice = { from: '01:00', to: '01:30', timeZone: 'America/Chicago' }
  it.each<[object, string, number]>([
    [office, '2026-11-20T15:00:00Z', H],
    [office, '2026-11-20T14:59:59.999Z', F],
    [office, '2026-11-20T22:59:59.999Z', H],
    [office, '2026-11-20T23:00:00Z', F],
    [office, '2026-11-21T16:00:00Z', F],
    // an hour earlier in summer, as the wall clock has it
    [office, '2026-07-01T14:00:00Z', H],
    [office, '2026-07-01T13:59:00Z', F],
    // Friday night lasts into Saturday morning, and Thursday's does not count
    [night, '2026-11-21T04:00:00Z', H],
    [night, '2026-11-21T11:59:00Z', H],
    [night, '2026-11-21T12:00:00Z', F],
    [night, '2026-11-20T11:00:00Z', F],
    [night, '2026-11-22T04:30:00Z', F],
    // 8 March 2026: 02:00 to 03:00 does not happen
    [skipped, '2026-03-08T07:59:59Z', F],
    [skipped, '2026-03-08T08:00:00Z', F],
    [skipped, '2026-03-09T07:30:00Z', H],
    // 1 November 2026: 01:00 to 01:30 happens twice
    [twice, '2026-11-01T06:15:00Z', H],
    [twice, '2026-11-01T06:45:00Z', F],
    [twice, '2026-11-01T07:15:00Z', H],
    [{ from: '00:00', to: '24:00', timeZone: 'Asia/Kathmandu', days: ['sun'] }, '2026-11-21T18:15:00Z', H],
    [{ from: '00:00', to: '24:00', timeZone: 'Asia/Kathmandu', days: ['sun'] }, '2026-11-21T18:14:00Z', F],
    [{ from: '18:00', to: '00:00', timeZone: 'UTC', days: ['sun'] }, '2026-11-22T23:59:00Z', H],
    [{ from: '18:00', to: '00:00', timeZone: 'UTC', days: ['sun'] }, '2026-11-23T00:00:00Z', F],
  ])('%j at %s: %d', (window, at, verdict) => {
    expect(says({ $timeBetween: window }, date(at))).toBe(verdict)
    expect(says({ $timeBetween: window }, at)).toBe(verdict)
  })

  it('is not known of what is no time', () => {
    expect(says({ $timeBetween: office }, 'noon')).toBe(U)
    expect(says({ $timeBetween: office }, 1_700_000_000_000)).toBe(U)
    expect(says({ $timeBetween: office }, null)).toBe(F)
  })
})

describe('a network', () => {
  it.each<[unknown, unknown, number]>([
    ['10.0.0.0/8', '10.255.0.1', H],
    ['10.0.0.0/8', '11.0.0.1', F],
    ['10.0.0.0/8', '::ffff:10.1.2.3', H],
    ['10.0.0.0/8', '::ffff:a01:203', H],
    ['0.0.0.0/0', '2001:db8::1', F],
    ['::/0', '10.1.2.3', F],
    ['::/0', '::ffff:10.1.2.3', F],
    ['192.0.2.7', '192.0.2.7', H],
    [['192.0.2.0/25', '2001:db8:8000::/33'], '2001:db8:8000::7', H],
    [['192.0.2.0/25', '2001:db8:8000::/33'], '2001:db8:7fff::7', F],
    ['10.0.0.0/8', '10.1.2.3/8', U],
    ['10.0.0.0/8', '10.1.2', U],
    ['10.0.0.0/8', '010.1.2.3', U],
    ['10.0.0.0/8', '10.1.2.3, 192.0.2.7', U],
    ['fe80::/10', 'fe80::1%eth0', U],
    ['10.0.0.0/8', ['10.1.2.3'], U],
    ['10.0.0.0/8', null, F],
  ])('%j has %j in it: %d', (network, value, verdict) => expect(says({ $cidr: network }, value)).toBe(verdict))

  it('may be the principal’s, one or several', () => {
    const test = { $cidr: { $ref: 'principal.networks' } }
    const says10 = (networks: unknown) => says(test, '10.1.2.3', { principal: { networks } })
    expect(says10('10.0.0.0/8')).toBe(H)
    expect(says10(['192.0.2.0/24', '10.1.0.0/16'])).toBe(H)
    expect(says10(['192.0.2.0/24'])).toBe(F)
    // one that cannot be read may be the one
    expect(says10(['192.0.2.0/24', 'the office'])).toBe(U)
    expect(says10(['10.1.0.0/16', 'the office'])).toBe(H)
    expect(says10(null)).toBe(F)
    expect(says10(undefined)).toBe(U)
  })
})

describe('and, or, not', () => {
  const [h, f, u] = [{ 'resource.x': 1 }, { 'resource.x': 2 }, { 'context.gone': 1 }]
  const ask = (conditions: unknown) => {
    const missing: string[] = []
    const test = compileConditions(checkConditions(conditions, 'c'))
    return [test({ principal: {}, resource: { x: 1 }, context: {} }, missing), ...missing]
  }
  it.each<[unknown, number]>([
    [{ $and: [h, h] }, H],
    [{ $and: [h, f] }, F],
    [{ $and: [u, f] }, F],
    [{ $and: [h, u] }, U],
    [{ $or: [f, h] }, H],
    [{ $or: [u, h] }, H],
    [{ $or: [f, u] }, U],
    [{ $or: [f, f] }, F],
    [{ $not: f }, H],
    [{ $not: h }, F],
    [{ $not: u }, U],
    [{ $not: { $or: [u, { $and: [u, f] }] } }, U],
    [{ ...h, $or: [f, h], $not: f }, H],
    [{ ...h, $or: [f, f] }, F],
  ])('%j: %d', (conditions, verdict) => {
    expect(ask(conditions)).toEqual(verdict === U ? expect.arrayContaining([U, 'context.gone']) : [verdict])
  })
})
