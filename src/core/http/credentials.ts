// The credential of a request: a bearer token or the access cookie, nowhere else. A token in a query string ends in
// logs and histories, so none is read there (RFC 9700, section 4.3.2).

import { looksLikeApiKey } from '../identity/api-key-token.ts'
import type { Cookies } from './cookies.ts'

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'cookie'; readonly token: string }
  /** A bearer token that is an API key. */
  | { readonly kind: 'api-key'; readonly token: string }
  /** There is an Authorization header that is none: answered 401, whatever cookies come with it. */
  | { readonly kind: 'malformed' }

/** Longer than any token of ours; checked before anything parses it. */
const MAXIMUM_TOKEN = 8192
/** auth-scheme, and what follows it (RFC 9110, section 11.4). */
const AUTHORIZATION = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(.*))?$/
/** token68 without padding; base64url and dots are all that tokens of ours are made of. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/**
 * An Authorization header of another scheme (a staging gate's `Basic`) is not for us and leaves the cookie to speak.
 * Where a bearer token is shown, the cookie is not looked at.
 */
export function readCredential(headers: Headers, cookies: Cookies): Credential {
  const authorization = headers.get('authorization')
  if (authorization !== null) {
    const [, scheme, rest = ''] = AUTHORIZATION.exec(authorization) ?? []
    if (scheme === undefined) return { kind: 'malformed' }
    if (scheme.toLowerCase() === 'bearer') return bearer(rest)
  }
  const token = cookies.access(headers)
  return token === undefined ? { kind: 'none' } : { kind: 'cookie', token }
}

function bearer(token: string): Credential {
  if (token.length > MAXIMUM_TOKEN || !TOKEN.test(token)) return { kind: 'malformed' }
  return { kind: looksLikeApiKey(token) ? 'api-key' : 'bearer', token }
}
