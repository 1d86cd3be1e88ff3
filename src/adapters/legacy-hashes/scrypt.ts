// scrypt (RFC 7914), as passlib and the PHC string format write it, and as Ory Kratos does: `ln` is the logarithm of N in
// the one, and N itself in the other.

import { scrypt } from 'node:crypto'
import { decodeParts, type Format, sameBytes } from './format.ts'

export interface ScryptCost {
  /** The logarithm of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** `$scrypt$ln=14,r=8,p=1$salt$hash` */
const SCRYPT = /^\$scrypt\$ln=([0-9]{1,7}),r=([0-9]{1,3}),p=([0-9]{1,3})\$([A-Za-z0-9+/=.]+)\$([A-Za-z0-9+/=.]+)$/
/** 128 MiB, ten times. */
const LIMITS: ScryptCost = { ln: 17, r: 8, p: 10 }

export const scryptFormat: Format = (hash) => {
  const [, ln, r, p, saltText, digestText] = SCRYPT.exec(hash) ?? []
  const parts = decodeParts(saltText ?? '', digestText ?? '')
  if (!parts) return undefined
  const cost = scryptCost(Number(ln), Number(r), Number(p))
  if (!cost || cost === 'too-costly') return cost
  return {
    verify: async (password) =>
      sameBytes(await runScrypt(password, parts.salt, parts.digest.length, cost), parts.digest),
  }
}

/** @param ln the logarithm of N, or N itself from 64 on, where no logarithm can be */
export function scryptCost(ln: number, r: number, p: number): ScryptCost | 'too-costly' | undefined {
  const logarithm = ln < 64 ? ln : Math.log2(ln)
  if (!Number.isInteger(logarithm) || logarithm < 1 || r < 1 || p < 1) return undefined
  return logarithm > LIMITS.ln || r > LIMITS.r || p > LIMITS.p ? 'too-costly' : { ln: logarithm, r, p }
}

/** In the thread pool. */
export function runScrypt(
  password: string,
  salt: Uint8Array,
  bytes: number,
  { ln, r, p }: ScryptCost,
): Promise<Buffer> {
  const N = 2 ** ln
  // what it needs by RFC 7914, and room for the library's own
  const maxmem = 128 * r * (N + p) + 1_048_576
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, { N, r, p, maxmem }, (error, derived) => (error ? reject(error) : resolve(derived)))
  })
}
