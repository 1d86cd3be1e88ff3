// Invoices as a provider tells of them, mirrored. Money stays in the minor unit, as integers.

import { FreeholdError } from '../kernel/errors.ts'
import type { InvoiceSnapshot } from '../ports/billing-provider.ts'
import type { InvoiceRow } from '../storage/billing-tables.ts'
import { fromNow } from '../storage/tables.ts'
import { differences, type Ledger, moved } from './ledger.ts'
import { customerAt, realm } from './providers.ts'

/** @param subscriptionRow the id of our row of its subscription, when it has one */
export function invoiceLedger(subscriptionRow: string | null): Ledger<InvoiceSnapshot, InvoiceRow> {
  const columns = (snapshot: InvoiceSnapshot) => ({
    subscription_id: subscriptionRow,
    number: snapshot.number,
    status: snapshot.status,
    currency: snapshot.currency,
    amount_due: snapshot.amountDue,
    amount_paid: snapshot.amountPaid,
    hosted_url: snapshot.hostedUrl,
    due_at: snapshot.dueAt,
    paid_at: snapshot.paidAt,
  })

  return {
    kind: 'invoice',
    fetch: (provider, id) => provider.fetchInvoice(id),

    lock: ({ provider, unit }, id) => unit.records.lock('invoices', { ...realm(provider), provider_invoice_id: id }),

    async insert({ provider, unit, newId }, snapshot, stamp) {
      const customer = await unit.records.get('payment_customers', customerAt(provider, snapshot.customerId))
      if (!customer) throw new FreeholdError('CUSTOMER_UNKNOWN')
      const [row] = await unit.records.insert(
        'invoices',
        [
          {
            id: newId(),
            customer_id: customer.id,
            ...realm(provider),
            provider_invoice_id: snapshot.id,
            ...columns(snapshot),
            provider_updated_at: stamp,
            deleted_at: snapshot.deleted ? fromNow() : null,
          },
        ],
        { onConflict: 'ignore' },
      )
      return row
    },

    async update({ unit }, row, snapshot, stamp) {
      const wanted = columns(snapshot)
      const deleted = snapshot.deleted ? { deleted_at: fromNow() } : {}
      const written = { ...wanted, provider_updated_at: stamp, ...moved(), ...deleted }
      await unit.records.update('invoices', { id: row.id }, written)
      return differences(row, wanted)
    },

    async bury({ unit }, row, stamp) {
      const gone = { provider_updated_at: stamp, ...moved(), deleted_at: fromNow() }
      await unit.records.update('invoices', { id: row.id }, gone)
    },
  }
}
