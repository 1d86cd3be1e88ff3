// A tiny database in MaxMind's format, version 2.0: a binary tree over IPv6 with IPv4 at its left edge, records of 32
// bits, and a data section after it. For tests: networks in, bytes out.

import { isIPv4 } from 'node:net'

export type MmdbValue = string | number | MmdbDouble | { readonly [key: string]: MmdbValue } | readonly MmdbValue[]

/** Numbers are unsigned integers unless they say otherwise. */
export interface MmdbDouble {
  readonly double: number
}

type Node = [Node | number | undefined, Node | number | undefined]

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')

/** @param networks as `192.0.2.0/24` or `2001:db8::/32`, none inside another */
export function mmdb(networks: Readonly<Record<string, MmdbValue>>, type = 'GeoLite2-City'): Buffer {
  const root: Node = [undefined, undefined]
  const data: Buffer[] = []
  let length = 0
  for (const [network, value] of Object.entries(networks)) {
    const encoded = encode(value)
    put(root, bitsOf(network), length)
    data.push(encoded)
    length += encoded.length
  }
  const nodes: Node[] = []
  const number = new Map<Node, number>()
  const visit = (node: Node): void => {
    number.set(node, nodes.push(node) - 1)
    for (const side of node) if (Array.isArray(side)) visit(side)
  }
  visit(root)
  const tree = Buffer.alloc(nodes.length * 8)
  for (const [i, node] of nodes.entries()) {
    for (const [side, next] of node.entries()) {
      const record = Array.isArray(next) ? number.get(next)! : nodes.length + (next === undefined ? 0 : 16 + next)
      tree.writeUInt32BE(record, i * 8 + side * 4)
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
    database_type: type,
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, metadata])
}

function put(root: Node, bits: readonly number[], value: number): void {
  let node = root
  for (const bit of bits.slice(0, -1)) {
    node[bit] ??= [undefined, undefined]
    node = node[bit] as Node
  }
  node[bits.at(-1)!] = value
}

function bitsOf(network: string): number[] {
  const [address = '', prefix] = network.split('/')
  const bytes = isIPv4(address) ? [...Array<number>(12).fill(0), ...address.split('.').map(Number)] : groupsOf(address)
  const length = Number(prefix) + (isIPv4(address) ? 96 : 0)
  return bytes.flatMap((byte) => [...byte.toString(2).padStart(8, '0')].map(Number)).slice(0, length)
}

function groupsOf(address: string): number[] {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const [left, right] = [groups(head), groups(tail)]
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
  return all.flatMap((group) => [group >> 8, group & 255])
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([control(2, bytes.length), bytes])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  if (isDouble(value)) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value.double)
    return Buffer.concat([control(3, 8), bytes])
  }
  const entries = Object.entries(value as Readonly<Record<string, MmdbValue>>)
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, item]) => [encode(key), encode(item)])])
}

function isDouble(value: MmdbValue): value is MmdbDouble {
  return typeof value === 'object' && 'double' in value && typeof value.double === 'number'
}

/** Types above 7 have a byte of their own; sizes of 29 and more too. */
function control(type: number, size: number): Buffer {
  const first = (type > 7 ? 0 : type) << 5
  const extended = type > 7 ? [type - 7] : []
  return Buffer.from(size < 29 ? [first | size, ...extended] : [first | 29, ...extended, size - 29])
}
