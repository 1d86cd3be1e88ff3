// Canonical JSON against RFC 8785's own vectors, against a naive implementation, and with what it must refuse.

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { canonicalJson } from '../../src/core/audit/canonical.ts'
import { refused } from '../setup/refusal.ts'

const ROOM = 1_000_000
const canonical = (value: unknown): string => canonicalJson(value, ROOM)

describe('the vectors of RFC 8785', () => {
  it('writes literals, numbers and texts as section 3.2.2 shows', () => {
    // section 3.2.2, whose 1E30 is a whole number that we refuse
    const given = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    )
    expect(canonical(given)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('orders names by UTF-16 code units, as section 3.2.3 shows', () => {
    const given = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    expect(Object.values(JSON.parse(canonical(given)))).toContain('One')
    expect(canonical(given)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
  })

  // appendix B: the bits of a double, and how it is written; null where JSON has no such number
  const doubles: readonly [bits: string, text: string | null][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['7fffffffffffffff', null],
    ['7ff0000000000000', null],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ]
  it.each(doubles)('the double %s is %s', async (bits, text) => {
    const value = Buffer.from(bits, 'hex').readDoubleBE()
    // beyond 2^53 - 1 a double may not be what was meant: stricter than the RFC
    if (text === null || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      await refused(() => canonical(value), 'INPUT_INVALID')
    } else expect(canonical(value)).toBe(text)
  })
})

/** The RFC's section 3.2 in as few words as can be. */
function naive(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(naive).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${naive(member)}`).join(',')}}`
}

describe('any value', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 }).filter((value) => !value.includes('\0'))
  const name = text.filter((value) => !['__proto__', 'constructor', 'prototype'].includes(value))
  const number = fc
    .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
    .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value))
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(text, number, fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, fc.oneof(tie('value'), fc.constant(undefined)), { maxKeys: 5 }),
    ),
  }))

  test('is written as a naive implementation writes it, and reads back as what it was', () => {
    fc.assert(
      fc.property(value, (given) => {
        const written = canonical(given)
        expect(written).toBe(naive(given))
        expect(canonical(JSON.parse(written))).toBe(written)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is written alike whatever order its members were made in', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), (given) => {
        const turned = Object.fromEntries(Object.entries(given).reverse())
        expect(canonical(turned)).toBe(canonical(given))
      }),
      { numRuns: 300 },
    )
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('what is refused', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = { of: [cycle] }
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  const refusals: readonly [what: string, value: unknown, field: string][] = [
    ['NaN', { a: { b: Number.NaN } }, 'a.b'],
    ['Infinity', [1, Number.POSITIVE_INFINITY], '1'],
    ['a whole number beyond 2^53 - 1', { n: 2 ** 53 }, 'n'],
    ['a BigInt', { n: 1n }, 'n'],
    ['a function', { f: () => 1 }, 'f'],
    ['a symbol', { s: Symbol('s') }, 's'],
    ['a member named by a symbol', { a: { [Symbol('s')]: 1 } }, 'a'],
    ['a member that is not enumerable', { a: Object.defineProperty({ b: 1 }, 'c', { value: 2 }) }, 'a'],
    ['a member of an array that is no item', { list: Object.assign([1], { note: 2 }) }, 'list'],
    ['a symbol of an array', [Object.assign([1], { [Symbol('s')]: 2 })], '0'],
    ['a hidden member of an array', { list: Object.defineProperty([1], 'c', { value: 2 }) }, 'list'],
    ['a hole in an array that a name makes up for', { list: Object.assign(Array(1), { note: 2 }) }, 'list.0'],
    [
      'a getter that throws',
      {
        a: {
          get b() {
            throw new Error('boo')
          },
        },
      },
      'a.b',
    ],
    [
      'a proxy that throws',
      {
        a: [
          new Proxy(
            {},
            {
              ownKeys: () => {
                throw new Error('boo')
              },
            },
          ),
        ],
      },
      'a.0',
    ],
    ['a proxy that is over', { a: revoked() }, 'a'],
    ['an undefined item', [undefined], '0'],
    ['undefined itself', undefined, 'value'],
    ['a hole in an array', { list: Array(1) }, 'list.0'],
    ['a lone surrogate', { s: 'a\ud800b' }, 's'],
    ['a lone surrogate in a name', { a: { 'a\udfff': 1 } }, 'a.?'],
    ['NUL', { s: 'a\0b' }, 's'],
    ['a Date', { at: new Date(0) }, 'at'],
    ['a Map', { m: new Map() }, 'm'],
    ['bytes', { b: Buffer.from('a') }, 'b'],
    ['an instance that knows toJSON', { u: new URL('http://localhost/') }, 'u'],
    ['33 levels', deep(33), Array(32).fill(0).join('.')],
    ['A11 __proto__ as a name', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'a.__proto__'],
    ['A11 constructor as a name', { constructor: 1 }, 'constructor'],
    ['A11 prototype as a name', { a: [{ prototype: 1 }] }, 'a.0.prototype'],
  ]
  it.each(refusals)('%s', async (_, value, field) => {
    expect((await refused(() => canonical(value), 'INPUT_INVALID')).details.field).toBe(field)
  })

  it('a cycle', async () => {
    expect((await refused(() => canonical(cycle), 'INPUT_INVALID')).details.problem).toMatch(/contains itself/)
  })

  it('one byte too many, counted in UTF-8', async () => {
    expect(canonicalJson('€', 5)).toBe('"€"')
    expect((await refused(() => canonicalJson('€', 4), 'AUDIT_TOO_LARGE')).details.maximumBytes).toBe(4)
    // escapes count as they are written
    expect(canonicalJson('\u0001', 8)).toBe('"\\u0001"')
    await refused(() => canonicalJson('\u0001', 7), 'AUDIT_TOO_LARGE')
  })

  it('something huge before it is written to its end', async () => {
    // 2^31 nodes to whoever walks them all
    let shared: unknown = {}
    for (let i = 0; i < 31; i++) shared = { a: shared, b: shared }
    await refused(() => canonicalJson(shared, 49_152), 'AUDIT_TOO_LARGE')
    const hollow: unknown = Array.from({ length: 30 }).reduce<unknown>(
      (inner) => ({ a: undefined, b: inner, c: inner }),
      {},
    )
    await refused(() => canonicalJson(hollow, 49_152), 'AUDIT_TOO_LARGE')
  })
})

describe('what counts', () => {
  it('own members only: neither a prototype nor toJSON has a say', () => {
    const given = Object.assign(Object.create(null) as object, { b: 1, a: undefined })
    expect(canonical(given)).toBe('{"b":1}')
    // a prototype that was polluted elsewhere is not read
    Object.defineProperty(Object.prototype, 'admin', { value: true, enumerable: true, configurable: true })
    const written = canonical({ a: 1 })
    Reflect.deleteProperty(Object.prototype, 'admin')
    expect(written).toBe('{"a":1}')
  })

  it('32 levels are written', () => {
    const deep = (levels: number): unknown => (levels === 0 ? [] : [deep(levels - 1)])
    expect(canonical(deep(31))).toBe('['.repeat(32) + ']'.repeat(32))
  })
})
