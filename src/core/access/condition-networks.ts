// Addresses and networks of a condition: IPv4 and IPv6, where an IPv4 address in the dress of IPv6 is an IPv4 address.

import { isIP } from 'node:net'

/** Groups of 16 bits: two of an IPv4 address, eight of an IPv6 one. */
type Address = readonly number[]

export interface Network {
  readonly address: Address
  /** Bits that count. */
  readonly bits: number
  /** As written: `10.0.0.0/8`. */
  readonly text: string
}

const NETWORK = /^([0-9a-f.:]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/i

/** An address, or a network in CIDR notation (RFC 4632, RFC 4291) whose bits behind the prefix are 0; undefined for anything else. */
export function readNetwork(text: unknown): Network | undefined {
  if (typeof text !== 'string') return undefined
  const [, written = '', prefix] = NETWORK.exec(text) ?? []
  const address = readAddress(written)
  // a network in the dress of IPv6 says how long its prefix is in a way of its own
  if (!address || (address.length === 2 && written.includes(':'))) return undefined
  const most = address.length * 16
  const bits = prefix === undefined ? most : Number(prefix)
  if (bits > most) return undefined
  const behind = address.some((group, i) => (group & ~maskOf(bits, i)) !== 0)
  return behind ? undefined : { address, bits, text }
}

/** Of one or several that are written somewhere; undefined in place of what cannot be read. Null is none. */
export function networksOf(given: unknown): readonly (Network | undefined)[] {
  if (given === null) return []
  return Array.isArray(given) ? Array.from(given, readNetwork) : [readNetwork(given)]
}

/** Undefined for what is no address, one with a zone (`fe80::1%eth0`) among it. */
export function readAddress(text: string): Address | undefined {
  const version = isIP(text)
  if (version === 4) return readIPv4(text)
  if (version === 0 || text.includes('%')) return undefined
  const groups = readIPv6(text)
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  return mapped ? groups.slice(6) : groups
}

export function isInside(address: Address, network: Network): boolean {
  if (address.length !== network.address.length) return false
  for (let i = 0; i < address.length; i++) {
    if (((address[i]! ^ network.address[i]!) & maskOf(network.bits, i)) !== 0) return false
  }
  return true
}

/** The bits of group `i` that count. */
function maskOf(bits: number, i: number): number {
  const inGroup = Math.min(16, Math.max(0, bits - i * 16))
  return (0xffff << (16 - inGroup)) & 0xffff
}

function readIPv4(text: string): number[] {
  const [a, b, c, d] = text.split('.').map(Number)
  return [(a! << 8) | b!, (c! << 8) | d!]
}

function readIPv6(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const first = groupsOf(head)
  if (tail === undefined) return first
  const last = groupsOf(tail)
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
}

function groupsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => (group.includes('.') ? readIPv4(group) : [Number.parseInt(group, 16)]))
}
