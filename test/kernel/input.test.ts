// Inputs: what the database cannot hold, and what a careless merge would take for a prototype, never gets in.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkInteger, checkJson, checkKeys, checkText, isPlainText } from '../../src/core/kernel/input.ts'
import { refused } from '../setup/refusal.ts'

describe('checkText', () => {
  it('trims, composes and counts code points', () => {
    expect(checkText('  Ana\u0308 ', 'name', { maximum: 3 })).toBe('Anä')
    expect(checkText('😀😀', 'name', { maximum: 2 })).toBe('😀😀')
    expect(checkText('', 'name', { minimum: 0, maximum: 2 })).toBe('')
  })

  it.each([
    '',
    '   ',
    'abcd',
    '😀😀😀😀',
    'a\0',
    'a\nb',
    'a\u0085b',
    'a\u202eb',
    'a\ud800',
    'x'.repeat(100_000),
    7,
    null,
    undefined,
    {},
  ])('refuses %j', async (value) => {
    const error = await refused(() => checkText(value, 'name', { maximum: 3 }), 'INPUT_INVALID')
    expect(error.details.field).toBe('name')
  })

  it('answers what it would answer again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (value) => {
        let text: string
        try {
          text = checkText(value, 'name', { maximum: 20 })
        } catch {
          return
        }
        expect(checkText(text, 'name', { maximum: 20 })).toBe(text)
        expect(isPlainText(text)).toBe(true)
      }),
    )
  })
})

describe('checkJson', () => {
  it('answers the same value in new objects', () => {
    const plain = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(plain, (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('\\u0000') && !/"(__proto__|constructor|prototype)":/.test(text) && text.length < 16_000)
        const copy = checkJson(value, 'settings')
        expect(JSON.stringify(copy)).toBe(text.replaceAll('-0,', '0,'))
        expect(copy).not.toBe(value)
      }),
    )
  })

  it('leaves out what is undefined, as JSON does', () => {
    expect(checkJson({ a: undefined, b: 1 }, 'settings')).toEqual({ b: 1 })
    expect(Object.keys(checkJson({ a: undefined }, 'settings'))).toEqual([])
  })

  it('keeps nothing of the caller, who may change it later', () => {
    const given = { list: [{ a: 1 }] }
    const copy = checkJson(given, 'settings')
    given.list[0]!.a = 2
    expect(copy).toEqual({ list: [{ a: 1 }] })
  })

  const itself: Record<string, unknown> = {}
  itself.itself = itself
  it.each<[string, unknown]>([
    ['NaN', { a: Number.NaN }],
    ['Infinity', { a: [Number.POSITIVE_INFINITY] }],
    ['a BigInt', { a: 1n }],
    ['a function', { a: () => 1 }],
    ['a symbol', { a: Symbol('a') }],
    ['a Date', { a: new Date(0) }],
    ['a Map', { a: new Map() }],
    ['a class instance', new (class Settings {})()],
    ['toJSON', { toJSON: () => ({}) }],
    ['a cycle', itself],
    ['a hole', { a: [1, undefined] }],
    ['NUL', { a: 'a\0' }],
    ['half a character', { a: '\udc00' }],
    ['half a character in a key', { '\udc00': 1 }],
    ['a list', []],
    ['null', null],
    ['a text', 'a'],
    ['nothing', undefined],
    ['much text', { a: 'x'.repeat(20_000) }],
    ['much in bytes', { a: '\u{1f600}'.repeat(5000) }],
    ['a list without end', { a: new Array(1e9) }],
  ])('refuses %s', async (_what, value) => {
    const error = await refused(() => checkJson(value, 'settings'), 'INPUT_INVALID')
    expect(error.details.field).toBe('settings')
  })

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":1}]}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"a":{"prototype":1}}',
  ])('A11: refuses %s', async (text) => {
    await refused(() => checkJson(JSON.parse(text), 'settings'), 'INPUT_INVALID')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('A11: refuses an object whose prototype was set', () =>
    refused(() => checkJson({ __proto__: { admin: true } }, 'settings'), 'INPUT_INVALID'))
})

describe('checkKeys and checkInteger', () => {
  it('A04: tell a field that does not exist', async () => {
    const smuggled = { name: 'a', verified: true } as { name: string }
    const error = await refused(() => checkKeys(smuggled, 'user', ['name']), 'INPUT_INVALID')
    expect(error.details).toEqual({ field: 'verified', problem: 'there is no such field' })
    await refused(() => checkKeys(JSON.parse('{"__proto__":1}'), 'user', []), 'INPUT_INVALID')
    await refused(() => checkKeys('name' as unknown as object, 'user', []), 'INPUT_INVALID')
  })

  it.each([0, 11, 1.5, Number.NaN, '5', 5n, null])('refuse %s where 1 to 10 is wanted', async (value) => {
    await refused(() => checkInteger(value, 'count', 1, 10), 'INPUT_INVALID')
  })
})
