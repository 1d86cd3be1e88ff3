// Both argon2 adapters: hashes that each other takes, costs that are never run, a package that names itself.

import * as argon2Package from 'argon2'
import { describe, expect, it } from 'vitest'
import { argon2 } from '../../src/adapters/argon2/index.ts'
import { nodeRsArgon2 } from '../../src/adapters/node-rs-argon2/index.ts'
import { inReferenceOrder, parseArgon2 } from '../../src/core/authentication/phc.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { PasswordHasher } from '../../src/core/ports/password-hasher.ts'

const cheap = { memoryKiB: 64, iterations: 1, parallelism: 1 }
const hashers: readonly PasswordHasher[] = [argon2(cheap), nodeRsArgon2(cheap)]
const password = 'olé 🙂 quiche lantern'

const salt = 'c2FsdHNhbHRzYWx0c2FsdA'
const digest = 'T1dc/hU6OY2VbePR+mUhxVobMsO48e+oHRlKXdVGHQo'
const phc = (costs: string, head = '$argon2id$v=19$') => `${head}${costs}$${salt}$${digest}`

describe('the argon2 adapters', () => {
  for (const maker of hashers) {
    for (const reader of hashers) {
      it(`${reader.name} takes a hash of ${maker.name}, and no other password`, async () => {
        const hash = await maker.hash(password)
        expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
        expect(await reader.verify(hash, password)).toBe(true)
        expect(await reader.verify(hash, `${password} `)).toBe(false)
        expect(reader.needsRehash(hash)).toBe(false)
      })
    }

    it(`${maker.name} salts each hash anew`, async () => {
      expect(await maker.hash(password)).not.toBe(await maker.hash(password))
    })

    it(`${maker.name} takes a hash with the costs in the order of the package argon2`, async () => {
      const raw = await argon2Package.hash(password, { memoryCost: 64, timeCost: 2, parallelism: 1 })
      expect(raw).toContain('$m=64,p=1,t=2$')
      expect(await maker.verify(raw, password)).toBe(true)
      expect(await maker.verify(inReferenceOrder(raw), password)).toBe(true)
    })

    it(`${maker.name} answers false for what it cannot read, at no cost`, async () => {
      const started = performance.now()
      for (const hash of [
        '',
        'secret',
        '$2b$10$abcdefghijklmnopqrstuv',
        phc('m=1048577,t=1,p=1'),
        phc('m=9999999,t=2,p=1'),
        phc('m=64,t=11,p=1'),
        phc('m=1024,t=1,p=17'),
        phc('m=8,t=1,p=2'),
        phc('m=64,t=1,p=1', '$argon2d$v=19$'),
      ]) {
        expect(await maker.verify(hash, password)).toBe(false)
        expect(maker.needsRehash(hash)).toBe(true)
      }
      expect(performance.now() - started).toBeLessThan(1000)
    })

    it(`${maker.name} asks for a new hash when its own costs have risen`, async () => {
      const weak = await maker.hash(password)
      for (const today of [
        { ...cheap, memoryKiB: 128 },
        { ...cheap, iterations: 2 },
      ]) {
        expect(argon2(today).needsRehash(weak)).toBe(true)
        expect(nodeRsArgon2(today).needsRehash(weak)).toBe(true)
      }
      const strong = await argon2({ memoryKiB: 128, iterations: 2 }).hash(password)
      expect(maker.needsRehash(strong)).toBe(false)
      expect(maker.needsRehash(strong.replace('argon2id', 'argon2i'))).toBe(true)
      expect(maker.needsRehash(strong.replace('v=19', 'v=16'))).toBe(true)
    })
  }

  it('makes 19 MiB, two passes and one lane unless told otherwise', async () => {
    const hash = await nodeRsArgon2().hash(password)
    expect(parseArgon2(hash)).toEqual({
      variant: 'argon2id',
      version: 19,
      memoryKiB: 19_456,
      iterations: 2,
      parallelism: 1,
      saltBytes: 16,
      hashBytes: 32,
    })
  })

  it('refuses costs out of bounds at once', () => {
    for (const [cost, option] of [
      [{ memoryKiB: 2_000_000 }, 'memoryKiB'],
      [{ memoryKiB: 7 }, 'memoryKiB'],
      [{ memoryKiB: 8, parallelism: 2 }, 'memoryKiB'],
      [{ iterations: 0 }, 'iterations'],
      [{ iterations: 1.5 }, 'iterations'],
      [{ parallelism: 17 }, 'parallelism'],
    ] as const) {
      expect(() => argon2(cost)).toThrow(
        expect.objectContaining({ details: expect.objectContaining({ option: `argon2.${option}` }) }),
      )
      expect(() => nodeRsArgon2(cost)).toThrow(FreeholdError)
    }
  })

  it('uses the module it is given', async () => {
    const given = argon2({ ...cheap, module: argon2Package })
    expect(await given.verify(await given.hash(password), password)).toBe(true)
  })
})

describe('a PHC string', () => {
  it('is read in its canonical form only', () => {
    expect(parseArgon2(phc('m=64,t=1,p=1'))).toBeDefined()
    for (const text of [
      phc('m=064,t=1,p=1'),
      phc('m=64,t=1'),
      phc('m=64,t=1,t=1'),
      phc('m=64,t=1,p=1,data=AAAA'),
      phc('m=64,t=1,p=1', '$argon2id$v=20$'),
      `${phc('m=64,t=1,p=1')}\n`,
      // trailing bits that are not zero, and a digest of 8 bytes
      `$argon2id$v=19$m=64,t=1,p=1$${salt.slice(0, -1)}R$${digest}`,
      `$argon2id$v=19$m=64,t=1,p=1$${salt}$${digest.slice(0, 11)}`,
    ])
      expect(parseArgon2(text), text).toBeUndefined()
  })

  it('without a version is of the one before RFC 9106', () => {
    expect(parseArgon2(phc('m=64,t=1,p=1', '$argon2i$'))).toMatchObject({ variant: 'argon2i', version: 16 })
  })
})
