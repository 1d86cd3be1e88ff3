// Custom domains. A domain leads to a tenant only after its owner has proven it with a DNS record.

import type { Context } from '../context.ts'
import { encodeBase64url } from '../kernel/encoding.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { type DomainId, parseId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { TxtLookup } from '../ports/txt-lookup.ts'
import type { SystemUnit } from '../storage/storage.ts'
import type { TenantDomainRow } from '../storage/system-tables.ts'
import { fromNow } from '../storage/tables.ts'
import type { Directory } from './directory.ts'
import { isBelow, parseDomain } from './host-name.ts'
import type { Tenant } from './tenant.ts'
import { createTenantLog } from './tenant-log.ts'

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
  /**
   * Unproven claims keep nobody out: tenants may claim the same domain, the one that proves it has it, and only that proof tells
   * that another has. At most 50 a tenant.
   * @throws DOMAIN_INVALID, DOMAIN_TAKEN (this tenant claimed it before), INPUT_INVALID (too many), TENANT_UNKNOWN
   */
  add(domain: string): Promise<Domain>
  /** Oldest first. */
  list(): Promise<readonly Domain[]>
  /**
   * Looks the TXT record up. A domain that is verified stays so, and nothing is looked up.
   * @throws DOMAIN_UNKNOWN, DOMAIN_UNVERIFIED (record not there yet, or no name server answers), DOMAIN_TAKEN (another tenant proved it first)
   */
  verify(domain: DomainId | { readonly id: DomainId }): Promise<Domain>
  /** @throws DOMAIN_UNKNOWN */
  remove(domain: DomainId | { readonly id: DomainId }): Promise<void>
}

const MAXIMUM_DOMAINS = 50
const RECORD_PREFIX = '_freehold.'
const TOKEN_BYTES = 32

export function createDomains(context: Context, directory: Directory, tenant: Tenant, lookup: TxtLookup): Domains {
  const { storage, runtime, settings } = context
  const { system } = storage
  const log = createTenantLog(context, directory)

  function audit(
    unit: SystemUnit,
    action: 'domain.added' | 'domain.verified' | 'domain.removed',
    { id, domain }: Pick<TenantDomainRow, 'id' | 'domain'>,
  ): Promise<void> {
    return log.write(unit, tenant, { action, targets: [{ type: 'domain', id }], details: { domain } })
  }

  async function own(id: DomainId): Promise<TenantDomainRow> {
    const row = await system.records.get('tenant_domains', { id, tenant_id: tenant.id })
    if (!row) throw new FreeholdError('DOMAIN_UNKNOWN')
    return row
  }

  /** One guarded update: the row that was looked up, with the token that was found, unproven until now (O05). */
  function prove(row: TenantDomainRow): Promise<TenantDomainRow | undefined> {
    const { id, domain, verification_token } = row
    return system
      .transaction(async (unit) => {
        const guard = { id, tenant_id: tenant.id, domain, verification_token, verified_at: null }
        const [proven] = await unit.records.update('tenant_domains', guard, { verified_at: fromNow() })
        if (!proven) return undefined
        await unit.verbs.publish({ kind: 'tenant', tenantId: tenant.id })
        await audit(unit, 'domain.verified', proven)
        return proven
      })
      .catch((error: unknown) => {
        if (!FreeholdError.is(error, 'DUPLICATE')) throw error
        throw new FreeholdError('DOMAIN_TAKEN', { domain }, { cause: error })
      })
  }

  return {
    async add(text) {
      const domain = checkDomain(text, settings.tenancy.baseDomains)
      const row = await system.transaction(async (unit) => {
        // held, so that claims made at the same time are counted one after the other
        const held = await unit.records.lock('tenants', { id: tenant.id })
        if (!held || held.status === 'purging') throw new FreeholdError('TENANT_UNKNOWN')
        const claims = await unit.records.count('tenant_domains', { tenant_id: tenant.id })
        if (claims >= MAXIMUM_DOMAINS) throw invalid('domain', `a tenant has at most ${MAXIMUM_DOMAINS} domains`)
        const claim = {
          id: runtime.newId(),
          tenant_id: tenant.id,
          domain,
          verification_token: encodeBase64url(runtime.randomBytes(TOKEN_BYTES)),
        }
        const [inserted] = await unit.records.insert('tenant_domains', [claim], { onConflict: 'ignore' })
        if (inserted) await audit(unit, 'domain.added', inserted)
        return inserted
      })
      if (!row) throw new FreeholdError('DOMAIN_TAKEN', { domain })
      return domainFromRow(row)
    },

    async list() {
      const rows = await system.records.find('tenant_domains', {
        where: { tenant_id: tenant.id },
        order: [{ by: 'id' }],
        limit: MAXIMUM_DOMAINS,
      })
      return rows.map(domainFromRow)
    },

    async verify(name) {
      const claimed = await own(idOf(name))
      if (claimed.verified_at) return domainFromRow(claimed)
      await checkProof(domainFromRow(claimed), lookup)
      const proven = await prove(claimed)
      directory.forget(tenant.id)
      // nobody won: it was removed meanwhile, or proven by a call beside this one
      return domainFromRow(proven ?? (await own(claimed.id as DomainId)))
    },

    async remove(name) {
      const id = idOf(name)
      const removed = await system.transaction(async (unit) => {
        // held, so that the log can name what is removed
        const held = await unit.records.lock('tenant_domains', { id, tenant_id: tenant.id })
        const rows = held ? await unit.records.remove('tenant_domains', { id, tenant_id: tenant.id }) : 0
        if (!held || rows === 0) return 0
        await unit.verbs.publish({ kind: 'tenant', tenantId: tenant.id })
        await audit(unit, 'domain.removed', held)
        return rows
      })
      if (removed === 0) throw new FreeholdError('DOMAIN_UNKNOWN')
      directory.forget(tenant.id)
    },
  }
}

/** @throws DOMAIN_INVALID: an address, a single label, one of the host's own, or too long for its proof */
function checkDomain(text: unknown, baseDomains: readonly string[]): string {
  const domain = parseDomain(text)
  const free =
    domain?.includes('.') &&
    domain.length + RECORD_PREFIX.length <= 253 &&
    !baseDomains.some((base) => domain === base || isBelow(domain, base))
  if (!domain || !free)
    throw new FreeholdError('DOMAIN_INVALID', { domain: typeof text === 'string' ? text.slice(0, 255) : '' })
  return domain
}

/** @throws DOMAIN_UNVERIFIED */
async function checkProof({ domain, proof }: Domain, lookup: TxtLookup): Promise<void> {
  const details = { domain, record: proof.record, expected: proof.value }
  let records: readonly (readonly string[])[]
  try {
    records = await lookup(proof.record)
  } catch (cause) {
    throw new FreeholdError('DOMAIN_UNVERIFIED', details, { cause })
  }
  // a record longer than 255 bytes comes in parts (RFC 7208, section 3.3)
  const found = records.some((parts) => parts.join('') === proof.value)
  if (!found) throw new FreeholdError('DOMAIN_UNVERIFIED', details)
}

function domainFromRow(row: TenantDomainRow): Domain {
  return {
    id: row.id as DomainId,
    domain: row.domain,
    verifiedAt: row.verified_at,
    createdAt: row.created_at,
    proof: { record: `${RECORD_PREFIX}${row.domain}`, value: `freehold-verification=${row.verification_token}` },
  }
}

function idOf(name: DomainId | { readonly id: DomainId }): DomainId {
  return parseId<DomainId>(typeof name === 'string' ? name : name?.id, 'domain')
}
