// Access tokens: JWTs (RFC 7519, RFC 9068) signed with Ed25519 (RFC 8037). Each root key has one signing key,
// derived from it, so that processes with the same root keys agree without a key store.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { decodeJwt, errors } from 'jose'
import { encodeBase64url } from '../kernel/encoding.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type SessionId, type TenantId, type UserId } from '../kernel/ids.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Runtime } from '../kernel/runtime.ts'
import type { JsonWebKey } from './session.ts'

/** What an access token says. */
export interface AccessClaims {
  readonly tenantId: TenantId
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly generation: number
  /** The user's session epoch when the token was made. */
  readonly epoch: number
  readonly assuranceLevel: number
  /** In whole seconds, as the token has it. */
  readonly authenticatedAt: Date
  readonly expiresAt: Date
  /** The operator who acts as the user. */
  readonly impersonatorId?: UserId
}

/** `expiresAt` is made from the lifetime. */
export type AccessGrant = Omit<AccessClaims, 'expiresAt'> & {
  /** Milliseconds; the token has whole seconds, at least one. */
  readonly lifetimeMs: number
}

export interface AccessTokens {
  /**
   * Signs with the current key. In this thread, as a signature is checked: both take less than a tenth of a millisecond, less
   * than the way to another thread and back, and never wait behind a queue of passwords there.
   */
  sign(grant: AccessGrant): string
  /**
   * Signature, issuer, purpose and expiry (with 5 s for clocks that differ), and nothing else.
   * @throws TOKEN_INVALID, TOKEN_EXPIRED
   */
  verify(token: unknown): Promise<AccessClaims>
  /** Names one of the keys as they are now. Says nothing of the signature, and costs little. */
  names(token: string): boolean
  jwks(): { readonly keys: readonly JsonWebKey[] }
}

const ALGORITHM = 'EdDSA'
const TYPE = 'at+jwt'
/** Audience and type say what the token is for; tokens of another purpose have another audience and another type. */
const AUDIENCE = 'freehold:access'
export const MAXIMUM_TOKEN_LENGTH = 8192
const CLOCK_TOLERANCE_S = 5
/** The three parts as only one text can be written; an Ed25519 signature is 64 bytes, 86 characters. */
const CANONICAL = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]$/
/** RFC 8410: what stands before the 32 bytes of a seed in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

interface SigningKey {
  readonly id: number
  /** The first part of each token that it signs. */
  readonly header: string
  readonly secret: KeyObject
  readonly open: KeyObject
  readonly published: JsonWebKey
}

export function createAccessTokens(keyring: Keyring, runtime: Runtime, issuer: string): AccessTokens {
  const keys = keyring.fromKeys(() => keyring.all.map((id) => deriveSigningKey(keyring, id)))
  const currentKey = keyring.fromKeys(() => keys().find((key) => key.id === keyring.current)!)
  // Our header is one constant text per key, and no other header is ours: that settles algorithm, type, key,
  // `crit`, `jwk` and whatever else a header may try, before anything is decoded (attack cases J01, J02).
  const byHeader = keyring.fromKeys(() => new Map(keys().map((key) => [key.header, key.open])))

  const named = (token: string): KeyObject | undefined => byHeader().get(token.slice(0, token.indexOf('.')))
  const keyOf = (token: string): KeyObject | undefined =>
    token.length <= MAXIMUM_TOKEN_LENGTH && CANONICAL.test(token) ? named(token) : undefined

  return {
    sign(grant) {
      const current = currentKey()
      const now = Math.floor(runtime.now() / 1000)
      const claims = {
        iss: issuer,
        aud: AUDIENCE,
        sub: grant.userId,
        tid: grant.tenantId,
        sid: grant.sessionId,
        gen: grant.generation,
        epoch: grant.epoch,
        aal: grant.assuranceLevel,
        auth_time: Math.floor(grant.authenticatedAt.getTime() / 1000),
        iat: now,
        exp: now + Math.max(1, Math.floor(grant.lifetimeMs / 1000)),
        jti: runtime.newId(),
        // RFC 8693, section 4.1
        ...(grant.impersonatorId === undefined ? {} : { act: { sub: grant.impersonatorId } }),
      }
      // RFC 7515, section 5.1
      const input = `${current.header}.${encodeJson(claims)}`
      return `${input}.${encodeBase64url(sign(null, Buffer.from(input), current.secret))}`
    },
    async verify(token) {
      const key = typeof token === 'string' ? keyOf(token) : undefined
      if (typeof token !== 'string' || !key || !isSigned(token, key)) throw new FreeholdError('TOKEN_INVALID')
      const claims = read(payloadOf(token), issuer)
      if (hasExpired(claims, runtime.now())) throw new FreeholdError('TOKEN_EXPIRED')
      return claims
    },
    names: (token) => named(token) !== undefined,
    jwks: () => ({ keys: keys().map((key) => key.published) }),
  }
}

