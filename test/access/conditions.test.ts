// Conditions: three values, own properties, strict comparison; and what cannot be a condition is told with its place.

import { describe, expect, it } from 'vitest'
import { checkConditions, compileConditions, FAILS, HOLDS, UNKNOWN } from '../../src/core/access/conditions.ts'
import { refused } from '../setup/refusal.ts'

const nobody = { principal: {}, resource: undefined, context: undefined }

function ask(conditions: unknown, facts: Partial<typeof nobody> | Record<string, unknown>) {
  const missing: string[] = []
  const test = compileConditions(checkConditions(conditions, 'conditions'))
  const all = { ...nobody, ...facts }
  const verdict = test(all, missing)
  // whether anybody listens changes no answer
  expect(test(all)).toBe(verdict)
  return { verdict, missing }
}

const holds = { verdict: HOLDS, missing: [] }
const fails = { verdict: FAILS, missing: [] }
const unknown = (...missing: string[]) => ({ verdict: UNKNOWN, missing })

describe('a condition', () => {
  it('compares with a value, a list, another fact, or a list that is a fact', () => {
    const facts = {
      principal: { id: 'ana', teams: ['red', 'blue'] },
      resource: { owner: 'ana', team: 'red', status: 'draft' },
    }
    expect(ask({ 'resource.status': 'draft' }, facts)).toEqual(holds)
    expect(ask({ 'resource.status': { $eq: 'sent' } }, facts)).toEqual(fails)
    expect(ask({ 'resource.status': { $in: ['sent', 'draft'] } }, facts)).toEqual(holds)
    expect(ask({ 'resource.owner': { $ref: 'principal.id' } }, facts)).toEqual(holds)
    expect(ask({ 'resource.owner': { $eq: { $ref: 'resource.team' } } }, facts)).toEqual(fails)
    expect(ask({ 'resource.team': { $in: { $ref: 'principal.teams' } } }, facts)).toEqual(holds)
    expect(ask({ 'resource.owner': { $in: { $ref: 'principal.teams' } } }, facts)).toEqual(fails)
    expect(ask({ 'resource.owner': { $in: ['bob', { $ref: 'principal.id' }] } }, facts)).toEqual(holds)
    expect(ask({ 'resource.status': { $in: ['draft'], $eq: 'sent' } }, facts)).toEqual(fails)
  })

  it('asks all its parts: one that fails decides, else one that is not there', () => {
    const resource = { a: 1, b: 2 }
    expect(ask({ 'resource.a': 1, 'resource.b': 2 }, { resource })).toEqual(holds)
    expect(ask({ 'resource.a': 1, 'resource.b': 3, 'resource.c': 1 }, { resource })).toEqual(fails)
    expect(ask({ 'resource.a': 1, 'resource.c': 1, 'context.d': 1 }, { resource })).toEqual(
      unknown('resource.c', 'context.d'),
    )
    expect(ask({ 'resource.a': { $in: [{ $ref: 'context.x' }, { $ref: 'context.y' }] } }, { resource })).toEqual(
      unknown('context.x', 'context.y'),
    )
  })

  it('tells null, which is there, from what is not', () => {
    expect(ask({ 'resource.end': null }, { resource: { end: null } })).toEqual(holds)
    expect(ask({ 'resource.end': 'x' }, { resource: { end: null } })).toEqual(fails)
    expect(ask({ 'resource.end': null }, { resource: {} })).toEqual(unknown('resource.end'))
    expect(ask({ 'resource.end': null }, { resource: { end: undefined } })).toEqual(unknown('resource.end'))
    expect(ask({ 'resource.end': null }, {})).toEqual(unknown('resource.end'))
    expect(ask({ 'resource.a.b': 1 }, { resource: { a: null } })).toEqual(unknown('resource.a.b'))
    expect(ask({ 'resource.a.b': 1 }, { resource: { a: { b: 1 } } })).toEqual(holds)
    for (const resource of ['text', 7, true, () => 1]) {
      expect(ask({ 'resource.length': 4 }, { resource })).toEqual(unknown('resource.length'))
    }
  })

  it('converts nothing', () => {
    for (const [value, other] of [
      [1, '1'],
      [0, false],
      [0, null],
      ['', null],
      ['a', 'A'],
      ['\u00e9', 'e\u0301'],
      ['admin', '\u0430dmin'],
    ]) {
      expect(ask({ 'resource.x': value }, { resource: { x: other } })).toEqual(fails)
      expect(ask({ 'resource.x': { $in: [value] } }, { resource: { x: other } })).toEqual(fails)
      expect(ask({ 'resource.x': { $ref: 'resource.y' } }, { resource: { x: value, y: other } })).toEqual(fails)
    }
    const same = { k: 1 }
    expect(ask({ 'resource.x': { $ref: 'resource.y' } }, { resource: { x: same, y: same } })).toEqual(fails)
    expect(ask({ 'resource.x': { $ref: 'context.y' } }, { resource: { x: same } })).toEqual(fails)
    expect(ask({ 'resource.x': { $in: { $ref: 'resource.y' } } }, { resource: { x: 'a', y: 'abc' } })).toEqual(fails)
    expect(ask({ 'resource.x': { $ref: 'resource.y' } }, { resource: { x: Number.NaN, y: Number.NaN } })).toEqual(fails)
  })

  it('finds a value in a long list as in a short one', () => {
    const list = Array.from({ length: 200 }, (_, i) => `v${i}`)
    expect(ask({ 'resource.x': { $in: list } }, { resource: { x: 'v199' } })).toEqual(holds)
    expect(ask({ 'resource.x': { $in: list } }, { resource: { x: 'v200' } })).toEqual(fails)
    expect(
      ask({ 'resource.x': { $in: [...list.slice(1), { $ref: 'context.y' }] } }, { resource: { x: 'v0' } }),
    ).toEqual(unknown('context.y'))
  })

  it('reads own properties only', () => {
    class Row {
      owner = 'ana'
      get status() {
        return 'draft'
      }
    }
    expect(ask({ 'resource.owner': 'ana' }, { resource: new Row() })).toEqual(holds)
    expect(ask({ 'resource.status': 'draft' }, { resource: new Row() })).toEqual(unknown('resource.status'))
    expect(ask({ 'resource.toString': 'x' }, { resource: {} })).toEqual(unknown('resource.toString'))
    expect(ask({ 'resource.hasOwnProperty': 'x' }, { resource: {} })).toEqual(unknown('resource.hasOwnProperty'))
    expect(ask({ 'resource.owner': 'ana' }, { resource: Object.create({ owner: 'ana' }) })).toEqual(
      unknown('resource.owner'),
    )
    const bare = Object.assign(Object.create(null), { owner: 'ana' })
    expect(ask({ 'resource.owner': 'ana' }, { resource: bare })).toEqual(holds)
  })
})

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
    [{ 'resource.a': { $gt: 1 } }, 'c["resource.a"]'],
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
