// Read your writes, in any process: a token of how far a tenant's access has come. Opaque to the host; it proves
// nothing, and who makes one up asks the database once more.

import { decodeBase64url, encodeBase64url } from '../kernel/encoding.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { formatId, idBytes } from '../kernel/ids.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { PrincipalKey } from './principals.ts'

export interface Revision {
  /** How many writes of access there have been in the tenant. */
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

/** As the database has it now, or will once this transaction has committed. @throws PRINCIPAL_UNKNOWN */
export async function revisionOf(records: TenantScope['records'], principal?: PrincipalKey): Promise<Revision> {
  const principals = new Map<string, number>()
  if (principal) {
    const { kind, id } = principal
    const row = await records.get(kind === 'user' ? 'users' : 'service_accounts', { id })
    if (!row) throw new FreeholdError('PRINCIPAL_UNKNOWN')
    principals.set(id, row.access_version)
  }
  const counter = await records.get('tenant_counters', { name: 'access-writes' })
  return { tenant: counter?.value ?? 0, principals }
}

/** @throws REVISION_INVALID (malformed, or another tenant's) */
export function readRevision(tenantId: string, token: unknown): Revision {
  const bytes = typeof token === 'string' && token.length <= 700 ? decodeBase64url(token) : undefined
  const entries = bytes ? (bytes.length - ENTRY_BYTES) / ENTRY_BYTES : -1
  if (!bytes || !Number.isInteger(entries) || entries < 0 || entries > MAXIMUM_PRINCIPALS)
    throw invalidRevision('malformed')
  const [first, ...others] = Array.from({ length: entries + 1 }, (_, i) => entryAt(Buffer.from(bytes), i * ENTRY_BYTES))
  if (first![0] !== tenantId) throw invalidRevision('tenant')
  return { tenant: first![1], principals: new Map(others) }
}

/** Whether what was loaded for these versions knows all that the revision is about. */
export function hasReached(
  known: { readonly writes: number; readonly version: number; readonly id: string },
  { tenant, principals }: Revision,
): boolean {
  return known.writes >= tenant && known.version >= (principals.get(known.id) ?? 0)
}

/** `ahead`: the database that was asked has not come so far. */
export function invalidRevision(reason: 'malformed' | 'tenant' | 'ahead'): FreeholdError<'REVISION_INVALID'> {
  return new FreeholdError('REVISION_INVALID', { reason })
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
