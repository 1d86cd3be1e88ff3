// The host's own things on which something is held one by one. Only these need to be registered: a check names any thing as
// the host names it, and where it is.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type ResourceId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, differing, invalid, isPlainText, shown } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { Where } from '../storage/records.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { ResourceRow } from '../storage/tree-tables.ts'
import type { PlaceName } from './asked.ts'
import { changeAccess } from './changes.ts'
import type { Permissions } from './permissions.ts'
import { checkPlaceThere, type PlaceView, placeColumns, placeOfRow } from './place-names.ts'
import { emptyPart } from './tree-part.ts'

export interface Resource {
  readonly id: ResourceId
  /** One of the resources that the permissions are about: `note` of `note:read`. */
  readonly type: string
  /** What the host calls it. */
  readonly externalId: string
  readonly name: string | null
  /** Where it is. */
  readonly in: PlaceView
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** By id, or as the host names it. */
export type ResourceKey =
  | ResourceId
  | { readonly id: ResourceId }
  | { readonly type: string; readonly externalId: string }

export interface NewResource {
  readonly type: string
  /** 1 to 200 characters, compared as they are. */
  readonly externalId: string
  /** 1 to 200 characters. */
  readonly name?: string
  /** Left out: directly in the tenant. */
  readonly in?: PlaceName
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface ResourceChange {
  readonly name?: string | null
  /** Null: directly in the tenant. */
  readonly in?: PlaceName | null
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface ResourceFilter extends PageRequest {
  readonly type?: string
  /** Directly there. */
  readonly in?: PlaceName
}

export interface Resources {
  /**
   * Where a thing is decides who may give roles on it: who holds them there. Whoever registers things must know where they
   * are.
   * @throws RESOURCE_TAKEN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_TYPE_UNKNOWN, INPUT_INVALID, ID_INVALID
   */
  register(resource: NewResource): Promise<Resource>
  /** @throws RESOURCE_UNKNOWN, ID_INVALID, INPUT_INVALID */
  get(resource: ResourceKey): Promise<Resource>
  /** Oldest first. */
  list(filter?: ResourceFilter): Promise<Page<Resource>>
  /** @throws RESOURCE_UNKNOWN, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN, INPUT_INVALID, ID_INVALID */
  update(resource: ResourceKey, change: ResourceChange): Promise<Resource>
  /**
   * What is held on it goes with it. Bound to an actor, the actor must be able to take that back.
   * @throws RESOURCE_UNKNOWN, GRANT_REFUSED, INPUT_INVALID, ID_INVALID
   */
  remove(resource: ResourceKey): Promise<void>
}

const LISTING: Listing<ResourceRow> = { name: 'resources', columns: { id: 'id' } }
const NAME = { maximum: 200 }
const MAXIMUM_ID = 200

export function createResources(context: TenantContext, permissions: Permissions): Resources {
  const { scope, runtime, actor, auditWriter } = context

  return {
    async register(resource) {
      checkKeys(resource, 'resource', ['type', 'externalId', 'name', 'in', 'metadata'])
      const { type, name, metadata } = resource
      const externalId = checkExternalId(resource.externalId)
      if (typeof type !== 'string' || !isPlainText(type)) throw invalid('type', 'it is not a text')
      const row = {
        id: runtime.newId(),
        type,
        external_id: externalId,
        name: name === undefined ? null : checkText(name, 'name', NAME),
        ...placeColumns(resource.in),
        metadata: metadata === undefined ? {} : checkJson(metadata, 'metadata'),
      }
      return scope.transaction(async (unit) => {
        // so that where it is stays there until this commits
        await unit.verbs.lockAccess()
        await checkType(unit, permissions, type)
        await checkPlaceThere(unit, row)
        const [created] = await unit.records.insert('resources', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('RESOURCE_TAKEN', { type, externalId })
        await auditWriter.append(unit, actor, {
          action: 'resource.registered',
          targets: [{ type: 'resource', id: created.id }],
          changes: { type: { to: type }, externalId: { to: externalId }, in: { to: placeOfRow(created) } },
        })
        return resourceFromRow(created)
      })
    },

    get: async (resource) => resourceFromRow(await findResource(scope, resource)),

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'type', 'in'])
      const { type } = filter
      const query = pageQuery(LISTING, filter)
      const where = {
        ...(type === undefined ? {} : { type: checkText(type, 'type', { maximum: 63 }) }),
        ...(filter.in === undefined ? {} : placeColumns(filter.in)),
      }
      return pageOf(LISTING, query, await scope.records.find('resources', { ...query, where }), resourceFromRow)
    },

    async update(resource, change) {
      checkKeys(change, 'change', ['name', 'in', 'metadata'])
      const { name, metadata } = change
      const given = {
        ...(name === undefined ? {} : { name: name === null ? null : checkText(name, 'name', NAME) }),
        ...(metadata === undefined ? {} : { metadata: checkJson(metadata, 'metadata') }),
        ...(change.in === undefined ? {} : placeColumns(change.in ?? undefined)),
      }
      return scope.transaction(async (unit) => {
        await unit.verbs.lockAccess()
        const before = await findResource(unit, resource)
        const columns = differing(before, given)
        if (Object.keys(columns).length === 0) return resourceFromRow(before)
        await checkPlaceThere(unit, { ...before, ...columns })
        const where = { id: before.id }
        const [after] = await unit.records.update('resources', where, { ...columns, updated_at: fromNow() })
        const [from, to] = [placeOfRow(before), placeOfRow(after!)]
        await auditWriter.append(unit, actor, {
          action: 'resource.updated',
          targets: [{ type: 'resource', id: after!.id }],
          changes: {
            ...(before.name === after!.name ? {} : { name: { from: before.name, to: after!.name } }),
            ...(JSON.stringify(from) === JSON.stringify(to) ? {} : { in: { from, to } }),
          },
          details: { fields: Object.keys(columns) },
        })
        return resourceFromRow(after!)
      })
    },

    async remove(resource) {
      await changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const before = await findResource(unit, resource)
        const { assignments } = await emptyPart(context, writing, { resources: [before.id] })
        await unit.records.remove('resources', { id: before.id })
        await auditWriter.append(unit, actor, {
          action: 'resource.removed',
          targets: [{ type: 'resource', id: before.id }],
          changes: { type: { from: before.type }, externalId: { from: before.external_id } },
          details: { assignments },
        })
      })
    },
  }
}

