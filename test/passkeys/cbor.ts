// CBOR (RFC 8949) as authenticators write it: integers, byte strings, texts, arrays and maps, definite lengths only.

export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encodeCbor)])
  const map = value as ReadonlyMap<number | string, Cbor>
  const items = [...map].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)])
  return Buffer.concat([head(5, map.size), ...items])
}

function head(major: number, length: number): Uint8Array {
  const type = major << 5
  if (length < 24) return Buffer.of(type | length)
  if (length < 0x100) return Buffer.of(type | 24, length)
  if (length < 0x1_0000) return Buffer.of(type | 25, length >> 8, length & 0xff)
  const bytes = Buffer.alloc(5)
  bytes[0] = type | 26
  bytes.writeUInt32BE(length, 1)
  return bytes
}
