// Refresh tokens: how they are written, read, and derived. A token carries its own address (tenant, session,
// generation) under a keyed tag, so that what we did not make is refused before any database is asked.

import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
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
/** Prefix and body. */
const TAGGED_LENGTH = PREFIX.length + BODY_LENGTH
const CHILD_LABEL = 'child'
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
  // one token at a time passes through it, and none stays: nothing here waits
  const frame = Buffer.alloc(TAGGED_LENGTH + TAG_LENGTH)
  frame.write(PREFIX)
  const seed = Buffer.alloc(CHILD_LABEL.length + NONCE_LENGTH + SECRET_LENGTH)
  seed.write(CHILD_LABEL)

  function framed<Answer>(work: () => Answer): Answer {
    try {
      return work()
    } finally {
      frame.fill(0, PREFIX.length)
    }
  }

  return {
    write: (token) =>
      framed(() => {
        const key = keys().get(token.keyId)
        if (!key) throw new RangeError(`no root key has the number ${token.keyId}`)
        fill(frame, token)
        frame.set(tagOf(key, frame), TAGGED_LENGTH)
        return PREFIX + frame.toString('base64url', PREFIX.length)
      }),
    parse(text) {
      if (typeof text !== 'string' || text.length !== TEXT_LENGTH || !text.startsWith(PREFIX)) return undefined
      return framed(() => {
        frame.write(text.slice(PREFIX.length), PREFIX.length, 'base64url')
        // read leniently: what does not come back as it was is not canonical
        if (frame.toString('base64url', PREFIX.length) !== text.slice(PREFIX.length)) return undefined
        const key = keys().get(frame[PREFIX.length]!)
        if (!key || !timingSafeEqual(tagOf(key, frame), frame.subarray(TAGGED_LENGTH))) return undefined
        return read(frame)
      })
    },
    child(parent, keyId, nonce) {
      const key = keys().get(keyId)?.child
      if (!key) return undefined
      seed.set(nonce, CHILD_LABEL.length)
      seed.set(parent.secret, CHILD_LABEL.length + NONCE_LENGTH)
      const secret = createHmac('sha256', key).update(seed).digest()
      seed.fill(0, CHILD_LABEL.length)
      // four bytes hold more generations than a column does; the last has a child too, so that asking for one never throws
      return { ...parent, keyId, generation: (parent.generation + 1) % GENERATIONS, secret }
    },
  }
}

/** What the database keeps of a token: SHA-256 of its text. */
export function hashRefreshToken(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

function fill(frame: Buffer, token: RefreshToken): void {
  frame[PREFIX.length] = token.keyId
  frame.set(idBytes(token.tenantId), PREFIX.length + 1)
  frame.set(idBytes(token.sessionId), PREFIX.length + 17)
  frame.writeUInt32BE(token.generation, PREFIX.length + 33)
  frame.set(token.secret, PREFIX.length + 37)
}

function read(frame: Buffer): RefreshToken {
  const body = frame.subarray(PREFIX.length, TAGGED_LENGTH)
  return {
    keyId: body[0]!,
    tenantId: formatId(body.subarray(1, 17)) as TenantId,
    sessionId: formatId(body.subarray(17, 33)) as SessionId,
    generation: body.readUInt32BE(33),
    secret: Uint8Array.from(body.subarray(37)),
  }
}

function tagOf(keys: Keys, frame: Buffer): Buffer {
  return createHmac('sha256', keys.tag).update(frame.subarray(0, TAGGED_LENGTH)).digest().subarray(0, TAG_LENGTH)
}
