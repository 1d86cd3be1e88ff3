// Hashes of other systems, by the vectors that their own documents and test suites give; and what is never run.

import { describe, expect, it } from 'vitest'
import { argon2 } from '../../src/adapters/argon2/index.ts'
import { signedKey } from '../../src/adapters/legacy-hashes/bcrypt.ts'
import { type BcryptModule, firebaseHash, legacyHashes } from '../../src/adapters/legacy-hashes/index.ts'
import { nodeRsArgon2 } from '../../src/adapters/node-rs-argon2/index.ts'
import { refused } from '../setup/refusal.ts'

/** The project and the user in the README of github.com/firebase/scrypt. */
const firebase = {
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
}
const firebaseUser = {
  passwordHash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  salt: '42xEC+ixf3L2lw==',
}
const legacy = legacyHashes({ firebase })

const LONG = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored'
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '')
const RFC7914 =
  '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'
const SODIUM = Buffer.from('SodiumChloride').toString('base64').replace(/=+$/, '')
const SALT = Buffer.from('salt').toString('base64').replace(/=+$/, '')

const VECTORS: readonly (readonly [source: string, hash: string, password: string])[] = [
  ['crypt_blowfish', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['crypt_blowfish', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
  ['crypt_blowfish, 72 bytes', '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui', LONG],
  ['bcrypt 2b', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt 2y', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt 2x, which is the same for ASCII', '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['crypt_blowfish, the old reading of UTF-8', '$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS', 'ё'],
  ['RFC 7914', `$scrypt$ln=14,r=8,p=1$${SODIUM}$${base64(RFC7914)}`, 'pleaseletmein'],
  ['RFC 7914 as Kratos writes it', `$scrypt$ln=16384,r=8,p=1$${SODIUM}$${base64(RFC7914)}`, 'pleaseletmein'],
  [
    'passlib scrypt',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
    'password',
  ],
  ['RFC 6070', `$pbkdf2-sha1$i=4096$${SALT}$${base64('4b007901b765489abead49d926f721d065a429c1')}`, 'password'],
  [
    'passlib pbkdf2',
    '$pbkdf2-sha512$25000$LyWE0HrP2RsjZCxlDGFMKQ$1vC5Ohk2mCS9b6akqsEfgeb4l74SF8XjH.SljXf3dMLHdlY1GK9ojcCKts6/asR4aPqBmk74nCDddU3tvSCJvw',
    'hashcat',
  ],
  ['Django', 'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=', 'hashcat'],
  ['Firebase', firebaseHash(firebaseUser), 'user1password'],
]

describe('a hash of another system', () => {
  it.each(VECTORS)('%s: is taken with its password and with no other', async (_source, hash, password) => {
    expect(legacy.read(hash)).toBe('known')
    await legacy.load(hash)
    expect(await legacy.verify(hash, password)).toBe(true)
    for (const wrong of [`${password} `.slice(1), '', password.toUpperCase() + password, 'password1']) {
      expect(await legacy.verify(hash, wrong)).toBe(false)
    }
  })

  it.each([
    ['argon2id', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    ['argon2i', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
    ['argon2i of version 16', '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ'],
  ])('%s needs no adapter: both hashers read the vector of the reference implementation', async (_name, hash) => {
    for (const hasher of [argon2(), nodeRsArgon2()]) {
      expect(hasher.reads?.(hash)).toBe(true)
      expect(await hasher.verify(hash, 'password')).toBe(true)
      expect(await hasher.verify(hash, 'passwords')).toBe(false)
      expect(hasher.needsRehash(hash)).toBe(true)
    }
  })

  it('of Firebase is read in the alphabet of the export too, and only with the project that it is of', async () => {
    const exported = {
      ...firebaseUser,
      passwordHash: firebaseUser.passwordHash.replaceAll('+', '-').replaceAll('/', '_'),
    }
    expect(firebaseHash(exported)).toBe(firebaseHash(firebaseUser))
    const hash = firebaseHash({ ...exported, rounds: 8, memoryCost: 14 })
    expect(legacyHashes().read(hash)).toBe('unknown')
    const others = legacyHashes({ firebase: { ...firebase, saltSeparator: 'Bw8=' } })
    expect(await others.verify(hash, 'user1password')).toBe(false)
  })

  it('bcrypt 2x: the vectors of crypt_blowfish for bytes over 127', async () => {
    const module: BcryptModule = await import('@node-rs/bcrypt')
    const hash = '$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e'
    for (const bytes of [[0xa3], [0xff, 0xff, 0xa3]]) {
      expect(await module.verify(signedKey(Uint8Array.from(bytes)), hash)).toBe(true)
    }
    expect(await module.verify(Uint8Array.from([0xa3]), hash)).toBe(false)
    const old = '$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS'
    expect(await legacy.verify(old.replace('2x', '2y'), 'ё')).toBe(false)
  })
})

const bcryptAt = (cost: string, version = '2b') =>
  `$${version}$${cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`
const digest = base64('00'.repeat(32))

describe('what is never run', () => {
  it.each([
    bcryptAt('16'),
    bcryptAt('31'),
    `$scrypt$ln=18,r=8,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=262144,r=8,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=14,r=9,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=14,r=8,p=11$c2FsdA$${digest}`,
    `$pbkdf2-sha512$i=10000001$c2FsdA$${digest}`,
    'pbkdf2_sha256$999999999$salt$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
    firebaseHash({ ...firebaseUser, memoryCost: 18 }),
    firebaseHash({ ...firebaseUser, rounds: 9 }),
  ])('%s costs too much', async (hash) => {
    const started = performance.now()
    expect(legacy.read(hash)).toBe('too-costly')
    expect(await legacy.verify(hash, 'password')).toBe(false)
    expect(performance.now() - started).toBeLessThan(50)
  })

  it.each([
    '',
    'password',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$1$salt$hash',
    '$argon2d$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA',
    bcryptAt('03'),
    bcryptAt('5'),
    bcryptAt('10', '2z'),
    bcryptAt('10', '2'),
    `${bcryptAt('10')}x`,
    ` ${bcryptAt('10')}`,
    `${bcryptAt('10')}\n`,
    bcryptAt('10').slice(0, -1),
    `$scrypt$ln=14,r=8,p=1$c2FsdA$${base64('00'.repeat(15))}`,
    `$scrypt$ln=15000,r=8,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=0,r=8,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=14,r=0,p=1$c2FsdA$${digest}`,
    `$scrypt$ln=14,r=8,p=0$c2FsdA$${digest}`,
    `$scrypt$ln=14,r=8,p=1$c2FsdB$${digest}`,
    `$pbkdf2-md5$i=1000$c2FsdA$${digest}`,
    `$pbkdf2-sha256$i=0$c2FsdA$${digest}`,
    `$pbkdf2-sha256$i=1e3$c2FsdA$${digest}`,
    `$pbkdf2-sha256$i=1000$c2FsdA$${base64('00'.repeat(129))}`,
    `$firebase-scrypt$ln=14,r=8$c2FsdA$${digest}`,
    `$pbkdf2-sha256$i=1000$${'A'.repeat(1000)}$${digest}`,
  ])('%j is no hash that is known here', async (hash) => {
    expect(legacy.read(hash)).toBe('unknown')
    expect(await legacy.verify(hash, '')).toBe(false)
  })
})

describe('the options', () => {
  it.each([
    [{ firebase: { ...firebase, signerKey: '' } }, 'CONFIG_INVALID'],
    [{ firebase: { ...firebase, signerKey: 'not base64!' } }, 'CONFIG_INVALID'],
    [{ firebase: { signerKey: firebase.signerKey } }, 'CONFIG_INVALID'],
    [{ fireball: firebase }, 'INPUT_INVALID'],
  ] as const)('%j are refused', async (options, code) => {
    await refused(() => legacyHashes(options as never), code)
  })
})
