// The two cookies of a browser session, and one that tells a device when it comes back. They belong to one host (no Domain), are out of reach of scripts, and under
// a `__Host-` name no sibling domain can plant them (RFC 6265bis, section 4.1.3.2).

import { parseCookie, stringifySetCookie } from 'cookie'
import { FreeholdError } from '../kernel/errors.ts'
import type { Tokens } from '../sessions/session.ts'
import type { CookieOptions } from './options.ts'

export interface Cookies {
  /** The cookie's value as it was sent: tokens need no decoding, and decoding would give one token several spellings. */
  access(headers: Headers): string | undefined
  refresh(headers: Headers): string | undefined
  /** The device's; it outlives every session. */
  device(headers: Headers): string | undefined
  setDevice(headers: Headers, token: string): void
  /** Adds `Set-Cookie` for both tokens; each cookie lives as long as its token. */
  set(headers: Headers, tokens: Tokens): void
  /** Adds `Set-Cookie` that removes both; the device stays known. */
  clear(headers: Headers): void
}

/** As long as a cookie may live (RFC 6265bis, section 4.1.2.1); each sign-in begins it anew. */
const DEVICE_SECONDS = 400 * 24 * 60 * 60

/** @throws CONFIG_INVALID */
export function createCookies(options: CookieOptions = {}): Cookies {
  const { secure = true, prefix = 'fh', sameSite = 'lax' } = options
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(prefix)) {
    throw invalid('prefix', 'it is 1 to 32 letters, digits, hyphens and underscores')
  }
  if (sameSite !== 'lax' && sameSite !== 'strict') throw invalid('sameSite', 'it is lax or strict')
  const accessName = `${secure ? '__Host-' : ''}${prefix}-access`
  const refreshName = `${secure ? '__Host-' : ''}${prefix}-refresh`

  const deviceName = `${secure ? '__Host-' : ''}${prefix}-device`

  const bake = (name: string, value: string, maxAge: number): string =>
    stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure, sameSite }, { encode: String })

  return {
    access: (headers) => read(headers, accessName),
    refresh: (headers) => read(headers, refreshName),
    device: (headers) => read(headers, deviceName),
    setDevice(headers, token) {
      headers.append('set-cookie', bake(deviceName, token, DEVICE_SECONDS))
    },
    set(headers, tokens) {
      headers.append('set-cookie', bake(accessName, tokens.accessToken, seconds(tokens.accessTokenExpiresInMs)))
      headers.append('set-cookie', bake(refreshName, tokens.refreshToken, seconds(tokens.refreshTokenExpiresInMs)))
    },
    clear(headers) {
      headers.append('set-cookie', bake(accessName, '', 0))
      headers.append('set-cookie', bake(refreshName, '', 0))
    },
  }
}

function read(headers: Headers, name: string): string | undefined {
  const header = headers.get('cookie')
  if (!header) return undefined
  // an empty cookie is what a half-finished removal leaves behind
  return parseCookie(header, { decode: (value) => value })[name] || undefined
}

function seconds(durationMs: number): number {
  return Math.max(0, Math.floor(durationMs / 1000))
}

function invalid(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option: `http.cookies.${option}`, problem })
}
