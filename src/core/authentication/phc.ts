// Argon2 hashes as PHC strings (the PHC string format; RFC 9106): what one says, which ones may be run, and which
// are weaker than today's. Both argon2 adapters read them here, so that what one makes the other takes.

import { FreeholdError } from '../kernel/errors.ts'

/** The cost of one hash. */
export interface Argon2Cost {
  /** Memory in KiB. */
  readonly memoryKiB: number
  /** Passes over the memory. */
  readonly iterations: number
  /** Lanes. */
  readonly parallelism: number
}

export interface Argon2Hash extends Argon2Cost {
  readonly variant: 'argon2i' | 'argon2id'
  /** 19 is the version of RFC 9106; 16 is the one before it. */
  readonly version: 16 | 19
  readonly saltBytes: number
  readonly hashBytes: number
}

/** OWASP's Argon2id minimum: 19 MiB, two passes, one lane. */
const DEFAULT_COST: Argon2Cost = { memoryKiB: 19_456, iterations: 2, parallelism: 1 }

/** Bytes of a new hash and of its salt (RFC 9106, section 3.1). */
export const HASH_BYTES = 32
const SALT_BYTES = 16

/** What an imported hash may cost: a row of the database must not be able to stall the server. */
const LIMITS: Argon2Cost = { memoryKiB: 1_048_576, iterations: 10, parallelism: 16 }

const PHC = /^\$(argon2id?)\$(?:v=(16|19)\$)?([mtp0-9=,]{11,24})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/
const COST = /^m=([1-9][0-9]{0,6}),(?:t=([1-9][0-9]?),p=([1-9][0-9]?)|p=([1-9][0-9]?),t=([1-9][0-9]?))$/

/**
 * Reads an argon2i or argon2id hash. Undefined for what should never be run: another algorithm, a cost over
 * 1 GiB, 10 passes or 16 lanes, a hash so short (under 16 bytes) that a wrong password might meet it.
 */
export function parseArgon2(text: string): Argon2Hash | undefined {
  if (text.length > 256) return undefined
  const [, variant, version = '16', costs, salt, digest] = PHC.exec(text) ?? []
  const cost = parseCost(costs)
  if (!variant || !cost || !salt || !digest) return undefined
  const saltBytes = decodedLength(salt)
  const hashBytes = decodedLength(digest)
  if (saltBytes === undefined || hashBytes === undefined) return undefined
  return {
    ...cost,
    variant: variant as Argon2Hash['variant'],
    version: Number(version) as Argon2Hash['version'],
    saltBytes,
    hashBytes,
  }
}

/** True when the hash is weaker than one made today at this cost, or cannot be read. */
export function isWeaker(text: string, today: Argon2Cost): boolean {
  const hash = parseArgon2(text)
  if (!hash) return true
  return (
    hash.variant !== 'argon2id' ||
    hash.version !== 19 ||
    hash.memoryKiB < today.memoryKiB ||
    hash.iterations < today.iterations ||
    hash.hashBytes < HASH_BYTES ||
    hash.saltBytes < SALT_BYTES
  )
}

/**
 * The cost that new hashes get: the host's wish over the default, within the limits.
 * @throws CONFIG_INVALID, naming the option as in `argon2.memoryKiB`
 */
export function argon2Cost(adapter: string, wish: Partial<Argon2Cost>): Argon2Cost {
  const cost: Argon2Cost = {
    memoryKiB: wish.memoryKiB ?? DEFAULT_COST.memoryKiB,
    iterations: wish.iterations ?? DEFAULT_COST.iterations,
    parallelism: wish.parallelism ?? DEFAULT_COST.parallelism,
  }
  const found = costProblem(cost)
  if (!found) return cost
  throw new FreeholdError('CONFIG_INVALID', { option: `${adapter}.${found.parameter}`, problem: found.problem })
}

/**
 * The same hash with its costs as m, t, p: the order of RFC 9106's own implementation, which reads no other. The
 * package argon2 writes m, p, t.
 */
export function inReferenceOrder(text: string): string {
  return text.replace(/\$(m=[0-9]+),(p=[0-9]+),(t=[0-9]+)\$/, '$$$1,$3,$2$$')
}

function parseCost(text: string | undefined): Argon2Cost | undefined {
  const [, m, t1, p1, p2, t2] = COST.exec(text ?? '') ?? []
  const cost: Argon2Cost = { memoryKiB: Number(m), iterations: Number(t1 ?? t2), parallelism: Number(p1 ?? p2) }
  return costProblem(cost) ? undefined : cost
}

function costProblem(cost: Argon2Cost): { parameter: keyof Argon2Cost; problem: string } | undefined {
  for (const parameter of ['memoryKiB', 'iterations', 'parallelism'] as const) {
    const value = cost[parameter]
    if (!Number.isInteger(value) || value < 1 || value > LIMITS[parameter])
      return { parameter, problem: `it is a whole number from 1 to ${LIMITS[parameter]}` }
  }
  // RFC 9106, section 3.1
  if (cost.memoryKiB < 8 * cost.parallelism)
    return { parameter: 'memoryKiB', problem: 'it is at least 8 KiB for each lane' }
  return undefined
}

/** Bytes behind base64 without padding; undefined when it is not the canonical text of any bytes. */
function decodedLength(base64: string): number | undefined {
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === base64 ? bytes.length : undefined
}
