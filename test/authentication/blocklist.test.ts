// What is refused as a password because it is guessed soon, and, as important, what is not.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createPasswords } from '../../src/core/authentication/passwords.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { makeContext } from '../setup/context.ts'

const passwords = createPasswords(makeContext(memory(), { settings: { passwords: { contextWords: ['LedgerBee'] } } }))
const owner = { tenant: { slug: 'north-wind', name: 'Northwind Traders' }, email: 'ana.garcia@kestrel.example' }

/** Why a password is refused; undefined: it is accepted. */
function refusalOf(password: string, secondFactor = false): string | undefined {
  try {
    passwords.check(password, { ...owner, secondFactor })
    return undefined
  } catch (error) {
    if (FreeholdError.is(error, 'PASSWORD_REJECTED')) return error.details.reason
    throw error
  }
}

const COMMON = {
  'one character, or a short unit, again and again': [
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    'xkqxkqxkqxkqxkqxkq',
    '121212121212121212',
    'jK9jK9jK9jK9jK9',
    ' '.repeat(20),
    '🙂'.repeat(15),
  ],
  sequences: ['123456789012345', '0987654321098765', 'abcdefghijklmnop', 'zyxwvutsrqponmlk', '112233445566778899'],
  'walks over the keyboard': [
    'qwertyuiopasdfgh',
    'QWERTYUIOP123456',
    '1qaz2wsx3edc4rfv',
    'qazwsxedcrfvtgb',
    'zaq12wsxcde34rfv',
    '1q2w3e4r5t6y7u8i',
    'a1s2d3f4g5h6j7k8',
    '!@#$%^&*()_+!@#$',
    'qwertzuiopqwertzuiop',
    'azertyuiopqsdfgh',
    '147258369147258369147',
    'asdfghjkl;asdfghjkl;',
  ],
  'common words and their variations': [
    'passwordpassword',
    'PASSWORDPASSWORD',
    'Password1234567!',
    'P@$$w0rd12345678',
    'pa55w0rdpa55w0rd',
    'drowssapdrowssap',
    'p-a-s-s-w-o-r-d-1',
    'thisismypassword',
    'ThisIsMyPassword1',
    'administrator123!',
    'adminadminadmin1!',
    'letmeinletmein123',
    'iloveyouforever1',
    'Welcome123456789',
    'changeme-please-now',
    'SuperSecretPassword',
    'contraseña2024!!!',
    'motdepasse123456',
    'passwort12345678',
    'пароль12345пароль',
    'gfhjkmgfhjkm1234',
    'pássword pássword',
  ],
  'common words one after the other': [
    'monkeydragonsunshine',
    'Monkey-Dragon-Sunshine',
    'footballbaseball1',
    'jessicaandmichael',
    'Summer2024Winter2025',
    'Spring2024Summer2024!',
    'liverpool1990!!!!',
    '01.02.1990-01.02.1990',
  ],
  'known phrases': ['correcthorsebatterystaple', 'correct horse battery staple', 'MayTheForceBeWithYou!'],
}

describe('refused as common', () => {
  for (const [kind, examples] of Object.entries(COMMON)) {
    it.each(examples)(`${kind}: %s`, (password) => {
      expect(refusalOf(password)).toBe('common')
    })
  }
  it.each([
    ...[
      'password',
      'Password1',
      'iloveyou',
      'sunshine1',
      'Liverpool1',
      'qwerty123',
      '1q2w3e4r',
      '12345678',
      'abcd1234',
    ],
    ...['trustno1', 'Summer24!', 'michael1', 'starwars', 'p4ssw0rd', '20102010', '11111111', 'asdfasdf', 'hallo123'],
  ])('at eight characters, with a second factor: %s', (password) => {
    expect(refusalOf(password, true)).toBe('common')
  })
})

describe('refused as contextual: the names around the user', () => {
  it.each([
    'northwindnorthwind',
    'N0rthw1nd-Traders!',
    'north-wind-traders-24',
    'Welcome-Northwind-2024',
    'ana.garcia@kestrel.example',
    'anagarcia-kestrel-1990',
    'LedgerBeeLedgerBee',
    'ledgerbee-password-1',
    'kestrelkestrel2024',
  ])('%s', (password) => {
    expect(refusalOf(password)).toBe('contextual')
  })
})

describe('accepted', () => {
  it.each([
    'velvet tractor omelette',
    'orbit-lantern-quiche-saddle',
    'RainyTuesdayTeapot',
    'my dog is called Bob and he snores',
    'the cat sat on the mat again',
    'kx7-Qm2v-Tz9r-Lp4w',
    'vqkzjxwmhtrplcd',
    '839201746530291',
    'Ich fahre gern mit der Bahn',
    'el perro de mi vecina ladra',
    '我的密码是很长的一句话而且没人知道',
    'Θέλω καφέ χωρίς ζάχαρη',
    'password hash salt argon verify',
    'northwind owes me an apricot kayak',
    '🦊🚲🌵🎻🧊🪁🍋🛶🎈🧩🪴🐙🥨🔭🪨',
  ])('%s', (password) => {
    expect(refusalOf(password)).toBeUndefined()
  })

  it.each(['k3J9x!qP', 'Tg7#mRw2', 'vqkzjxwm', 'h8f2kq0z', 'zebu kiln'])(
    'at eight characters, with a second factor: %s',
    (password) => {
      expect(refusalOf(password, true)).toBeUndefined()
    },
  )

  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const random = (alphabet: string, length: number) =>
    fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map((all) => all.join(''))

  it('whatever a password generator makes', () => {
    for (const alphabet of [
      letters,
      `${letters}0123456789`,
      `${letters}${letters.toUpperCase()}0123456789!#$%&*+-=?@_`,
    ]) {
      // fast-check likes equal characters better than a generator does
      const made = fc.sample(random(alphabet, 15), { numRuns: 100, seed: 7 })
      const refused = made.filter((password) => new Set(password).size > 6 && refusalOf(password))
      expect(refused).toEqual([])
    }
  })

  it('every passphrase of three rare words', () => {
    const rare =
      'abacus biscotti catkin dulcimer ermine fjord gazebo hyssop ibex jodhpur kumquat lychee mackinaw nougat osprey parsnip quoll rutabaga sextant tansy ukulele verbena wicket xylem yucca zither'
    const word = fc.constantFrom(...rare.split(' '))
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 3, maxLength: 6 }),
        fc.constantFrom(' ', '-', '.', '_', ''),
        (words, between) => {
          const passphrase = words.join(between)
          fc.pre(passphrase.length >= 15)
          expect(refusalOf(passphrase)).toBeUndefined()
        },
      ),
      { numRuns: 150 },
    )
  })
})

it('is quick on whatever is given', () => {
  for (const password of [
    'a'.repeat(256),
    'password'.repeat(32),
    '1q2w'.repeat(64),
    '\u0344'.repeat(256),
    'ﷺ'.repeat(256),
  ]) {
    const started = performance.now()
    refusalOf(password)
    expect(performance.now() - started).toBeLessThan(500)
  }
})
