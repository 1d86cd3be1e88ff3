// Custom domains. A domain leads to a tenant only after its owner has proven it with a DNS record.

import type { DomainId } from '../kernel/ids.ts'

export interface Domain {
  readonly id: DomainId
  /** ASCII, lower case. */
  readonly domain: string
  readonly verifiedAt: Date | null
  readonly createdAt: Date
  /** The TXT record that proves it. */
  readonly proof: { readonly record: string; readonly value: string }
}

export interface Domains {
  /** Unproven claims keep nobody out: two tenants may claim a domain, the one that proves it has it. @throws DOMAIN_INVALID, DOMAIN_TAKEN */
  add(domain: string): Promise<Domain>
  list(): Promise<readonly Domain[]>
  /** Looks the TXT record up. @throws DOMAIN_UNKNOWN, DOMAIN_UNVERIFIED (record not there yet), DOMAIN_TAKEN (another tenant proved it first) */
  verify(domain: DomainId | { readonly id: DomainId }): Promise<Domain>
  /** @throws DOMAIN_UNKNOWN */
  remove(domain: DomainId | { readonly id: DomainId }): Promise<void>
}

/** How TXT records are looked up; `node:dns` by default. Answers [] when there are none. */
export type TxtLookup = (name: string) => Promise<readonly (readonly string[])[]>
