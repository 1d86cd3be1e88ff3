// A transaction of the system's can reach the tenants whose rows are in the same database and schema, and no others.

import { FreeholdError } from '../kernel/errors.ts'
import type { Location, TenantRef } from './storage.ts'

/** The tenant, where it is reachable. @throws INPUT_INVALID when its rows live elsewhere */
export function inControlDatabase(ref: TenantRef, control: Location): TenantRef {
  const { database, schema } = ref.location
  if (database === control.database && schema === control.schema) return ref
  throw new FreeholdError('INPUT_INVALID', {
    field: 'ref',
    problem: "the tenant's rows are not in the control database",
  })
}