/** @throws RESOURCE_UNKNOWN, INPUT_INVALID, ID_INVALID */
export async function findResource(
  { records }: Pick<TenantScope, 'records'>,
  resource: ResourceKey,
): Promise<ResourceRow> {
  const row = await records.get('resources', resourceWhere(resource))
  if (!row) throw new FreeholdError('RESOURCE_UNKNOWN')
  return row
}

/** @throws INPUT_INVALID, ID_INVALID */
export function resourceWhere(resource: ResourceKey): Where<'resources'> {
  if (typeof resource !== 'object' || resource === null) return { id: parseId<ResourceId>(resource, 'resource') }
  if ('id' in resource) return { id: parseId<ResourceId>(resource.id, 'resource') }
  checkKeys(resource, 'resource', ['type', 'externalId'])
  const { type } = resource
  if (typeof type !== 'string' || !isPlainText(type)) throw invalid('type', 'it is not a text')
  return { type, external_id: checkExternalId(resource.externalId) }
}

/** As it is: a check compares it with what the host says then. @throws INPUT_INVALID */
function checkExternalId(value: unknown): string {
  if (typeof value !== 'string') throw invalid('externalId', 'it is not a text')
  if (!isPlainText(value)) throw invalid('externalId', 'it is not well-formed Unicode')
  if (value === '' || value.length > MAXIMUM_ID) throw invalid('externalId', `it is 1 to ${MAXIMUM_ID} characters`)
  return value
}

/** @throws RESOURCE_TYPE_UNKNOWN */
async function checkType({ records }: Pick<TenantScope, 'records'>, { catalog }: Permissions, type: string) {
  if (Object.hasOwn(catalog, type)) return
  // of those that the tenant added
  if ((await records.count('custom_permissions', { resource: type })) > 0) return
  throw new FreeholdError('RESOURCE_TYPE_UNKNOWN', { type: shown(type) })
}

function resourceFromRow(row: ResourceRow): Resource {
  return {
    id: row.id as ResourceId,
    type: row.type,
    externalId: row.external_id,
    name: row.name,
    in: placeOfRow(row),
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
