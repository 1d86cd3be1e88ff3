// The secret of a challenge that is answered with a link: a token that carries its own address (tenant, challenge) under
// a tag keyed for one purpose, so that what we did not make for this purpose is refused before any database is asked.

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../kernel/encoding.ts'
import { formatId, idBytes, type TenantId } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'

/** What a token says once its tag has been found right. */
export interface ChallengeToken {
  readonly tenantId: TenantId
  /** The challenge. */
  readonly id: string
  /** 32 bytes. */
  readonly secret: Uint8Array
}

export interface ChallengeTokens {
  /** 114 characters, for one purpose. */
  write(token: ChallengeToken, purpose: string): string
  /** Undefined for anything that `write` did not make for this purpose with one of our keys. Never throws. */
  parse(text: unknown, purpose: string): ChallengeToken | undefined
}

/** `fh_`, the kind, and canonical base64url of: key 1 | tenant 16 | challenge 16 | secret 32 | tag 16. */
const PREFIX = 'fh_ch_'
export const SECRET_LENGTH = 32
const TAG_LENGTH = 16
const BODY_LENGTH = 1 + 16 + 16 + SECRET_LENGTH
const TEXT_LENGTH = PREFIX.length + Math.ceil(((BODY_LENGTH + TAG_LENGTH) * 4) / 3)

export function createChallengeTokens(keyring: Keyring): ChallengeTokens {
  const keys = keyring.fromKeys(
    () =>
      new Map<number, KeyObject>(
        keyring.all.map((number) => [number, createSecretKey(keyring.derive(number, 'challenge-tag', 32)!)]),
      ),
  )
  const tagOf = (body: Uint8Array, purpose: string): Buffer | undefined => {
    const key = keys().get(body[0]!)
    return (
      key && createHmac('sha256', key).update(`${PREFIX}${purpose}\0`).update(body).digest().subarray(0, TAG_LENGTH)
    )
  }
  return {
    write({ tenantId, id, secret }, purpose) {
      const body = Buffer.concat([Buffer.of(keyring.current), idBytes(tenantId), idBytes(id), secret])
      return PREFIX + encodeBase64url(Buffer.concat([body, tagOf(body, purpose)!]))
    },
    parse(text, purpose) {
      if (typeof text !== 'string' || text.length !== TEXT_LENGTH || !text.startsWith(PREFIX)) return undefined
      const bytes = decodeBase64url(text.slice(PREFIX.length))
      if (!bytes) return undefined
      const body = bytes.subarray(0, BODY_LENGTH)
      const tag = tagOf(body, purpose)
      if (!tag || !timingSafeEqual(tag, bytes.subarray(BODY_LENGTH))) return undefined
      return {
        tenantId: formatId(body.subarray(1, 17)) as TenantId,
        id: formatId(body.subarray(17, 33)),
        secret: body.subarray(33),
      }
    },
  }
}
