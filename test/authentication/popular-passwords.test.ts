// The most popular passwords that are long enough are refused, by a public list of what people chose (ASVS 5.0, V6.2.4).

import { dictionary } from '@zxcvbn-ts/language-common'
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createPasswords } from '../../src/core/authentication/passwords.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { makeContext } from '../setup/context.ts'

const MOST = 3000
/** The most popular first. */
const { passwords: popular } = dictionary
const owner = { tenant: { slug: 'north-wind', name: 'Northwind Traders' }, secondFactor: true }

/** Those that somebody could choose. */
function accepted(minimum: number, list: readonly string[]): string[] {
  const settings = { passwords: { minimumLength: minimum, minimumLengthWithSecondFactor: minimum } }
  const passwords = createPasswords(makeContext(memory(), { settings }))
  return list.filter((password) => {
    try {
      passwords.check(password, owner)
      return true
    } catch (error) {
      if (FreeholdError.is(error, 'PASSWORD_REJECTED')) return false
      throw error
    }
  })
}
const long = (minimum: number) => popular.filter((password) => [...password].length >= minimum)

describe('popular passwords', () => {
  it('are a list of people’s choices, in the order of their number', () => {
    expect(popular.length).toBeGreaterThan(49_000)
    expect(popular.slice(0, 5)).toEqual(['123456', 'password', '12345678', 'qwerty', '123456789'])
    expect(long(8).length).toBeGreaterThan(MOST)
  })

  // of the list 41 have the 15 characters that are asked for by default, 3,000 and more have 8 and 9
  it.each([8, 9, 10, 11, 12, 13, 14, 15, 16, 20])(
    'of %i characters or more: the 3,000 first are refused',
    (minimum) => {
      expect(accepted(minimum, long(minimum).slice(0, MOST))).toEqual([])
    },
  )

  it('are refused in another case, and with the year behind them', () => {
    const varied = long(12).slice(0, 200)
    expect(
      accepted(
        12,
        varied.map((password) => password.toUpperCase()),
      ),
    ).toEqual([])
    const dated = varied.map((password) => `${password}2024`)
    expect(accepted(15, dated).length).toBeLessThan(dated.length / 20)
  })

  it('are not all that is long: the test sees what is accepted', () => {
    expect(accepted(15, ['copper giraffe lullaby', 'qmvd-rkhz-wtsp-81'])).toHaveLength(2)
  })
})
