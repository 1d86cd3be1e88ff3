// Access tokens whose signature was checked already. A client sends one token hundreds of times, and checking an
// Ed25519 signature costs as much as fifty hashes of the token. Only what was good is remembered, under the hash of
// the exact text; nothing about sessions is: whether one has ended is asked anew each time, and by its id.

import { hash } from 'node:crypto'
import { FreeholdError } from '../kernel/errors.ts'
import { type AccessClaims, type AccessTokens, hasExpired, MAXIMUM_TOKEN_LENGTH } from './access-token.ts'

/** Tokens in one of the two halves; some 500 bytes each. */
const HALF = 5_000

/** The same tokens; `verify` checks each signature once while it is remembered, and its expiry every time. */
export function rememberingTokens(tokens: AccessTokens, now: () => number, half = HALF): AccessTokens {
  let young = new Map<string, AccessClaims>()
  let old = new Map<string, AccessClaims>()

  function remember(key: string, claims: AccessClaims): void {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    young.set(key, claims)
  }

  return {
    sign: tokens.sign,
    names: tokens.names,
    jwks: tokens.jwks,
    async verify(token) {
      // a key that is gone takes what it signed along, remembered or not
      const possible = typeof token === 'string' && token.length <= MAXIMUM_TOKEN_LENGTH && tokens.names(token)
      if (!possible) throw new FreeholdError('TOKEN_INVALID')
      const key = hash('sha256', token, 'base64')
      let claims = young.get(key)
      if (!claims) {
        claims = old.get(key) ?? Object.freeze(await tokens.verify(token))
        remember(key, claims)
      }
      if (hasExpired(claims, now())) throw new FreeholdError('TOKEN_EXPIRED')
      return claims
    },
  }
}
