// What a change would give and take, before it is made: it is made in a transaction, what the principals hold before and
// after is compared, and the transaction is taken back.

import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { RoleAssignmentId } from '../../kernel/ids.ts'
import { checkKeys, invalid, isPlainObject } from '../../kernel/input.ts'
import { type Listing, type PageRequest, pageOf, pageQuery } from '../../kernel/page.ts'
import type { AccessLoad, PrincipalKind } from '../../storage/access-verbs.ts'
import { everyRow } from '../../storage/every-row.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { NewAssignment } from '../assignment.ts'
import { createAssignments } from '../assignments.ts'
import { booksWithin } from '../book-memory.ts'
import type { Permissions } from '../permissions.ts'
import { createPolicies } from '../policies.ts'
import type { NewPolicy, PolicyChange, PolicyName } from '../policy.ts'
import { KnownPrincipal, NOBODY } from '../principals.ts'
import { createRoles, type NewRole, type RoleChange, type RoleName } from '../roles.ts'
import { createTenantBook, type TenantBook } from '../tenant-book.ts'
import { type Difference, differencesOf } from './differences.ts'
import { applyModel, withoutTrace } from './model-import.ts'
import { type ModelNames, namesOf } from './model-names.ts'
import { readModel } from './model-reading.ts'

/** What would be done, in this order. */
export interface AccessChange {
  readonly roles?: {
    readonly create?: readonly NewRole[]
    readonly update?: readonly (RoleChange & { readonly role: RoleName })[]
    readonly remove?: readonly RoleName[]
  }
  readonly policies?: {
    readonly create?: readonly NewPolicy[]
    /** `enabled` puts it in force, or takes it out. */
    readonly update?: readonly (PolicyChange & { readonly policy: PolicyName; readonly enabled?: boolean })[]
    readonly remove?: readonly PolicyName[]
  }
  readonly assignments?: {
    readonly revoke?: readonly RoleAssignmentId[]
    readonly grant?: readonly NewAssignment[]
  }
  /** A document, as `import` takes it. */
  readonly document?: unknown
  readonly mode?: 'merge' | 'replace'
}

export interface DiffOptions extends PageRequest {
  /** Default `user`; service accounts are a list of their own. */
  readonly kind?: PrincipalKind
}

export interface AccessDiff {
  /** Of the principals looked at, those for whom something is otherwise. */
  readonly items: readonly PrincipalDiff[]
  /** How many were looked at for this page. */
  readonly looked: number
  /** The cursor of the next ones, or null when there are no more. Also after a page on which nothing is otherwise. */
  readonly next: string | null
}

export interface PrincipalDiff {
  readonly principal: { readonly kind: PrincipalKind; readonly id: string; readonly name: string }
  readonly gained: readonly Difference[]
  readonly lost: readonly Difference[]
  /** Conditional before and after, under other conditions or for other fields. */
  readonly changed: readonly Difference[]
  /** False: there is more to be said than the 500 differences, or in more than 200 places. */
  readonly complete: boolean
}

interface Row {
  readonly id: string
}

interface Found extends Row {
  readonly name: string
}

const LISTINGS: Readonly<Record<PrincipalKind, Listing<Found>>> = {
  user: { name: 'diff-users', columns: { id: 'id' } },
  service_account: { name: 'diff-accounts', columns: { id: 'id' } },
}
const MAXIMUM_CHANGES = 1000

/** In nobody's name: what the one who asks may do is not asked. @throws what making the change throws */
export async function diffAccess(
  context: TenantContext,
  permissions: Permissions,
  change: AccessChange,
  options: DiffOptions = {},
): Promise<AccessDiff> {
  checkKeys(options, 'options', ['kind', 'limit', 'cursor'])
  const { kind = 'user', ...page } = options
  if (kind !== 'user' && kind !== 'service_account') throw invalid('kind', 'it is user or service_account')
  const query = pageQuery(LISTINGS[kind], page)
  const make = checkChange(change)
  const now = context.runtime.now()
  return withoutTrace(context, async (unit) => {
    // from here on nobody else changes what is compared
    await unit.verbs.lockAccess()
    const found = await principalsOf(unit, kind, query)
    const { items: looked, next } = pageOf(LISTINGS[kind], query, found, (row) => row)
    const before = await lookAt(unit, permissions, kind, looked)
    const books = booksWithin(context.books)
    const inside: TenantContext = { ...context, scope: unit, actor: { type: 'system' }, books }
    await make(inside, unit, permissions)
    const after = await lookAt(unit, permissions, kind, looked)
    const named = naming(before.names, after.names)
    const items = looked.flatMap(({ id, name }, i): PrincipalDiff[] => {
      const [old, young] = [before.known[i], after.known[i]]
      if (!old || !young) return []
      const found = differencesOf(old, young, named, now)
      return found.all.length === 0
        ? []
        : [{ principal: { kind, id, name }, ...sorted(found.all), complete: found.complete }]
    })
    return { items, looked: looked.length, next }
  })
}

