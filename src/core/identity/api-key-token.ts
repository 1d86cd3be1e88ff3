// API keys as text: a start that says what it is, the tenant and the key's id, so that it routes itself, a secret, and a
// checksum, so that scanners of code know a real one and a mistyped one asks no database (attack case K03).

import { hash, timingSafeEqual } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../kernel/encoding.ts'
import { type ApiKeyId, formatId, idBytes, type TenantId } from '../kernel/ids.ts'

export interface ApiKeyToken {
  readonly tenantId: TenantId
  readonly id: ApiKeyId
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/** `fh_`, the kind, and canonical base64url of: tenant 16 | id 16 | secret 32 | checksum 4. */
const PREFIX = 'fh_ak_'
const BODY_LENGTH = 16 + 16 + 32
const CHECKSUM_LENGTH = 4
const TEXT_LENGTH = PREFIX.length + Math.ceil(((BODY_LENGTH + CHECKSUM_LENGTH) * 4) / 3)
/** Ids are UUIDv7, whose first half tells a time: what is shown of a key comes from the end of its id. */
const SHOWN = 8

export function writeApiKey({ tenantId, id, secret }: ApiKeyToken): string {
  const body = Buffer.concat([idBytes(tenantId), idBytes(id), secret])
  return PREFIX + encodeBase64url(Buffer.concat([body, checksumOf(body)]))
}

/** Undefined for anything that `writeApiKey` does not answer. */
export function parseApiKey(text: unknown): ApiKeyToken | undefined {
  if (typeof text !== 'string' || text.length !== TEXT_LENGTH || !text.startsWith(PREFIX)) return undefined
  const bytes = decodeBase64url(text.slice(PREFIX.length))
  if (!bytes) return undefined
  const body = bytes.subarray(0, BODY_LENGTH)
  if (!timingSafeEqual(checksumOf(body), bytes.subarray(BODY_LENGTH))) return undefined
  return {
    tenantId: formatId(body.subarray(0, 16)) as TenantId,
    id: formatId(body.subarray(16, 32)) as ApiKeyId,
    secret: body.subarray(32),
  }
}

/** True for what may be a key of ours and is no token of another kind. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** What the database keeps of a key: SHA-256 of its text. It has 256 random bits, so nothing slower is needed. */
export function hashApiKey(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

/** How a key is shown in a list: enough to tell it from others, and no part of its secret. */
export function shownPrefix(id: ApiKeyId): string {
  return `${PREFIX}…${id.replaceAll('-', '').slice(-SHOWN)}`
}

function checksumOf(body: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(PREFIX), body]), 'buffer').subarray(0, CHECKSUM_LENGTH)
}
