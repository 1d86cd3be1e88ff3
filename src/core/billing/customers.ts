// Who a tenant is at a provider. A row is reserved before the provider is asked, and only who holds the reservation
// asks, so that a tenant becomes one customer under races too, and at providers that know no idempotency keys.

import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { formatId, type PaymentCustomerId } from '../kernel/ids.ts'
import type { BillingProvider } from '../ports/billing-provider.ts'
import type { PaymentCustomerRow } from '../storage/billing-tables.ts'
import type { SystemUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { PaymentCustomer } from './billing.ts'
import { requeueCustomer } from './inbox.ts'
import { asked, customerAt, realm } from './providers.ts'

export interface Customers {
  /** The customer that pays: the one linked last, or made when there is none. @throws PROVIDER_FAILED */
  ensure(provider: BillingProvider, details: CustomerDetails): Promise<PaymentCustomer>
  /** @throws CUSTOMER_TAKEN */
  link(provider: BillingProvider, customerId: string): Promise<PaymentCustomer>
}

export interface CustomerDetails {
  readonly email?: string
  readonly name?: string
}

/** How long whoever reserved has the provider to themselves, in milliseconds; then another may ask, with the same key. */
const RESERVATION_MS = 30_000
const LOOK_AGAIN_MS = 100

export function createCustomers(context: TenantContext): Customers {
  const { storage, runtime, tenant, ref, auditWriter, actor } = context
  const { system } = storage
  // not the scope of a host's transaction: a reservation that nobody else sees is none
  const { records } = storage.tenant(ref)

  async function current(provider: BillingProvider): Promise<PaymentCustomer | undefined> {
    const [route] = await system.records.find('billing_routes', {
      where: { ...realm(provider), tenant_id: tenant.id },
      order: [{ by: 'created_at', descending: true }],
      limit: 1,
    })
    if (!route) return undefined
    const row = await records.get('payment_customers', customerAt(provider, route.customer_id))
    return row && customerFromRow(provider, row)
  }

  /** The reservation when it is this caller's to use; undefined while it is another's, or no longer wanted. */
  async function reserve(
    provider: BillingProvider,
    { email, name }: CustomerDetails,
  ): Promise<PaymentCustomerRow | undefined> {
    const id = reservationId(tenant.id, provider)
    const wanted = { id, livemode: provider.livemode, email: email ?? null, name: name ?? null }
    const [reserved] = await records.insert('payment_customers', [wanted], { onConflict: 'ignore' })
    if (reserved) return reserved
    // one that was left behind: of any number of callers one takes it over
    const left = { id, [provider.customerColumn]: null, updated_at: { before: fromNow(-RESERVATION_MS) } }
    const [taken] = await records.update('payment_customers', left, { updated_at: fromNow() })
    return taken
  }

  async function make(provider: BillingProvider, reserved: PaymentCustomerRow): Promise<PaymentCustomer> {
    const { id, email, name, created_at, updated_at } = reserved
    const own = { id, [provider.customerColumn]: null, updated_at }
    const question = {
      tenantId: tenant.id,
      // the same until the provider answers; what it answered is over, so that an error it remembers is not asked for again
      idempotencyKey: `freehold-customer-${id}-${created_at.getTime()}`,
      ...(email === null ? {} : { email }),
      ...(name === null ? {} : { name }),
    }
    const made = await asked(provider, () => provider.createCustomer(question)).catch(async (error: unknown) => {
      if (FreeholdError.is(error, 'PROVIDER_FAILED') && error.details.status === undefined) {
        await records.update('payment_customers', own, { updated_at: fromNow(-RESERVATION_MS) })
      } else await records.remove('payment_customers', own)
      throw error
    })
    return keep(provider, made.id)
  }

  /** Route, row and log in one transaction, and whatever came before it is applied now. */
  function keep(provider: BillingProvider, customerId: string): Promise<PaymentCustomer> {
    const route = { ...realm(provider), customer_id: customerId }
    return system.transaction(async (unit) => {
      const [added] = await unit.records.insert('billing_routes', [{ ...route, tenant_id: tenant.id }], {
        onConflict: 'ignore',
      })
      if (!added) {
        const held = await unit.records.lock('billing_routes', route)
        if (held?.tenant_id !== tenant.id) throw new FreeholdError('CUSTOMER_TAKEN')
        await unit.records.update('billing_routes', route, { created_at: fromNow() })
      }
      await requeueCustomer(unit, provider, customerId)
      const row = await keepRow(unit, provider, customerId)
      if (added) {
        await auditWriter.append(unit.tenant(ref), actor, {
          action: 'billing.customer_created',
          targets: [{ type: 'customer', id: row.id }],
          details: { provider: provider.name, providerCustomerId: customerId },
        })
      }
      return customerFromRow(provider, row)
    })
  }

  async function keepRow(unit: SystemUnit, provider: BillingProvider, customerId: string): Promise<PaymentCustomerRow> {
    const inside = unit.tenant(ref).records
    const place = customerAt(provider, customerId)
    const known = await inside.get('payment_customers', place)
    if (known) return known
    const id = reservationId(tenant.id, provider)
    const free = { id, [provider.customerColumn]: null }
    const [filled] = await inside.update('payment_customers', free, { ...place, updated_at: fromNow() })
    if (filled) return filled
    const [first] = await inside.insert('payment_customers', [{ id, ...place }], { onConflict: 'ignore' })
    if (first) return first
    const [further] = await inside.insert('payment_customers', [{ id: runtime.newId(), ...place }])
    return further as PaymentCustomerRow
  }

  return {
    async ensure(provider, details) {
      for (;;) {
        const known = await current(provider)
        if (known) return known
        const reserved = await reserve(provider, details)
        if (reserved) return make(provider, reserved)
        await pause(LOOK_AGAIN_MS)
      }
    },
    link: keep,
  }
}

/** A UUID of the tenant and the provider (version 8, RFC 9562 section 5.8): the primary key lets one row have it. */
function reservationId(tenantId: string, { name, account, livemode }: BillingProvider): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([tenantId, name, account, livemode]))
    .digest()
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return formatId(bytes)
}

function customerFromRow(provider: BillingProvider, row: PaymentCustomerRow): PaymentCustomer {
  return {
    id: row.id as PaymentCustomerId,
    provider: provider.name,
    providerCustomerId: row[provider.customerColumn] ?? '',
    livemode: row.livemode,
  }
}
