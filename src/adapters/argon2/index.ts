// Argon2id by the package `argon2`. It is loaded when the first password is hashed, and named when it is missing.

import {
  type Argon2Cost,
  argon2Cost,
  HASH_BYTES,
  inReferenceOrder,
  isWeaker,
  parseArgon2,
} from '../../core/authentication/phc.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { PasswordHasher } from '../../core/ports/password-hasher.ts'

/** The part of the package `argon2` that we use. */
export interface Argon2Module {
  hash(password: string, options: Argon2HashOptions): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
}

export interface Argon2HashOptions {
  /** 2: argon2id. */
  readonly type: 2
  /** 19: RFC 9106. */
  readonly version: 19
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
  readonly hashLength: number
}

export interface Argon2Options extends Partial<Argon2Cost> {
  /** The package itself, for bundlers that cannot follow a dynamic import: `import * as module from 'argon2'`. */
  readonly module?: Argon2Module
}

/**
 * A password hasher on the package `argon2`: argon2id, 19 MiB, two passes and one lane unless told otherwise. Hashes
 * of `freehold/node-rs-argon2` are taken too; a hash that costs more than 1 GiB, 10 passes or 16 lanes is never run.
 * @throws CONFIG_INVALID now; PACKAGE_MISSING when the first password is hashed
 */
export function argon2(options: Argon2Options = {}): PasswordHasher {
  const cost = argon2Cost('argon2', options)
  const hashing: Argon2HashOptions = {
    type: 2,
    version: 19,
    memoryCost: cost.memoryKiB,
    timeCost: cost.iterations,
    parallelism: cost.parallelism,
    hashLength: HASH_BYTES,
  }
  const load = async (): Promise<Argon2Module> => options.module ?? importPackage()
  return {
    name: 'argon2',
    hash: async (password) => inReferenceOrder(await (await load()).hash(password, hashing)),
    verify: async (hash, password) => parseArgon2(hash) !== undefined && (await load()).verify(hash, password),
    needsRehash: (hash) => isWeaker(hash, cost),
    reads: (hash) => parseArgon2(hash) !== undefined,
  }
}

/** Node keeps what it imported, so asking again costs nothing; a failure is a new error for each caller. */
async function importPackage(): Promise<Argon2Module> {
  try {
    const found = await import('argon2')
    return found.default ?? found
  } catch (cause) {
    throw new FreeholdError(
      'PACKAGE_MISSING',
      { package: 'argon2', range: '>=0.44 <0.46', hint: 'npm install argon2, or give another passwordHasher' },
      { cause },
    )
  }
}
