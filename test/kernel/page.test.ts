// Pages: limits, and cursors that only their own list takes.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../src/core/kernel/encoding.ts'
import { uuidv7 } from '../../src/core/kernel/ids.ts'
import { type Listing, type Page, pageOf, pageQuery } from '../../src/core/kernel/page.ts'
import { refused } from '../setup/refusal.ts'

interface Thing {
  readonly id: string
  readonly at: Date
  readonly rank: number
  readonly label: string
}

const things: Listing<Thing> = { name: 'things', columns: { at: 'time', rank: 'number', label: 'text', id: 'id' } }
const id = uuidv7(1, new Uint8Array(10))
const thing: Thing = { id, at: new Date(1_700_000_000_123), rank: -4, label: 'é"\\ 😀' }
const cursorOf = (page: Page<unknown>): string => page.next ?? expect.fail('there is no next page')
const forged = (value: unknown): string => encodeBase64url(Buffer.from(JSON.stringify(value)))

describe('pages', () => {
  it('hold 50 unless told otherwise, and ask for one row more', () => {
    expect(pageQuery(things)).toEqual({ limit: 51 })
    expect(pageQuery(things, { limit: 1 })).toEqual({ limit: 2 })
    expect(pageQuery(things, { limit: 200 })).toEqual({ limit: 201 })
  })

  it.each([0, 201, -1, 1.5, Number.NaN, '10', null, {}])('refuse a limit of %j', async (limit) => {
    const error = await refused(() => pageQuery(things, { limit: limit as number }), 'INPUT_INVALID')
    expect(error.details.field).toBe('limit')
  })

  it('end where no further row was found', () => {
    const query = pageQuery(things, { limit: 2 })
    expect(pageOf(things, query, [thing, thing], (row) => row.id)).toEqual({ items: [id, id], next: null })
    expect(pageOf(things, query, [], (row) => row.id)).toEqual({ items: [], next: null })
  })

  it('go on after their last row, however often one asks', () => {
    const row = fc.record({
      id: fc.uuid({ version: 7 }),
      at: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      rank: fc.maxSafeInteger(),
      label: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
    })
    fc.assert(
      fc.property(row, row, (first, second) => {
        const page = pageOf(things, { limit: 2 }, [first, second], (item) => item)
        expect(page.items).toEqual([first])
        expect(pageQuery(things, { cursor: cursorOf(page) }).after).toEqual(first)
      }),
    )
  })

  it('refuse the cursor of another list', async () => {
    const cursor = cursorOf(pageOf(things, { limit: 1 + 1 }, [thing, thing], (row) => row))
    await refused(() => pageQuery({ ...things, name: 'others' }, { cursor }), 'CURSOR_INVALID')
    await refused(() => pageQuery({ name: 'things', columns: { id: 'id' } }, { cursor }), 'CURSOR_INVALID')
  })

  it.each([
    ['empty', ''],
    ['no text', 7],
    ['null', null],
    ['padded', `${forged(['things', 1, 1, 'a', id])}=`],
    ['no JSON', encodeBase64url(Buffer.from('{'))],
    ['no UTF-8', encodeBase64url(Uint8Array.of(0xff, 0xfe))],
    ['no list', forged({ 0: 'things' })],
    ['too short', forged(['things', 1, 1, 'a'])],
    ['too long', forged(['things', 1, 1, 'a', id, 1])],
    ['huge', forged(['things', 1, 1, 'a'.repeat(2000), id])],
    ['an id that is none', forged(['things', 1, 1, 'a', 'x'])],
    ['a moment before 1970', forged(['things', -1, 1, 'a', id])],
    ['a moment beyond 9999', forged(['things', 1e15, 1, 'a', id])],
    ['a moment as text', forged(['things', '2020-01-01', 1, 'a', id])],
    ['half a number', forged(['things', 1, 1.5, 'a', id])],
    ['NUL in a text', forged(['things', 1, 1, 'a\0', id])],
    ['half a character', forged(['things', 1, 1, '\ud800', id])],
    ['null in a column', forged(['things', 1, 1, null, id])],
  ])('refuse a cursor that is %s', async (_what, cursor) => {
    await refused(() => pageQuery(things, { cursor: cursor as string }), 'CURSOR_INVALID')
  })

  it('answer CURSOR_INVALID or a position, whatever the cursor', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.base64String(),
          fc.json().map((text) => encodeBase64url(Buffer.from(text))),
        ),
        (cursor) => {
          try {
            pageQuery(things, { cursor })
          } catch (error) {
            expect(error).toMatchObject({ code: 'CURSOR_INVALID' })
          }
        },
      ),
    )
  })
})
