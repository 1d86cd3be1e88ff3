// What the formats have in common: how a hash is read, and the alphabet that they write bytes in.

import { timingSafeEqual } from 'node:crypto'

/** A hash that was read, and may be run. */
export interface ReadHash {
  /** Off the event loop. */
  verify(password: string): Promise<boolean>
  load?(): Promise<void>
}

/** Undefined: another format. */
export type Reading = ReadHash | 'too-costly' | undefined

export type Format = (hash: string) => Reading

/** A shorter one a wrong password might meet. */
const MINIMUM_HASH_BYTES = 16
const MAXIMUM_HASH_BYTES = 128

/** Base64 (RFC 4648), with or without padding, canonical; `.` may stand for `+`, as passlib writes it. */
export function decodeBase64(text: string): Buffer | undefined {
  const bare = text.replace(/={1,2}$/, '').replaceAll('.', '+')
  const bytes = Buffer.from(bare, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === bare ? bytes : undefined
}

/** Salt and hash as bytes; undefined when they are none, or the hash is too short or too long to be one. */
export function decodeParts(salt: string, digest: string): { salt: Buffer; digest: Buffer } | undefined {
  const parts = { salt: decodeBase64(salt), digest: decodeBase64(digest) }
  if (!parts.salt || !parts.digest || !isHashLength(parts.digest.length)) return undefined
  return { salt: parts.salt, digest: parts.digest }
}

export function isHashLength(bytes: number): boolean {
  return bytes >= MINIMUM_HASH_BYTES && bytes <= MAXIMUM_HASH_BYTES
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
