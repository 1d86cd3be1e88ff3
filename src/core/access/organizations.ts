// The organizations of one tenant: where roles can be held without being held in the whole tenant. There is at least
// one.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type OrganizationId, parseId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, differing, isPlainText } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { OrganizationRow } from '../storage/access-tables.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { type AccessWriting, changeAccess, moveBook } from './changes.ts'
import { checkKey } from './key.ts'
import type { Permissions } from './permissions.ts'
import { emptyPart } from './tree-part.ts'

export interface Organization {
  readonly id: OrganizationId
  readonly key: string
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface NewOrganization {
  /** Unique in the tenant: 1 to 63 of a-z, 0-9, `-`, `_`, and no UUID. */
  readonly key: string
  /** 1 to 200 characters. */
  readonly name: string
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface OrganizationChange {
  readonly name?: string
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface Organizations {
  /** @throws ORGANIZATION_TAKEN, INPUT_INVALID */
  create(organization: NewOrganization): Promise<Organization>
  /** By key or id. @throws ORGANIZATION_UNKNOWN */
  get(organization: string): Promise<Organization>
  /** Oldest first. */
  list(page?: PageRequest): Promise<Page<Organization>>
  /** @throws ORGANIZATION_UNKNOWN, INPUT_INVALID */
  update(organization: string, change: OrganizationChange): Promise<Organization>
  /**
   * Its teams, projects, what is registered there and all that is held in any of it go with it. A tenant keeps at least one.
   * Bound to an actor, the actor must be able to take back each of these: hold, where it is held, everything that it says.
   * @throws ORGANIZATION_UNKNOWN, LAST_ORGANIZATION, GRANT_REFUSED
   */
  remove(organization: string): Promise<void>
}

const LISTING: Listing<OrganizationRow> = { name: 'organizations', columns: { id: 'id' } }
const NAME = { maximum: 200 }

export function createOrganizations(context: TenantContext, permissions: Permissions): Organizations {
  const { scope, runtime, tenant, actor, auditWriter } = context

  return {
    async create(organization) {
      checkKeys(organization, 'organization', ['key', 'name', 'metadata'])
      const key = checkKey(organization.key)
      const name = checkText(organization.name, 'name', NAME)
      const metadata = organization.metadata === undefined ? {} : checkJson(organization.metadata, 'metadata')
      return scope.transaction(async (unit) => {
        // checks know the organizations there are
        await unit.verbs.lockAccess()
        const row = { id: runtime.newId(), key, name, metadata }
        const [created] = await unit.records.insert('organizations', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('ORGANIZATION_TAKEN', { key })
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'organization.created',
          targets: [{ type: 'organization', id: created.id }],
          changes: { key: { to: key }, name: { to: name } },
        })
        return organizationFromRow(created)
      })
    },

    get: async (organization) => organizationFromRow(await find(scope, organization)),

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(LISTING, page)
      const rows = await scope.records.find('organizations', { ...query, order: [{ by: 'id' }] })
      return pageOf(LISTING, query, rows, organizationFromRow)
    },

    async update(organization, change) {
      checkKeys(change, 'change', ['name', 'metadata'])
      const given = {
        ...(change.name === undefined ? {} : { name: checkText(change.name, 'name', NAME) }),
        ...(change.metadata === undefined ? {} : { metadata: checkJson(change.metadata, 'metadata') }),
      }
      return scope.transaction(async (unit) => {
        const before = await find(unit, organization)
        const columns = differing(before, given)
        if (Object.keys(columns).length === 0) return organizationFromRow(before)
        const [after] = await unit.records.update(
          'organizations',
          { id: before.id },
          { ...columns, updated_at: fromNow() },
        )
        if (!after) throw new FreeholdError('ORGANIZATION_UNKNOWN')
        await auditWriter.append(unit, actor, {
          action: 'organization.updated',
          targets: [{ type: 'organization', id: after.id }],
          changes: before.name === after.name ? {} : { name: { from: before.name, to: after.name } },
          details: { fields: Object.keys(columns) },
        })
        return organizationFromRow(after)
      })
    },

    async remove(organization) {
      // of two that are removed at once, one stays when there are no more
      await changeAccess(context, permissions, async (writing) => {
        const { unit, tree } = writing
        const { id, key, name } = await find(unit, organization)
        if ((await unit.records.count('organizations')) < 2) throw new FreeholdError('LAST_ORGANIZATION')
        const teams = tree.inside(id)
        const projects = projectsIn(writing, id)
        const gone = await emptyPart(context, writing, { organizations: [id], teams, projects })
        await unit.records.remove('organizations', { id })
        await auditWriter.append(unit, actor, {
          action: 'organization.removed',
          targets: [{ type: 'organization', id }],
          changes: { key: { from: key }, name: { from: name } },
          details: { teams: teams.length, projects: projects.length, ...gone },
        })
      })
    },
  }
}

/** @throws ID_INVALID */
export function organizationId(organization: OrganizationId | { readonly id: OrganizationId }): OrganizationId {
  const id = typeof organization === 'object' && organization !== null ? organization.id : organization
  return parseId<OrganizationId>(id, 'organization')
}

function projectsIn({ source }: AccessWriting, organization: string): string[] {
  return source.projects.filter((project) => project.organization_id === organization).map(({ id }) => id)
}

async function find({ records }: Pick<TenantScope, 'records'>, organization: unknown): Promise<OrganizationRow> {
  const row =
    typeof organization === 'string' && isPlainText(organization)
      ? await records.get('organizations', isId(organization) ? { id: organization } : { key: organization })
      : undefined
  if (!row) throw new FreeholdError('ORGANIZATION_UNKNOWN')
  return row
}

function organizationFromRow(row: OrganizationRow): Organization {
  return {
    id: row.id as OrganizationId,
    key: row.key,
    name: row.name,
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
