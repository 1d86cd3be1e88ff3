// The price list: plans and prices, which are rows of the system and belong to no tenant.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID } from '../kernel/ids.ts'
import { differing } from '../kernel/input.ts'
import type { PlanRow } from '../storage/billing-system-tables.ts'
import { everyRow } from '../storage/every-row.ts'
import type { SystemUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { Plan, Plans, Price } from './billing.ts'
import { planChanges } from './plan-changes.ts'
import { checkPlanKey, checkWord, planColumns, planFromRow, priceColumns, priceFromRow } from './plan-input.ts'

export function createPriceList(context: Context): Plans {
  const { storage, runtime, auditWriter, actor } = context
  const { system } = storage

  /** The catalog belongs to nobody but the host, so its changes are in the platform tenant's log. */
  const platform = (unit: SystemUnit) => unit.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })

  return {
    put: (plan) => {
      const columns = planColumns(plan)
      const { key } = columns
      return system.transaction(async (unit): Promise<Plan> => {
        const [created] = await unit.records.insert('plans', [columns], { onConflict: 'ignore' })
        const before = created ? undefined : await unit.records.lock('plans', { key })
        if (before && saysNothingNew(before, columns)) return planFromRow(before)
        const [row] = created
          ? [created]
          : await unit.records.update('plans', { key }, { ...columns, archived_at: null, updated_at: fromNow() })
        if (!row) throw new FreeholdError('CONFLICT')
        await unit.verbs.publish({ kind: 'plans' })
        await auditWriter.append(platform(unit), actor, {
          action: before ? 'plan.updated' : 'plan.created',
          targets: [{ type: 'plan', id: key }],
          changes: planChanges(before, row),
        })
        return planFromRow(row)
      })
    },

    putPrice: (price) => {
      const columns = priceColumns(price)
      const { plan_key, provider, provider_price_id } = columns
      return system.transaction(async (unit): Promise<Price> => {
        found(await unit.records.get('plans', { key: plan_key }), plan_key)
        const [created] = await unit.records.insert('prices', [{ id: runtime.newId(), ...columns }], {
          onConflict: 'ignore',
        })
        const before = created ? undefined : await unit.records.lock('prices', { provider, provider_price_id })
        if (before && saysNothingNew(before, columns)) return priceFromRow(before)
        // of two plans that claim one price, the first has it
        const [row] = created
          ? [created]
          : await unit.records.update(
              'prices',
              { provider, provider_price_id, plan_key },
              { ...columns, archived_at: null },
            )
        if (!row) throw new FreeholdError('PRICE_TAKEN', { price: provider_price_id })
        await unit.verbs.publish({ kind: 'plans' })
        await auditWriter.append(platform(unit), actor, {
          action: created ? 'price.created' : 'price.updated',
          targets: [
            { type: 'price', id: provider_price_id },
            { type: 'plan', id: plan_key },
          ],
          details: { provider, currency: row.currency, unitAmount: row.unit_amount },
        })
        return priceFromRow(row)
      })
    },

    async archive(key) {
      const plan = checkPlanKey(key)
      await system.transaction(async (unit) => {
        // of any number of callers one archives it, and says so
        const [archived] = await unit.records.update(
          'plans',
          { key: plan, archived_at: null },
          { archived_at: fromNow() },
        )
        if (!archived) return void found(await unit.records.get('plans', { key: plan }), plan)
        await unit.verbs.publish({ kind: 'plans' })
        await auditWriter.append(platform(unit), actor, {
          action: 'plan.archived',
          targets: [{ type: 'plan', id: plan }],
        })
      })
    },

    async archivePrice(provider, providerPriceId) {
      const key = {
        provider: checkWord(provider, 'provider', 50),
        provider_price_id: checkWord(providerPriceId, 'providerPriceId', 255),
      }
      await system.transaction(async (unit) => {
        const [archived] = await unit.records.update(
          'prices',
          { ...key, archived_at: null },
          { archived_at: fromNow() },
        )
        if (!archived) {
          if (await unit.records.get('prices', key)) return
          throw new FreeholdError('PRICE_UNKNOWN', { price: providerPriceId })
        }
        await unit.verbs.publish({ kind: 'plans' })
        await auditWriter.append(platform(unit), actor, {
          action: 'price.archived',
          targets: [
            { type: 'price', id: providerPriceId },
            { type: 'plan', id: archived.plan_key },
          ],
          details: { provider },
        })
      })
    },

    async get(key) {
      return planFromRow(found(await system.records.get('plans', { key: checkPlanKey(key) }), key))
    },

    async list() {
      const rows = await everyRow(system.records, 'plans', {
        where: { archived_at: null },
        order: [{ by: 'rank' }, { by: 'key' }],
      })
      return rows.map(planFromRow)
    },

    async prices(planKey) {
      const rows = await everyRow(system.records, 'prices', {
        where: { archived_at: null, ...(planKey === undefined ? {} : { plan_key: checkPlanKey(planKey) }) },
      })
      return rows.map(priceFromRow)
    },
  }
}

/** @throws PLAN_UNKNOWN */
function found(row: PlanRow | undefined, key: string): PlanRow {
  if (!row) throw new FreeholdError('PLAN_UNKNOWN', { plan: key })
  return row
}

/** On sale as it is said already. */
function saysNothingNew<R extends { readonly archived_at: Date | null }>(before: R, columns: Partial<R>): boolean {
  return before.archived_at === null && Object.keys(differing(before, columns)).length === 0
}