function sorted(all: readonly Difference[]) {
  const rank = { refused: 0, conditional: 1, allowed: 2 }
  const by = ({ before, after }: Difference) => Math.sign(rank[after] - rank[before])
  return {
    gained: all.filter((one) => by(one) > 0),
    lost: all.filter((one) => by(one) < 0),
    changed: all.filter((one) => by(one) === 0),
  }
}

type Make = (inside: TenantContext, unit: TenantUnit, permissions: Permissions) => Promise<void>

/** @throws INPUT_INVALID, MODEL_INVALID */
function checkChange(change: AccessChange): Make {
  checkKeys(change, 'change', ['roles', 'policies', 'assignments', 'document', 'mode'])
  const { roles = {}, policies = {}, assignments = {}, document, mode = 'merge' } = change
  checkKeys(roles, 'roles', ['create', 'update', 'remove'])
  checkKeys(policies, 'policies', ['create', 'update', 'remove'])
  checkKeys(assignments, 'assignments', ['revoke', 'grant'])
  const lists = [roles, policies, assignments].flatMap((part) => Object.entries<readonly unknown[] | undefined>(part))
  for (const [name, list] of lists) {
    if (list !== undefined && !Array.isArray(list)) throw invalid(name, 'it is not a list')
    if (list && list.length > MAXIMUM_CHANGES) throw invalid(name, `it has more than ${MAXIMUM_CHANGES} items`)
    if (name === 'update' && list?.every(isPlainObject) === false) throw invalid(name, 'it is a list of objects')
  }
  if (mode !== 'merge' && mode !== 'replace') throw invalid('mode', 'it is merge or replace')
  if (document === undefined && lists.length === 0) throw invalid('change', 'it changes nothing')
  const model = document === undefined ? undefined : readModel(document)
  return async (inside, unit, permissions) => {
    const rooms = {
      roles: createRoles(inside, permissions),
      policies: createPolicies(inside, permissions),
      assignments: createAssignments(inside, permissions),
    }
    for (const role of roles.create ?? []) await rooms.roles.create(role)
    for (const { role, ...rest } of roles.update ?? []) await rooms.roles.update(role, rest)
    for (const policy of policies.create ?? []) await rooms.policies.create(policy)
    for (const { policy, enabled, ...rest } of policies.update ?? []) {
      if (Object.keys(rest).length > 0) await rooms.policies.update(policy, rest)
      if (enabled !== undefined) await rooms.policies[enabled ? 'enable' : 'disable'](policy)
    }
    for (const policy of policies.remove ?? []) await rooms.policies.remove(policy)
    for (const id of assignments.revoke ?? []) await rooms.assignments.revoke(id)
    for (const assignment of assignments.grant ?? []) await rooms.assignments.grant(assignment)
    for (const role of roles.remove ?? []) await rooms.roles.remove(role)
    if (model) await applyModel(inside, unit, permissions, model, mode)
  }
}

async function principalsOf(
  { records }: TenantUnit,
  kind: PrincipalKind,
  query: { readonly limit: number; readonly after?: Partial<Found> },
): Promise<readonly Found[]> {
  const order = [{ by: 'id' }] as const
  if (kind === 'service_account') {
    return (await records.find('service_accounts', { ...query, order })).map(({ id, name }) => ({ id, name }))
  }
  const where = { status: { in: ['active', 'disabled', 'locked'] } } as const
  return (await records.find('users', { ...query, where, order })).map(({ id, email }) => ({ id, name: email }))
}

interface Look {
  readonly names: ModelNames
  readonly known: readonly (KnownPrincipal | undefined)[]
}

/** The principals as a check would load them now. */
async function lookAt(
  unit: TenantUnit,
  permissions: Permissions,
  kind: PrincipalKind,
  principals: readonly Row[],
): Promise<Look> {
  const load = (id: string, knownVersion: number | null): Promise<AccessLoad> =>
    unit.verbs.loadAccess({ principal: { kind, id }, knownVersion })
  const { tenant, version, writes } = await load(NOBODY, null)
  if (!tenant) throw new FreeholdError('INTERNAL')
  const book: TenantBook = createTenantBook({ ...tenant, version, writes }, permissions)
  const known: (KnownPrincipal | undefined)[] = []
  for (const { id } of principals) {
    const one = await load(id, version)
    known.push(one.principal ? new KnownPrincipal({ kind, id }, one, one.principal, book, 0) : undefined)
  }
  return { names: await placeNames(unit), known }
}

async function placeNames({ records }: TenantUnit): Promise<ModelNames> {
  const organizations = await everyRow(records, 'organizations')
  const teams = await everyRow(records, 'teams')
  const projects = await everyRow(records, 'projects')
  return namesOf({ organizations, teams, projects, roles: [], serviceAccounts: [] }, new Map())
}

/** Names of places, of those that come and those that go. */
function naming(old: ModelNames, young: ModelNames): (kind: string, id: string) => string {
  return (kind, id) => {
    if (kind !== 'organization' && kind !== 'team' && kind !== 'project') return id
    const name = young[kind](id)
    return name === id ? old[kind](id) : name
  }
}
