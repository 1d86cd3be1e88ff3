// The tenant in a path. What another parser may read differently (an encoded slash or dot, a doubled slash, a
// backslash) names no tenant: the path is read once, here, and handed on as it was read (U05).

import { FreeholdError } from '../kernel/errors.ts'

/** Encoded slash, backslash, dot or NUL, once or twice encoded; a bare backslash; an empty or a dot segment. */
const AMBIGUOUS = /%(?:25)*(?:2f|5c|2e|00)|\\|\/\/|\/\.{1,2}(?:\/|$)/i

/** The path of a URL, absolute or not, as it was sent: without query and fragment. */
export function pathnameOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i, '').replace(/[?#].*$/s, '')
  return path.startsWith('/') ? path : `/${path}`
}

/**
 * Slug and inner path of `/t/acme/notes`; undefined when the path is not under the prefix, or ends with it.
 * @throws TENANT_UNKNOWN when the path is under the prefix only after further decoding, or ambiguous beyond it
 */
export function tenantPath(url: string, prefix: string): { readonly slug: string; readonly path: string } | undefined {
  const path = pathnameOf(url)
  if (!plain(path).startsWith(prefix)) return undefined
  if (!path.startsWith(prefix) || AMBIGUOUS.test(path)) throw new FreeholdError('TENANT_UNKNOWN')
  const rest = path.slice(prefix.length)
  const slash = rest.indexOf('/')
  const slug = slash < 0 ? rest : rest.slice(0, slash)
  return slug === '' ? undefined : { slug, path: slash < 0 ? '/' : rest.slice(slash) }
}

/** The path as the most generous parser would read it: decoded twice, slashes united, dots resolved. */
function plain(path: string): string {
  const parts: string[] = []
  const segments = decoded(decoded(path)).replaceAll('\\', '/').split('/')
  for (const part of segments) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const end = ['', '.', '..'].includes(segments.at(-1) ?? '') ? '/' : ''
  return parts.length === 0 ? '/' : `/${parts.join('/')}${end}`
}

/** Every `%xx` as the character of its byte; a malformed one stays. */
function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
