// Host names: one form for each (ASCII, lower case, no port, no trailing dot), so that what is compared, looked up
// and proven is the same text everywhere.

import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { FreeholdError } from '../kernel/errors.ts'

/** Of DNS (RFC 1035, section 2.3.4), without the trailing dot. */
const MAXIMUM_NAME = 253
/** A name, brackets, a trailing dot and a port fit; whatever is longer is not read at all. */
const MAXIMUM_HEADER = 270
/** Letters, digits and inner hyphens; `_` lives in host names of private networks, though in no domain. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** What no host has, and what a second parser may read otherwise: white space, controls, userinfo, paths, escapes, lists. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0020\u007f-\u00a0"#%&'(),/;<=>?@\\^`{|}\u2028\u2029\ufeff]/

/**
 * Normalises the value of a Host header: `Bücher.Example.:8080` is `xn--bcher-kva.example`; an IPv6 address keeps its brackets.
 * @throws HOST_INVALID
 */
export function parseHost(value: string): string {
  const host = readHost(value)
  if (host === undefined) throw new FreeholdError('HOST_INVALID')
  return host
}

/**
 * Normalises a domain that a tenant claims, or a base domain: no port, no address, letters, digits and hyphens only.
 * Undefined when it is not one.
 */
export function parseDomain(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAXIMUM_HEADER || value.includes(':')) return undefined
  const name = readName(value)
  if (name === undefined || isAddress(name)) return undefined
  return name.split('.').every((label) => DOMAIN_LABEL.test(label)) ? name : undefined
}

/** True for an IPv4 address or a bracketed IPv6 address, as `parseHost` answers them. */
export function isAddress(host: string): boolean {
  return host.startsWith('[') || isIPv4(host)
}

/** True when `host` is below `domain`, any number of labels deep. */
export function isBelow(host: string, domain: string): boolean {
  return host.length > domain.length + 1 && host.endsWith(`.${domain}`)
}

function readHost(value: string): string | undefined {
  if (value.length === 0 || value.length > MAXIMUM_HEADER) return undefined
  const bracket = value.startsWith('[') ? value.indexOf(']') + 1 : 0
  const colon = value.indexOf(':', bracket)
  const name = colon < 0 ? value : value.slice(0, colon)
  if (colon >= 0 && !isPort(value.slice(colon + 1))) return undefined
  return bracket > 0 ? readIPv6(name) : readName(name)
}

/** RFC 3986 allows the port to be left out after its colon. */
function isPort(text: string): boolean {
  return /^[0-9]{0,5}$/.test(text) && Number(text) <= 65_535
}

function readIPv6(name: string): string | undefined {
  const address = name.slice(1, -1)
  if (!name.endsWith(']') || !isIPv6(address) || address.includes('%')) return undefined
  return new URL(`http://${name}/`).hostname
}

function readName(name: string): string | undefined {
  if (FORBIDDEN.test(name)) return undefined
  // one trailing dot is the root; the ideographic full stops are dots to domainToASCII
  const ascii = domainToASCII(name).replace(/\.$/, '')
  if (ascii === '' || ascii.length > MAXIMUM_NAME) return undefined
  // 0x7f.1, 127.1 and 017700000001 are 127.0.0.1 to some; to us they are nothing
  if (isIPv4(ascii)) return name === ascii || name === `${ascii}.` ? ascii : undefined
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : undefined
}
