// Whom a request comes from and which host it asked for, when proxies stand in front. Only what the host's own
// proxies wrote is believed; whatever the client wrote further left is not.

import { isIP, isIPv4 } from 'node:net'
import { FreeholdError } from '../kernel/errors.ts'
import { parseHost } from './host-name.ts'
import type { RequestView } from './resolver.ts'

/**
 * The host the client asked for, normalised. Behind a trusted proxy the `X-Forwarded-Host` of the nearest, otherwise the
 * Host header, and the URL's own host where a fetch-style request has none.
 * @throws HOST_INVALID: malformed, or a Host that is given twice (two parsers may pick differently)
 */
export function hostOf(request: RequestView, trustedProxies: number): string {
  const forwarded = forwardedBy(request.headers, 'x-forwarded-host', trustedProxies)
  return parseHost(forwarded ?? request.headers.get('host') ?? authorityOf(request.url))
}

/** What the proxy next to us wrote: the last entry of the list. Undefined where there is none, or none is trusted. */
export function forwardedBy(
  headers: RequestView['headers'],
  name: 'x-forwarded-host' | 'x-forwarded-proto',
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return undefined
  return headers.get(name)?.split(',').at(-1)?.trim().toLowerCase() || undefined
}

/**
 * The client's address: the peer's without trusted proxies; with n of them the n-th from the right of `X-Forwarded-For`,
 * which the outermost one of ours wrote. A shorter list came past some of them, so the peer itself is named. Undefined when that
 * is no address.
 */
export function clientAddressOf(request: RequestView, trustedProxies: number): string | undefined {
  const hops = trustedProxies > 0 ? (request.headers.get('x-forwarded-for')?.split(',') ?? []) : []
  const client = hops.length > 0 ? hops.at(-trustedProxies) : undefined
  return addressOf(client ?? request.peerAddress)
}

/** An address alone: without port, brackets, zone, and the IPv6 dress of an IPv4 address (RFC 4291, section 2.5.5.2). */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 100) return undefined
  const [, bracketed, ipv4] = /^\s*(?:\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+)\s*$/.exec(text) ?? []
  const bare = (bracketed ?? ipv4 ?? text).trim().replace(/%.*$/, '').toLowerCase()
  const mapped = bare.startsWith('::ffff:') ? bare.slice('::ffff:'.length) : ''
  if (isIPv4(mapped)) return mapped
  return isIP(bare) ? bare : undefined
}

/** The authority of an absolute URL; a fetch-style request always has one. */
function authorityOf(url: string): string {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]
  if (authority === undefined) throw new FreeholdError('HOST_INVALID')
  return authority
}
