// Requests that another site made a browser send. Whatever a cookie authenticates, or sets, must come from a page of
// our own origin or of one the host trusts: by Sec-Fetch-Site, and by Origin where a browser sends none.

import { FreeholdError } from '../kernel/errors.ts'
import { forwardedBy } from '../tenancy/forwarded.ts'

export interface OriginCheck {
  /**
   * Passes safe methods, and unsafe ones from our own pages. Signing in counts as unsafe although no cookie
   * authenticates it: a browser must not be signed in as somebody else (login CSRF).
   * @throws CSRF_REFUSED also when neither header is there: a client that is no browser uses bearer tokens
   */
  check(request: Request): void
}

export interface OriginOptions {
  readonly trustedOrigins?: readonly string[] | undefined
  /** As ResolverOptions.trustedProxies: 0 ignores `X-Forwarded-*`. */
  readonly trustedProxies?: number | undefined
}

/** @throws CONFIG_INVALID when a trusted origin is not spelled as browsers spell it */
export function createOriginCheck(options: OriginOptions = {}): OriginCheck {
  const { trustedOrigins = [], trustedProxies = 0 } = options
  for (const origin of trustedOrigins) {
    if (!/^https?:\/\/[a-z0-9.:[\]-]+$/.test(origin) || originOf(origin) !== origin) {
      throw new FreeholdError('CONFIG_INVALID', {
        option: 'http.trustedOrigins',
        problem: `${JSON.stringify(origin)} is not an origin as https://app.example.com, without path, wildcard or default port`,
      })
    }
  }
  const trusted: ReadonlySet<string> = new Set(trustedOrigins)

  return {
    check(request) {
      if (isSafe(request.method)) return
      const site = request.headers.get('sec-fetch-site')
      if (site === 'same-origin' || site === 'none') return
      const origin = request.headers.get('origin')
      // compared whole: no prefix, no suffix, no wildcard (CVE-2025-71403)
      if (origin !== null && trusted.has(origin)) return
      if (site === null && origin !== null && origin === ownOrigin(request, trustedProxies)) return
      throw new FreeholdError('CSRF_REFUSED', site === null && origin === null ? NO_BROWSER : {})
    },
  }
}

/** As curl sends it. */
const NO_BROWSER = {
  detail:
    'It has neither Origin nor Sec-Fetch-Site, which browsers send. A client that is none sends "transport": "body" where it signs in, and then its access token as Authorization: Bearer; or an Origin of this site.',
}

/** Methods that change nothing (RFC 9110, section 9.2.1). */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** The origin the browser sees: the one of the URL, or the nearest trusted proxy's word for it. */
function ownOrigin(request: Request, trustedProxies: number): string | undefined {
  const url = new URL(request.url)
  const scheme = forwardedBy(request.headers, 'x-forwarded-proto', trustedProxies) ?? url.protocol.slice(0, -1)
  const host = forwardedBy(request.headers, 'x-forwarded-host', trustedProxies) ?? url.host
  return scheme === 'https' || scheme === 'http' ? originOf(`${scheme}://${host}`) : undefined
}

function originOf(text: string): string | undefined {
  try {
    const { origin } = new URL(text)
    return origin === 'null' ? undefined : origin
  } catch {
    return undefined
  }
}
