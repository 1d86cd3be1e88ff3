// Refresh tokens: how they are written, read, and derived. A token carries its own address (tenant, session,
// generation) under a keyed tag, so that what we did not make is refused before any database is asked.

import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../kernel/encoding.ts'
import { formatId, idBytes, type SessionId, type TenantId } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'

/** What a refresh token says once its tag has been found right. */
export interface RefreshToken {
  /** Number of the root key that tagged it and, but for the first generation, derived its secret. */
  readonly keyId: number
  readonly tenantId: TenantId
  readonly sessionId: SessionId
  /** 0 for the token of the sign-in; one more with each rotation, up to 2^32 - 1. */
  readonly generation: number
  /** 32 bytes. */
  readonly secret: Uint8Array
}

export interface RefreshTokens {
  /** The token as text: 120 characters. */
  write(token: RefreshToken): string
  /** Undefined for anything that `write` did not make with one of our keys. Never throws, and asks no database (attack case R11). */
  parse(text: unknown): RefreshToken | undefined
  /**
   * The next generation of a token: its secret is an HMAC of the parent's under the key `keyId` and the nonce that
   * the session row keeps. Whoever has parent, nonce and key derives the same child again, and nobody without all
   * three: a retry needs no stored token, and a leaked database yields none. Undefined when the key is not known here.
   */
  child(parent: RefreshToken, keyId: number, nonce: Uint8Array): RefreshToken | undefined
}

/** `fh_`, the kind, and canonical base64url of: key 1 | tenant 16 | session 16 | generation 4 | secret 32 | tag 16. */
const PREFIX = 'fh_rt_'
const SECRET_LENGTH = 32
/** Bytes of the nonce that a session's row keeps for its next child. */
export const NONCE_LENGTH = 16
const GENERATIONS = 2 ** 32
const TAG_LENGTH = 16
const BODY_LENGTH = 1 + 16 + 16 + 4 + SECRET_LENGTH
const TEXT_LENGTH = PREFIX.length + Math.ceil(((BODY_LENGTH + TAG_LENGTH) * 4) / 3)

interface Keys {
  readonly tag: KeyObject
  readonly child: KeyObject
}

export function createRefreshTokens(keyring: Keyring): RefreshTokens {
  // as KeyObjects: an HMAC under raw bytes costs five times as much
  const keys = keyring.fromKeys(
    () =>
      new Map<number, Keys>(
        keyring.all.map((id) => [
          id,
          {
            tag: createSecretKey(keyring.derive(id, 'refresh-tag', 32)!),
            child: createSecretKey(keyring.derive(id, 'refresh-child', 32)!),
          },
        ]),
      ),
  )
  return {
    write(token) {
      const body = bodyOf(token)
      const tag = tagOf(keys().get(token.keyId), body)
      if (!tag) throw new RangeError(`no root key has the number ${token.keyId}`)
      return PREFIX + encodeBase64url(Buffer.concat([body, tag]))
    },
    parse(text) {
      if (typeof text !== 'string' || text.length !== TEXT_LENGTH || !text.startsWith(PREFIX)) return undefined
      const bytes = decodeBase64url(text.slice(PREFIX.length))
      if (!bytes) return undefined
      const body = bytes.subarray(0, BODY_LENGTH)
      const tag = tagOf(keys().get(body[0]!), body)
      if (!tag || !timingSafeEqual(tag, bytes.subarray(BODY_LENGTH))) return undefined
      return read(body)
    },
    child(parent, keyId, nonce) {
      const key = keys().get(keyId)?.child
      if (!key) return undefined
      const secret = createHmac('sha256', key).update('child').update(nonce).update(parent.secret).digest()
      // four bytes hold more generations than a column does; the last has a child too, so that asking for one never throws
      return { ...parent, keyId, generation: (parent.generation + 1) % GENERATIONS, secret }
    },
  }
}

/** What the database keeps of a token: SHA-256 of its text. */
export function hashRefreshToken(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

function bodyOf(token: RefreshToken): Buffer {
  const body = Buffer.alloc(BODY_LENGTH)
  body[0] = token.keyId
  body.set(idBytes(token.tenantId), 1)
  body.set(idBytes(token.sessionId), 17)
  body.writeUInt32BE(token.generation, 33)
  body.set(token.secret, 37)
  return body
}

function read(body: Uint8Array): RefreshToken {
  return {
    keyId: body[0]!,
    tenantId: formatId(body.subarray(1, 17)) as TenantId,
    sessionId: formatId(body.subarray(17, 33)) as SessionId,
    generation: new DataView(body.buffer, body.byteOffset + 33, 4).getUint32(0),
    secret: body.subarray(37),
  }
}

function tagOf(keys: Keys | undefined, body: Uint8Array): Buffer | undefined {
  return keys && createHmac('sha256', keys.tag).update(PREFIX).update(body).digest().subarray(0, TAG_LENGTH)
}
