// What a tenant adds to the permissions that code declares, at run time. Who holds everything holds these too.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, checkText, invalid, PROTOTYPE_KEYS } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import { everyRow } from '../storage/every-row.ts'
import type { CustomPermissionRow } from '../storage/policy-tables.ts'
import { type AccessWriting, changeAccess, moveBook } from './changes.ts'
import {
  type CustomPermission,
  customPermission,
  isPermissionPart,
  ownPermissions,
  type Permissions,
} from './permissions.ts'

export interface AddedPermission {
  /** `resource:action`, as checks take it. */
  readonly name: CustomPermission
  readonly resource: string
  readonly action: string
  readonly description: string | null
  readonly createdAt: Date
}

export interface NewPermission {
  /** A resource of the code's, or another: 1 to 63 of a-z, 0-9, `-`, `_`, beginning with a letter. */
  readonly resource: string
  readonly action: string
  /** At most 1,000 characters. */
  readonly description?: string
}

export interface CustomPermissions {
  /**
   * A tenant has 500 at most. What was given while another code declared it comes to life by none.
   * @throws PERMISSION_TAKEN, PERMISSION_IN_USE (something names it already), INPUT_INVALID
   */
  create(permission: NewPermission): Promise<AddedPermission>
  /** By resource and action. */
  list(page?: PageRequest): Promise<Page<AddedPermission>>
  /** By name; twice is not an error. @throws PERMISSION_IN_USE, PERMISSION_UNKNOWN (nothing could be called that) */
  remove(permission: CustomPermission): Promise<void>
}

const LISTING: Listing<CustomPermissionRow> = {
  name: 'custom-permissions',
  columns: { resource: 'text', action: 'text' },
}
const DESCRIPTION = { minimum: 0, maximum: 1000 }
const AT_MOST = 500

export function createCustomPermissions(context: TenantContext, permissions: Permissions): CustomPermissions {
  const { scope, tenant, actor, auditWriter } = context

  return {
    async create(permission) {
      checkKeys(permission, 'permission', ['resource', 'action', 'description'])
      const row = {
        resource: checkPart(permission.resource, 'resource'),
        action: checkPart(permission.action, 'action'),
        description:
          permission.description === undefined ? null : checkText(permission.description, 'description', DESCRIPTION),
      }
      const name = nameOf(row)
      const taken = () => new FreeholdError('PERMISSION_TAKEN', { permission: name })
      if (permissions.has(name) || Object.hasOwn(ownPermissions, row.resource)) throw taken()
      return changeAccess(context, permissions, async (writing) => {
        const { unit, source } = writing
        if (await isNamed(writing, row.resource, row.action)) {
          const added = source.customPermissions.some((one) => nameOf(one) === name)
          throw added ? taken() : new FreeholdError('PERMISSION_IN_USE', { permission: name })
        }
        if (source.customPermissions.length >= AT_MOST) throw invalid('permission', `there are ${AT_MOST} already`)
        const [created] = await unit.records.insert('custom_permissions', [row], { onConflict: 'ignore' })
        if (!created) throw taken()
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'permission.created',
          targets: [{ type: 'permission', id: name }],
          changes: { name: { to: name } },
        })
        return addedFromRow(created)
      })
    },

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(LISTING, page)
      const order = [{ by: 'resource' }, { by: 'action' }] as const
      return pageOf(LISTING, query, await scope.records.find('custom_permissions', { ...query, order }), addedFromRow)
    },

    async remove(permission) {
      const [resource = '', action = ''] = customPermission(permission).split(':')
      await changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        if (await isNamed(writing, resource, action)) throw new FreeholdError('PERMISSION_IN_USE', { permission })
        if ((await unit.records.remove('custom_permissions', { resource, action })) === 0) return
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'permission.removed',
          targets: [{ type: 'permission', id: nameOf({ resource, action }) }],
          changes: { name: { from: nameOf({ resource, action }) } },
        })
      })
    },
  }
}

/** What is named and taken away would come to life again when it is added again. */
async function isNamed({ unit, source }: AccessWriting, resource: string, action: string): Promise<boolean> {
  const names = (entry: { readonly resource: string; readonly actions: readonly string[] }) =>
    entry.resource === resource && entry.actions.includes(action)
  if (source.roles.some(({ permissions }) => permissions.some(names))) return true
  const name = nameOf({ resource, action })
  // disabled ones among them, and not what stands for many
  const policies = await everyRow(unit.records, 'policies')
  if (policies.some(({ document }) => (document.actions as readonly string[]).includes(name))) return true
  const members = await everyRow(unit.records, 'team_members')
  return members.some(({ permissions }) => permissions.some(names))
}

function checkPart(value: unknown, field: 'resource' | 'action'): string {
  // what comes from a tenant may end up as the key of somebody's object
  if (isPermissionPart(value) && !PROTOTYPE_KEYS.has(value)) return value
  throw invalid(field, 'it is 1 to 63 of a-z, 0-9, - and _, and begins with a letter')
}

function nameOf({ resource, action }: Pick<CustomPermissionRow, 'resource' | 'action'>): CustomPermission {
  return `${resource}:${action}` as CustomPermission
}

function addedFromRow(row: CustomPermissionRow): AddedPermission {
  const { resource, action, description, created_at } = row
  return { name: nameOf(row), resource, action, description, createdAt: created_at }
}
