// Rows of bits, against a list of codes: whatever is written and joined, and in whichever order, each row says what was said
// in it and nothing else.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ALLOW, ALLOW_IF, bitsOf, createSlabs, DENY, DENY_IF, deniesAny } from '../../src/core/access/bits.ts'

const ROWS = 5
const code = fc.subarray([ALLOW, ALLOW_IF, DENY, DENY_IF], { minLength: 1 }).map((all) => all.reduce((a, b) => a | b))
const row = fc.nat(ROWS - 1)

it('say what was added and joined, whether or not anything is denied', () => {
  const worlds = fc.integer({ min: 1, max: 70 }).chain((permissions) =>
    fc.record({
      permissions: fc.constant(permissions),
      deeds: fc.array(
        fc.oneof(
          { weight: 3, arbitrary: fc.record({ into: row, permission: fc.nat(permissions - 1), code }) },
          { weight: 1, arbitrary: fc.record({ into: row, from: row }) },
        ),
        { maxLength: 60 },
      ),
    }),
  )
  fc.assert(
    fc.property(worlds, ({ permissions, deeds }) => {
      const newBits = createSlabs(permissions)
      const rows = Array.from({ length: ROWS }, newBits)
      const said = rows.map(() => new Array<number>(permissions).fill(0))
      for (const deed of deeds) {
        if ('from' in deed) {
          rows[deed.into]!.join(rows[deed.from]!)
          for (const [id, before] of said[deed.from]!.entries()) said[deed.into]![id]! |= before
        } else {
          rows[deed.into]!.add(deed.permission, deed.code)
          said[deed.into]![deed.permission]! |= deed.code
        }
      }
      // what is made afterwards has nothing of it
      rows.push(newBits())
      said.push(new Array<number>(permissions).fill(0))
      expect(rows.map((bits) => Array.from({ length: permissions }, (_, id) => bitsOf(bits, id)))).toEqual(said)
      expect(rows.map(deniesAny)).toEqual(said.map((codes) => codes.some((one) => one > (ALLOW | ALLOW_IF))))
    }),
    { numRuns: 300 },
  )
})
