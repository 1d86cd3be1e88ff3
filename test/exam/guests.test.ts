// The guests that freehold/testing lends to a host's tests.

import { expect, it } from 'vitest'
import { testHasher, testKeys } from '../../src/adapters/testing/index.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'

it('the test hasher hashes with a salt, verifies, and reads no other hash', async () => {
  const hasher = testHasher()
  const [one, two] = [await hasher.hash('orbit lantern'), await hasher.hash('orbit lantern')]
  expect(one).not.toBe(two)
  expect(await hasher.verify(one, 'orbit lantern')).toBe(true)
  expect(await hasher.verify(two, 'orbit lantern')).toBe(true)
  expect(await hasher.verify(one, 'orbit Lantern')).toBe(false)
  for (const hash of ['', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', `${one}x`, one.slice(0, -2)]) {
    expect(await hasher.verify(hash, 'orbit lantern'), hash).toBe(false)
  }
  expect(hasher.needsRehash(one)).toBe(false)
})

it('test keys make a keyring, the same each time, the last one current', () => {
  const keyring = createKeyring(testKeys(3))
  expect(keyring.current).toBe(3)
  expect(keyring.all.toSorted()).toEqual([1, 2, 3])
  expect(createKeyring(testKeys(1)).derive(1, 'exam', 32)).toEqual(keyring.derive(1, 'exam', 32))
  expect(keyring.derive(2, 'exam', 32)).not.toEqual(keyring.derive(1, 'exam', 32))
})