/** RFC 8037, section 3.1. */
function isSigned(token: string, key: KeyObject): boolean {
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  return verify(null, Buffer.from(token.slice(0, dot), 'latin1'), key, signature)
}

/** Of a signed token. */
function payloadOf(token: string): Payload {
  try {
    return decodeJwt(token) as unknown as Payload
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new FreeholdError('TOKEN_INVALID', {}, { cause: error })
    throw error
  }
}

interface Payload {
  readonly iss: unknown
  readonly aud: unknown
  readonly sub: UserId
  readonly tid: TenantId
  readonly sid: SessionId
  readonly jti: unknown
  readonly iat: number
  readonly exp: number
  readonly gen: number
  readonly epoch: number
  readonly aal: number
  readonly auth_time: number
  readonly act?: { readonly sub?: unknown }
}

/** By the rule of `verify`: whole seconds, and 5 s for clocks that differ. */
export function hasExpired({ expiresAt }: AccessClaims, nowMs: number): boolean {
  // written so that a time beyond what a Date holds has passed
  return !(expiresAt.getTime() / 1000 > Math.floor(nowMs / 1000) - CLOCK_TOLERANCE_S)
}

/** Signed by us, yet looked at: a token of another purpose or issuer is none, and ids lead to rows and to places in caches. */
function read(payload: Payload, issuer: string): AccessClaims {
  const { iss, aud, sub, tid, sid, jti, iat, exp, gen, epoch, aal, auth_time, act } = payload
  const wanted = iss === issuer && aud === AUDIENCE && typeof jti === 'string'
  const numbers = [gen, epoch, aal, auth_time, iat, exp].every(Number.isSafeInteger)
  if (!wanted || !numbers || !isId(sub) || !isId(tid) || !isId(sid)) throw new FreeholdError('TOKEN_INVALID')
  if (act !== undefined && !isId(act?.sub)) throw new FreeholdError('TOKEN_INVALID')
  return {
    tenantId: tid,
    userId: sub,
    sessionId: sid,
    generation: gen,
    epoch,
    assuranceLevel: aal,
    authenticatedAt: new Date(auth_time * 1000),
    expiresAt: new Date(exp * 1000),
    ...(act === undefined ? {} : { impersonatorId: act.sub as UserId }),
  }
}

function deriveSigningKey(keyring: Keyring, id: number): SigningKey {
  const seed = keyring.derive(id, 'access-signing', 32)!
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const open = createPublicKey(secret)
  const kid = `k${id}`
  const { x = '' } = open.export({ format: 'jwk' })
  return {
    id,
    header: encodeJson({ alg: ALGORITHM, typ: TYPE, kid }),
    secret,
    open,
    published: Object.freeze({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: ALGORITHM, use: 'sig' }),
  }
}

function encodeJson(value: unknown): string {
  return encodeBase64url(Buffer.from(JSON.stringify(value)))
}
