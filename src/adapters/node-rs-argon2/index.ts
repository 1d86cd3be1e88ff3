// Argon2id by the package `@node-rs/argon2`: the same hashes as `freehold/argon2` for less than half the CPU time.

import { type Argon2Cost, argon2Cost, HASH_BYTES, isWeaker, parseArgon2 } from '../../core/authentication/phc.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import type { PasswordHasher } from '../../core/ports/password-hasher.ts'

/** The part of the package `@node-rs/argon2` that we use. */
export interface NodeRsArgon2Module {
  hash(password: string, options: NodeRsArgon2HashOptions): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
}

export interface NodeRsArgon2HashOptions {
  /** 2: argon2id. */
  readonly algorithm: 2
  /** 1: version 19, RFC 9106. */
  readonly version: 1
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
  readonly outputLen: number
}

export interface NodeRsArgon2Options extends Partial<Argon2Cost> {
  /** The package itself, for bundlers that cannot follow a dynamic import: `import * as module from '@node-rs/argon2'`. */
  readonly module?: NodeRsArgon2Module
}

/**
 * A password hasher on the package `@node-rs/argon2`: argon2id, 19 MiB, two passes and one lane unless told
 * otherwise. Hashes of `freehold/argon2` are taken too; a hash that costs more than 1 GiB, 10 passes or 16 lanes is
 * never run.
 * @throws CONFIG_INVALID now; PACKAGE_MISSING when the first password is hashed
 */
export function nodeRsArgon2(options: NodeRsArgon2Options = {}): PasswordHasher {
  const cost = argon2Cost('nodeRsArgon2', options)
  const hashing: NodeRsArgon2HashOptions = {
    algorithm: 2,
    version: 1,
    memoryCost: cost.memoryKiB,
    timeCost: cost.iterations,
    parallelism: cost.parallelism,
    outputLen: HASH_BYTES,
  }
  const load = async (): Promise<NodeRsArgon2Module> => options.module ?? importPackage()
  return {
    name: '@node-rs/argon2',
    hash: async (password) => (await load()).hash(password, hashing),
    verify: async (hash, password) => parseArgon2(hash) !== undefined && (await load()).verify(hash, password),
    needsRehash: (hash) => isWeaker(hash, cost),
    reads: (hash) => parseArgon2(hash) !== undefined,
  }
}

/** Node keeps what it imported, so asking again costs nothing; a failure is a new error for each caller. */
async function importPackage(): Promise<NodeRsArgon2Module> {
  try {
    const found: NodeRsArgon2Module & { readonly default?: NodeRsArgon2Module } = await import('@node-rs/argon2')
    return found.default ?? found
  } catch (cause) {
    throw new FreeholdError(
      'PACKAGE_MISSING',
      {
        package: '@node-rs/argon2',
        range: '^2.2.1',
        hint: 'npm install @node-rs/argon2, or give another passwordHasher',
      },
      { cause },
    )
  }
}
