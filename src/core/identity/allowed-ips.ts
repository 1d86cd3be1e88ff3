// Addresses and networks that a credential may be used from.

import { BlockList, isIP } from 'node:net'
import { invalid } from '../kernel/input.ts'

const AT_MOST = 100

/** Addresses and CIDR networks (RFC 4632, RFC 4291), IPv4 and IPv6. @throws INPUT_INVALID */
export function checkAllowedIps(given: unknown, field: string): string[] {
  if (!Array.isArray(given) || given.length > AT_MOST)
    throw invalid(field, `it is a list of at most ${AT_MOST} networks`)
  return given.map((entry, i) => {
    if (!parse(entry)) throw invalid(`${field}[${i}]`, 'it is no address and no network as 192.0.2.0/24')
    return entry as string
  })
}

/** No list allows every address; a list allows no address that is not known. */
export function isAllowedIp(allowed: readonly string[], address: string | undefined): boolean {
  if (allowed.length === 0) return true
  const plain = address?.split('%')[0]?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  const family = plain === undefined ? 0 : isIP(plain)
  if (plain === undefined || family === 0) return false
  const list = new BlockList()
  for (const entry of allowed) {
    const network = parse(entry)
    if (network) list.addSubnet(network.address, network.bits, network.family)
  }
  return list.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

interface Network {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

function parse(entry: unknown): Network | undefined {
  if (typeof entry !== 'string') return undefined
  const [, address = '', bits] = /^([0-9a-f.:]{2,45})(?:\/(0|[1-9][0-9]{0,2}))?$/i.exec(entry) ?? []
  const version = isIP(address)
  if (version === 0) return undefined
  const most = version === 6 ? 128 : 32
  const wanted = bits === undefined ? most : Number(bits)
  return wanted > most ? undefined : { address, bits: wanted, family: version === 6 ? 'ipv6' : 'ipv4' }
}
