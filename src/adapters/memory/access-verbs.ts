// The verbs of access, limits and the audit log. Each runs while nobody else holds the storage.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type {
  AccessLoad,
  AccessQuestion,
  PrincipalKind,
  PrincipalLoad,
  PrincipalsQuestion,
  ResourceLoad,
  TenantAccess,
} from '../../core/storage/access-verbs.ts'
import { columnsOf, fromNow, type Row, type TableName } from '../../core/storage/tables.ts'
import type { LimitAnswer, LimitTake } from '../../core/storage/verbs.ts'
import { counterOf } from './rotation.ts'
import type { Statements } from './statements.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

export function loadAccess(statements: Statements, { principal, knownVersion }: AccessQuestion): AccessLoad {
  const version = counterOf(statements, 'access')
  const current = version === knownVersion
  const { kind, id } = principal
  return {
    version,
    writes: counterOf(statements, 'access-writes'),
    tenant: current ? null : tenantAccess(statements),
    principal:
      kind === 'user'
        ? shown('users', statements.get('users', { id }))
        : shown('service_accounts', statements.get('service_accounts', { id })),
    ...ownOf(statements, kind, id),
  }
}

export function loadPrincipals(
  statements: Statements,
  { kind, after, limit, among }: PrincipalsQuestion,
): PrincipalLoad[] {
  const query = {
    where: { status: 'active' },
    limit: EVERYTHING,
    ...(after === null ? {} : { after: { id: after } }),
  } as const
  const rows =
    kind === 'user'
      ? statements.find('users', query).map((row) => ({ id: row.id, principal: shown('users', row)! }))
      : statements
          .find('service_accounts', query)
          .map((row) => ({ id: row.id, principal: shown('service_accounts', row)! }))
  const found: PrincipalLoad[] = []
  for (const { id, principal } of rows) {
    if (found.length === limit) break
    const own = ownOf(statements, kind, id)
    const isAmong =
      among === null ||
      among.ids.includes(id) ||
      own.assignments.some(({ role_id }) => among.roles.includes(role_id)) ||
      own.memberships.some(
        ({ team_id, role_id }) => among.teams.includes(team_id) || among.roles.includes(role_id ?? ''),
      )
    if (isAmong) found.push({ id, principal, ...own })
  }
  return found
}

function ownOf(
  statements: Statements,
  kind: PrincipalKind,
  id: string,
): Pick<AccessLoad, 'assignments' | 'memberships' | 'resources'> {
  const holder = kind === 'user' ? { user_id: id } : { service_account_id: id }
  const assignments = statements.find('role_assignments', { where: holder, limit: EVERYTHING })
  return {
    assignments,
    memberships: statements
      .find('team_members', { where: holder, limit: EVERYTHING })
      .map(({ id, team_id, role_id, permissions }) => ({ id, team_id, role_id, permissions })),
    resources: grantedOn(statements, assignments),
  }
}

function tenantAccess(statements: Statements): TenantAccess {
  const all = <T extends TableName>(table: T): Row<T>[] => statements.find(table, { limit: EVERYTHING })
  const assignments = all('role_assignments').filter(({ team_id, everyone }) => team_id !== null || everyone)
  return {
    roles: all('roles'),
    organizations: all('organizations').map(({ id }) => id),
    teams: all('teams').map(({ id, organization_id, parent_team_id }) => ({ id, organization_id, parent_team_id })),
    projects: all('projects').map(({ id, organization_id, team_id }) => ({ id, organization_id, team_id })),
    assignments,
    resources: grantedOn(statements, assignments),
    policies: all('policies')
      .filter(({ enabled }) => enabled)
      .map(({ id, key, version, document }) => ({ id, key, version, document })),
    customPermissions: all('custom_permissions').map(({ resource, action }) => ({ resource, action })),
  }
}

function grantedOn(statements: Statements, assignments: readonly Row<'role_assignments'>[]): ResourceLoad[] {
  const ids = assignments.flatMap(({ resource_id }) => (resource_id === null ? [] : [resource_id]))
  return statements
    .find('resources', { where: { id: { in: ids } }, limit: EVERYTHING })
    .map(({ id, type, external_id }) => ({ id, type, external_id }))
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

export function moveCounter(statements: Statements, name: 'access' | 'access-writes'): number {
  const [moved] = statements.update('tenant_counters', { name }, { value: { add: 1 }, updated_at: fromNow() })
  if (moved) return moved.value
  statements.insert('tenant_counters', [{ name, value: 1 }])
  return 1
}

export function moveTeam(statements: Statements, team: string, parent: string | null): Row<'teams'> | undefined {
  const seen = new Set<string>()
  for (
    let at = parent;
    at !== null && !seen.has(at);
    at = statements.get('teams', { id: at })?.parent_team_id ?? null
  ) {
    if (at === team) return undefined
    seen.add(at)
  }
  return statements.update('teams', { id: team }, { parent_team_id: parent, updated_at: fromNow() })[0]
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
