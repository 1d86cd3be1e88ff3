// The verbs of access, limits and the audit log. Each runs while nobody else holds the storage.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { columnsOf, fromNow, type Row } from '../../core/storage/tables.ts'
import type { AccessLoad, AccessQuestion, LimitAnswer, LimitTake } from '../../core/storage/verbs.ts'
import { accessVersion } from './rotation.ts'
import type { Statements } from './statements.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

export function loadAccess(statements: Statements, { principal, knownVersion }: AccessQuestion): AccessLoad {
  const version = accessVersion(statements)
  const current = version === knownVersion
  const { id } = principal
  const holder = principal.kind === 'user' ? { user_id: id } : { service_account_id: id }
  return {
    version,
    roles: current ? null : statements.find('roles', { limit: EVERYTHING }),
    organizations: current ? null : statements.find('organizations', { limit: EVERYTHING }).map((row) => row.id),
    principal:
      principal.kind === 'user'
        ? shown('users', statements.get('users', { id }))
        : shown('service_accounts', statements.get('service_accounts', { id })),
    assignments: statements.find('role_assignments', { where: holder, limit: EVERYTHING }),
  }
}

function shown<T extends 'users' | 'service_accounts'>(table: T, row: Row<T> | undefined): AccessLoad['principal'] {
  if (!row) return null
  const secret = new Set(columnsOf(table).flatMap(([column, facts]) => (facts.secret ? [column] : [])))
  return {
    version: row.access_version,
    active: row.status === 'active',
    attributes: Object.fromEntries(Object.entries(row).filter(([column]) => !secret.has(column))),
  }
}

export function moveAccess(statements: Statements): number {
  const [moved] = statements.update('tenant_counters', { name: 'access' }, { value: { add: 1 }, updated_at: fromNow() })
  if (moved) return moved.value
  statements.insert('tenant_counters', [{ name: 'access', value: 1 }])
  return 1
}

export function takeLimit(statements: Statements, { name, amount, maximum }: LimitTake): LimitAnswer {
  refuseFraction('amount', amount)
  if (maximum !== null) refuseFraction('maximum', maximum)
  const counter = `limit:${name}`
  const before = statements.get('tenant_counters', { name: counter })
  const used = before?.value ?? 0
  if (amount > 0 && maximum !== null && used + amount > maximum) return { taken: false, used }
  const value = Math.max(used + amount, 0)
  if (before) statements.update('tenant_counters', { name: counter }, { value, updated_at: fromNow() })
  else statements.insert('tenant_counters', [{ name: counter, value }])
  return { taken: true, used: value }
}

function refuseFraction(field: string, value: number): void {
  if (!Number.isSafeInteger(value))
    throw new FreeholdError('INPUT_INVALID', { field, problem: 'it must be an integer' })
}

export function appendAudit(statements: Statements, events: readonly Row<'audit_events'>[]): void {
  statements.insert('audit_events', events)
  statements.insert(
    'audit_pending',
    events.map(({ id, leaf }) => ({ event_id: id, leaf })),
  )
}
