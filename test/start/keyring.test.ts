import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { createKeyring, type Keys } from '../../src/core/kernel/keyring.ts'

const key = () => randomBytes(32).toString('base64')

function refusal(keys: unknown): string {
  try {
    createKeyring(keys as Keys)
    return 'taken'
  } catch (error) {
    if (FreeholdError.is(error, 'CONFIG_INVALID')) return `CONFIG_INVALID ${error.details.option}`
    if (FreeholdError.is(error, 'KEY_WEAK')) return `KEY_WEAK ${error.details.key}`
    return String(error)
  }
}

describe('root keys', () => {
  it('are taken raw, as base64, base64url and hex, and mean the same', () => {
    const bytes = randomBytes(32)
    const texts = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]
    const derived = [bytes, new Uint8Array(bytes), ...texts, texts[2]!.toUpperCase()].map((k1) =>
      Buffer.from(createKeyring({ current: 'k1', k1 }).derive(1, 'test', 32)!).toString('hex'),
    )
    expect(new Set(derived).size).toBe(1)
  })

  it('are random often enough: of 2,000 that are, none is refused', () => {
    for (let i = 0; i < 500; i++) {
      const bytes = randomBytes(32 + (i % 33))
      for (const k1 of [bytes, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')]) {
        expect(refusal({ current: 'k1', k1 })).toBe('taken')
      }
    }
  })

  it('give each purpose and each length another key, and none to a number that is not there', () => {
    const keyring = createKeyring({ current: 'k255', k255: key(), k1: key() })
    expect([keyring.current, [...keyring.all].sort()]).toEqual([255, [1, 255]])
    const all = [keyring.derive(1, 'a', 32), keyring.derive(1, 'b', 32), keyring.derive(255, 'a', 32)]
    expect(new Set(all.map((bytes) => Buffer.from(bytes!).toString('hex'))).size).toBe(3)
    expect(keyring.derive(2, 'a', 32)).toBeUndefined()
  })

  it.each([
    [undefined, 'keys'],
    [null, 'keys'],
    ['k1', 'keys'],
    [{ k1: key() }, 'keys.current'],
    [{ current: 5, k1: key() }, 'keys.current'],
    [{ current: 'x1', k1: key() }, 'keys.current'],
    [{ current: 'k01', k1: key() }, 'keys.current'],
    [{ current: 'k2', k1: key() }, 'keys.current'],
    [{ current: 'current', k1: key() }, 'keys.current'],
    [{ current: 'k1', k1: key(), k0: key() }, 'keys.k0'],
    [{ current: 'k1', k1: key(), k01: key() }, 'keys.k01'],
    [{ current: 'k1', k1: key(), k256: key() }, 'keys.k256'],
    [{ current: 'k1', k1: key(), previous: key() }, 'keys.previous'],
  ])('%j are refused, naming the option', (keys, option) => {
    expect(refusal(keys)).toBe(`CONFIG_INVALID ${option}`)
  })

  it.each([
    ['nothing', undefined],
    ['an unset variable', ''],
    ['a number', 5],
    ['null', null],
    ['16 bytes', randomBytes(16)],
    ['31 bytes as base64', randomBytes(31).toString('base64')],
    ['zeros', new Uint8Array(32)],
    ['zeros as base64', Buffer.alloc(32).toString('base64')],
    ['two bytes that repeat', Buffer.from('ab'.repeat(32), 'hex')],
    ['a passphrase', 'correcthorsebatterystaplecorrecthorsebatterystaple'],
    ['a passphrase that is canonical base64', 'correcthorsebatterystaplecorrecthorsebatterystap'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'],
    ['words with capitals', 'CorrectHorseBatteryStapleCorrectHorseBatteryStap'],
    ['digits', '0123456789'.repeat(8)],
    ['a line with its end', `${key()}\n`],
    ['a padding that is none', `${randomBytes(33).toString('base64')}==`],
    ['a text of another encoding', `${key().slice(0, -1)}!`],
  ])('%s is no key', (_name, k1) => {
    expect(refusal({ current: 'k1', k1 })).toBe('KEY_WEAK k1')
  })
})
