// What can be a condition, and what cannot: refused when it is written, with the place of the fault.

import { describe, expect, it } from 'vitest'
import { checkConditions, compileConditions, FAILS, readConditions, UNKNOWN } from '../../src/core/access/conditions.ts'
import { refused } from '../setup/refusal.ts'

describe('what is written', () => {
  const cases: [conditions: unknown, path: string][] = [
    ['x', 'c'],
    [null, 'c'],
    [[], 'c'],
    [new Date(), 'c'],
    [{}, 'c'],
    [{ owner: 1 }, 'c["owner"]'],
    [{ 'principal.': 1 }, 'c["principal."]'],
    [{ principal: 1 }, 'c["principal"]'],
    [{ 'user.id': 1 }, 'c["user.id"]'],
    [{ 'resource..id': 1 }, 'c["resource..id"]'],
    [{ 'resource.a.b.c.d.e.f.g.h.i': 1 }, 'c["resource.a.b.c.d.e.f.g.h.i"]'],
    [{ 'resource.__proto__.x': 1 }, 'c["resource.__proto__.x"]'],
    [{ 'resource.constructor': 1 }, 'c["resource.constructor"]'],
    [{ 'resource.a': { $ref: 'context.prototype' } }, 'c["resource.a"].$ref'],
    [{ [`resource.${'x'.repeat(65)}`]: 1 }, `c["resource.${'x'.repeat(65)}"]`],
    [{ 'resource.\ud800': 1 }, 'c["resource.\\ud800"]'],
    [JSON.parse('{"__proto__": 1}'), 'c["__proto__"]'],
    [{ 'resource.a': {} }, 'c["resource.a"]'],
    [{ 'resource.a': { $regex: 'a' } }, 'c["resource.a"]'],
    [{ 'resource.a': { $where: '1' } }, 'c["resource.a"]'],
    [{ 'resource.a': { $or: [{ $eq: 1 }] } }, 'c["resource.a"]'],
    [{ 'resource.a': { toString: 1 } }, 'c["resource.a"]'],
    [{ 'resource.a': JSON.parse('{"__proto__": 1}') }, 'c["resource.a"]'],
    [{ 'resource.a': undefined }, 'c["resource.a"]'],
    [{ 'resource.a': Number.NaN }, 'c["resource.a"]'],
    [{ 'resource.a': Number.POSITIVE_INFINITY }, 'c["resource.a"]'],
    [{ 'resource.a': 1n }, 'c["resource.a"]'],
    [{ 'resource.a': ['x'] }, 'c["resource.a"]'],
    [{ 'resource.a': () => true }, 'c["resource.a"]'],
    [{ 'resource.a': new Date() }, 'c["resource.a"]'],
    [{ 'resource.a': 'x'.repeat(1001) }, 'c["resource.a"]'],
    [{ 'resource.a': '\ud800' }, 'c["resource.a"]'],
    [{ 'resource.a': '\0' }, 'c["resource.a"]'],
    [{ 'resource.a': { $eq: { x: 1 } } }, 'c["resource.a"].$eq'],
    [{ 'resource.a': { $eq: ['x'] } }, 'c["resource.a"].$eq'],
    [{ 'resource.a': { $in: 'x' } }, 'c["resource.a"].$in'],
    [{ 'resource.a': { $in: [] } }, 'c["resource.a"].$in'],
    [{ 'resource.a': { $in: Array(201).fill(1) } }, 'c["resource.a"].$in'],
    [{ 'resource.a': { $in: ['x', ['y']] } }, 'c["resource.a"].$in[1]'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what it looks for
    [{ 'resource.a': { $in: ['x', , 'y'] } }, 'c["resource.a"].$in[1]'],
    [{ 'resource.a': { $in: [{ $ref: 'nowhere' }] } }, 'c["resource.a"].$in[0].$ref'],
    [{ 'resource.a': { $ref: 'principal.id', $eq: 1 } }, 'c["resource.a"]'],
    [{ 'resource.a': { $ref: 7 } }, 'c["resource.a"].$ref'],
    [Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`resource.k${i}`, 1])), 'c'],
    [{ $and: {} }, 'c.$and'],
    [{ $and: [] }, 'c.$and'],
    [{ $or: [{ 'resource.a': 1 }, {}] }, 'c.$or[1]'],
    [
      { $or: [{ 'resource.a': 1 }, { $and: [{ 'resource.a': { $in: ['x', 1n] } }] }] },
      'c.$or[1].$and[0]["resource.a"].$in[1]',
    ],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what it looks for
    [{ $and: [{ 'resource.a': 1 }, , { 'resource.a': 1 }] }, 'c.$and[1]'],
    [{ $or: Array(4_294_967_295) }, 'c.$or'],
    [{ $nor: [{ 'resource.a': 1 }] }, 'c["$nor"]'],
    [{ $not: [] }, 'c.$not'],
    [{ $not: { $not: { $not: {} } } }, 'c.$not.$not.$not'],
    [deep(9, { 'resource.a': 1 }), `c${'.$not'.repeat(9)}`],
    [{ 'resource.a': deep(9, { $eq: 1 }) }, `c["resource.a"]${'.$not'.repeat(9)}`],
    [{ $and: Array(101).fill({ 'resource.a': 1, 'resource.b': 1 }) }, 'c.$and[100]["resource.a"]'],
    [{ $and: Array(40).fill({ 'resource.a': 'x'.repeat(900) }) }, 'c'],
    [{ 'resource.a': { $not: 'x' } }, 'c["resource.a"].$not'],
    [{ 'resource.a': { $not: { $ref: 'principal.id' } } }, 'c["resource.a"].$not'],
    [{ 'resource.a': { $gt: null } }, 'c["resource.a"].$gt'],
    [{ 'resource.a': { $gt: true } }, 'c["resource.a"].$gt'],
    [{ 'resource.a': { $lte: Number.NaN } }, 'c["resource.a"].$lte'],
    [{ 'resource.a': { $lt: new Date() } }, 'c["resource.a"].$lt'],
    [{ 'resource.a': { $exists: 1 } }, 'c["resource.a"].$exists'],
    [{ 'resource.a': { $startsWith: '' } }, 'c["resource.a"].$startsWith'],
    [{ 'resource.a': { $startsWith: 7 } }, 'c["resource.a"].$startsWith'],
    [{ 'resource.a': { $startsWith: /x/ } }, 'c["resource.a"].$startsWith'],
    [{ 'resource.a': { $contains: '' } }, 'c["resource.a"].$contains'],
    [{ 'resource.a': { $contains: ['x'] } }, 'c["resource.a"].$contains'],
    [{ 'context.ip': { $cidr: '10.0.0.0/33' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: '10.0.0.1/8' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: '10.0.0.0/08' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: '010.0.0.0/8' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: 'localhost' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: 'fe80::1%eth0' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: '::ffff:10.0.0.0/104' } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: [] } }, 'c["context.ip"].$cidr'],
    [{ 'context.ip': { $cidr: ['10.0.0.0/8', '10'] } }, 'c["context.ip"].$cidr[1]'],
    [{ 'context.ip': { $cidr: { $ref: 'resource.networks' } } }, 'c["context.ip"].$cidr.$ref'],
    [between({ from: '9:00' }), 'c["context.time"].$timeBetween.from'],
    [between({ from: '24:00' }), 'c["context.time"].$timeBetween.from'],
    [between({ to: '25:00' }), 'c["context.time"].$timeBetween.to'],
    [between({ to: '09:00' }), 'c["context.time"].$timeBetween.to'],
    [between({ timeZone: '+02:00' }), 'c["context.time"].$timeBetween.timeZone'],
    [between({ timeZone: 'CET' }), 'c["context.time"].$timeBetween.timeZone'],
    [between({ timeZone: 'Mars/Olympus' }), 'c["context.time"].$timeBetween.timeZone'],
    [between({ timeZone: "UTC'; drop" }), 'c["context.time"].$timeBetween.timeZone'],
    [between({ timeZone: 'A'.repeat(65) }), 'c["context.time"].$timeBetween.timeZone'],
    [between({ days: [] }), 'c["context.time"].$timeBetween.days'],
    [between({ days: ['mon', 'monday'] }), 'c["context.time"].$timeBetween.days[1]'],
    [between({ until: '10:00' }), 'c["context.time"].$timeBetween'],
    [{ 'context.time': { $timeBetween: '09:00-17:00' } }, 'c["context.time"].$timeBetween'],
    ...['1h', 'P', 'PT', 'P1M', 'P1Y', 'PT-5M', 'P1DT', '', 0, -1, 1.5, Number.NaN, 3.2e12, null, {}].map(
      (duration): [unknown, string] => [{ 'resource.at': { $withinLast: duration } }, 'c["resource.at"].$withinLast'],
    ),
  ]
  for (const [conditions, path] of cases) {
    it(`is refused at ${path}`, async () => {
      const error = await refused(() => checkConditions(conditions, 'c'), 'CONDITION_INVALID')
      expect(error.details.path).toBe(path)
      expect(JSON.parse(JSON.stringify(error.toProblem())).problem).toBe(error.details.problem)
    })
  }

  it('is copied: what its writer changes later changes nothing', () => {
    const list = ['a']
    const given = { 'resource.x': { $in: list } }
    const checked = checkConditions(given, 'c')
    list.push('b')
    given['resource.x'] = { $in: ['c'] }
    expect(checked).toEqual({ 'resource.x': { $in: ['a'] } })
  })

  it('cannot be changed by what a getter answers the second time', () => {
    let reads = 0
    const shifty = {
      get 'resource.x'() {
        return ++reads === 1 ? 'safe' : { $where: 'evil' }
      },
    }
    expect(checkConditions(shifty, 'c')).toEqual({ 'resource.x': 'safe' })
  })
})

describe('what was stored otherwise', () => {
  it('and this code cannot read is never known: it allows nothing, and denies', () => {
    for (const stored of [{}, { 'resource.a': { $regex: 'a' } }, { nonsense: 1 }]) {
      const test = readConditions(stored)
      expect(test({ principal: {}, resource: { a: 'a' }, context: {} })).toBe(UNKNOWN)
      expect(test.tree).toEqual({ kind: 'unknown' })
    }
  })

  it('is taken as deep and as large as it may be', () => {
    const widest = { $and: Array(100).fill({ 'resource.a': 1, 'resource.b': 1 }) }
    const test = compileConditions(checkConditions(deep(7, widest), 'c'))
    expect(test({ principal: {}, resource: { a: 1, b: 1 }, context: {} })).toBe(FAILS)
  })
})

function deep(levels: number, inner: Record<string, unknown>): Record<string, unknown> {
  return levels === 0 ? inner : { $not: deep(levels - 1, inner) }
}

function between(part: Record<string, unknown>) {
  return { 'context.time': { $timeBetween: { from: '09:00', to: '17:00', timeZone: 'UTC', ...part } } }
}
