// Conditions: three values, own properties, strict comparison; and what cannot be a condition is told with its place.

import { describe, expect, it } from 'vitest'
import { checkConditions, compileConditions, FAILS, HOLDS, UNKNOWN } from '../../src/core/access/conditions.ts'

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
    expect(ask({ 'resource.x': { $ref: 'resource.y' } }, { resource: { x: Number.NaN, y: Number.NaN } })).toEqual(fails)
  })

  it('neither equals nor differs where there is nothing to compare: no deny is passed by with a list', () => {
    const same = { k: 1 }
    for (const value of [same, ['secret'], 10n, new Date(Number.NaN), () => 'secret']) {
      const resource = { x: value, y: value }
      for (const test of ['secret', { $ne: 'secret' }, { $in: ['secret'] }, { $nin: ['secret'] }]) {
        expect(ask({ 'resource.x': test }, { resource })).toEqual(unknown('resource.x'))
      }
      expect(ask({ 'resource.x': { $ref: 'resource.y' } }, { resource })).toEqual(unknown('resource.x', 'resource.y'))
      expect(ask({ 'resource.x': { $in: ['a', { $ref: 'principal.id' }] } }, { resource }).verdict).toBe(UNKNOWN)
    }
    expect(ask({ 'resource.x': { $ref: 'context.y' } }, { resource: { x: same } })).toEqual(unknown('context.y'))
    const text = { resource: { x: 'a', y: 'abc' } }
    expect(ask({ 'resource.x': { $in: { $ref: 'resource.y' } } }, text)).toEqual(unknown('resource.x', 'resource.y'))
    expect(ask({ 'resource.x': { $in: { $ref: 'resource.y' } } }, { resource: { x: 'a', y: null } })).toEqual(fails)
    expect(ask({ 'resource.x': { $in: { $ref: 'resource.y' } } }, { resource: { x: 'a', y: ['b', {}] } })).toEqual(
      unknown('resource.x', 'resource.y'),
    )
    expect(ask({ 'resource.x': { $in: { $ref: 'resource.y' } } }, { resource: { x: 'a', y: ['a', {}] } })).toEqual(
      holds,
    )
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
    // what stands in a list has no name
    for (const resource of [{ list: ['ana'] }, { list: Buffer.from('ana') }]) {
      expect(ask({ 'resource.list.0': 'ana' }, { resource })).toEqual(unknown('resource.list.0'))
      expect(ask({ 'resource.list.length': { $gt: 0 } }, { resource })).toEqual(unknown('resource.list.length'))
    }
    const bare = Object.assign(Object.create(null), { owner: 'ana' })
    expect(ask({ 'resource.owner': 'ana' }, { resource: bare })).toEqual(holds)
  })
})
