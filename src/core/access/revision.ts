// Read your writes, in any process: a token of how far a tenant's access has come. Opaque to the host; it proves
// nothing, and who makes one up asks the database once more.

import { decodeBase64url, encodeBase64url } from '../kernel/encoding.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { formatId, idBytes, isId } from '../kernel/ids.ts'

export interface Revision {
  /** The tenant's access version. */
  readonly tenant: number
  /** The versions of principals, by id. */
  readonly principals: ReadonlyMap<string, number>
}

const VERSION_BYTES = 6
const ID_BYTES = 16
const ENTRY_BYTES = ID_BYTES + VERSION_BYTES
const LARGEST = 2 ** (8 * VERSION_BYTES) - 1
const MAXIMUM_PRINCIPALS = 20

export function writeRevision(tenantId: string, { tenant, principals }: Revision): string {
  const parts = [idBytes(tenantId), versionBytes(tenant)]
  for (const [id, version] of principals) parts.push(idBytes(id), versionBytes(version))
  return encodeBase64url(Buffer.concat(parts))
}

/** @throws REVISION_INVALID (malformed, or another tenant's) */
export function readRevision(tenantId: string, token: unknown): Revision {
  const bytes = typeof token === 'string' && token.length <= 700 ? decodeBase64url(token) : undefined
  const entries = bytes ? (bytes.length - ENTRY_BYTES) / ENTRY_BYTES : -1
  if (!bytes || !Number.isInteger(entries) || entries < 0 || entries > MAXIMUM_PRINCIPALS) throw invalidRevision()
  const [first, ...others] = Array.from({ length: entries + 1 }, (_, i) => entryAt(Buffer.from(bytes), i * ENTRY_BYTES))
  if (first![0] !== tenantId || !others.every(([id]) => isId(id))) throw invalidRevision()
  return { tenant: first![1], principals: new Map(others) }
}

export function invalidRevision(): FreeholdError<'REVISION_INVALID'> {
  return new FreeholdError('REVISION_INVALID')
}

function versionBytes(version: number): Uint8Array {
  const bytes = Buffer.alloc(VERSION_BYTES)
  bytes.writeUIntBE(Math.min(version, LARGEST), 0, VERSION_BYTES)
  return bytes
}

function entryAt(bytes: Buffer, at: number): readonly [id: string, version: number] {
  const id = new Uint8Array(bytes.subarray(at, at + ID_BYTES))
  return [formatId(id), bytes.readUIntBE(at + ID_BYTES, VERSION_BYTES)]
}
