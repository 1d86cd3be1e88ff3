// Ids are UUIDs, version 7 (RFC 9562): they sort by creation time and tell nobody how many there are. Each kind
// wears a brand, so that a user's id cannot be passed where a session's is wanted.

import { FreeholdError } from './errors.ts'

declare const kind: unique symbol
type Id<K extends string> = string & { readonly [kind]: K }

export type TenantId = Id<'tenant'>
export type UserId = Id<'user'>
export type SessionId = Id<'session'>
export type DomainId = Id<'domain'>
export type DeviceId = Id<'device'>
export type FactorId = Id<'factor'>
export type OrganizationId = Id<'organization'>
export type TeamId = Id<'team'>
export type TeamMemberId = Id<'team-member'>
export type ProjectId = Id<'project'>
export type ResourceId = Id<'resource'>
export type InvitationId = Id<'invitation'>
export type PolicyId = Id<'policy'>
export type ServiceAccountId = Id<'service-account'>
export type ApiKeyId = Id<'api-key'>
export type RoleId = Id<'role'>
export type RoleAssignmentId = Id<'role-assignment'>
/** Of an operator in another tenant. */
export type StayId = Id<'stay'>
export type PasskeyId = Id<'passkey'>
export type AuditEventId = Id<'audit-event'>
export type PaymentCustomerId = Id<'payment-customer'>

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a UUID in canonical form: 36 characters, lower case. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && CANONICAL.test(value)
}

/** @throws ID_INVALID, naming the field */
export function parseId<I extends string>(value: unknown, field: string): I {
  if (!isId(value)) throw new FreeholdError('ID_INVALID', { field })
  return value as string as I
}

/** UUIDv7 from a time in milliseconds and 10 random bytes (RFC 9562, section 5.7). */
export function uuidv7(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16)
  let time = nowMs
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256
    time = Math.floor(time / 256)
  }
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return formatId(bytes)
}

/** 16 bytes -> canonical text. */
export function formatId(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Canonical text -> 16 bytes. */
export function idBytes(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

/** The tenant that the host itself is; its users are the operators. Seeded by the first migration. */
export const PLATFORM_TENANT_ID = '00000000-0000-7000-8000-000000000000' as TenantId
