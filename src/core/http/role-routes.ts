// Roles over HTTP, for those who may manage them. Nobody writes into a role what they do not hold themselves.

import type { Permissions } from '../access/permissions.ts'
import type { NewRole, Role, RoleChange } from '../access/roles.ts'
import type { PermissionEntry } from '../storage/access-tables.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { managed } from './permitted.ts'
import { pageRequest, readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

const FIELDS = ['name', 'description', 'parent', 'permissions'] as const
const PAGE = 200
/** More than this are paged through, and not shown as a tree. */
const MAXIMUM_IN_TREE = 2000

export function roleRoutes<Db, P extends string>(
  { bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>,
  permissions: Permissions<P>,
): Route<Db, P>[] {
  return [
    managed(
      {
        method: 'GET',
        path: 'permissions',
        does: 'Lists what the code declares that can be done, by resource, and what the system roles hold of it.',
      },
      'role:read',
      async () => jsonResponse({ resources: permissions.catalog, systemRoles: permissions.systemRoles }),
    ),
    managed(
      {
        method: 'GET',
        path: 'roles',
        does: 'Lists the roles, oldest first; `limit` and `cursor` page through them.',
      },
      'role:read',
      async ({ context, url }) => {
        const page = await context.tenant.roles.list(pageRequest(readQuery(url, ['limit', 'cursor'])))
        return jsonResponse({ items: page.items.map(roleView), next: page.next })
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'role-tree',
        does: `Tells the roles as a tree: each with those that inherit from it (\`roles\`). At most ${MAXIMUM_IN_TREE} are shown; \`complete\` says whether that is all.`,
      },
      'role:read',
      async ({ context, url }) => {
        readQuery(url, [])
        const found: Role[] = []
        let cursor: string | undefined
        do {
          const page = await context.tenant.roles.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
          found.push(...page.items)
          cursor = page.next ?? undefined
        } while (cursor !== undefined && found.length < MAXIMUM_IN_TREE)
        return jsonResponse({ roles: treeOf(found), complete: cursor === undefined })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'roles',
        does: 'Makes a role: `key`, `name`, `description`, `parent` (key or id), `permissions`. Asks for everything that it says.',
      },
      'role:write',
      async (visit) => {
        const body = await bodyOf(visit, ['key', ...FIELDS])
        const role: NewRole = { key: textField(body, 'key'), ...writtenField<Omit<NewRole, 'key'>>(body, FIELDS) }
        return jsonResponse({ role: roleView(await visit.context.tenant.roles.create(role)) }, 201)
      },
    ),
    managed(
      { method: 'GET', path: 'roles/:role', does: 'Tells one role, by key or id.' },
      'role:read',
      async ({ context, params }) => jsonResponse({ role: roleView(await context.tenant.roles.get(params.role!)) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'roles/:role',
        does: 'Changes a role: `name`, `description`, `parent`, and `permissions` as a whole. Asks for what it says otherwise afterwards.',
      },
      'role:write',
      async (visit) => {
        const change = writtenField<RoleChange>(await bodyOf(visit, FIELDS), FIELDS)
        return jsonResponse({ role: roleView(await visit.context.tenant.roles.update(visit.params.role!, change)) })
      },
    ),
    managed(
      { method: 'DELETE', path: 'roles/:role', does: 'Removes a role that nobody holds and nothing inherits from.' },
      'role:write',
      async ({ context, params }) => {
        await context.tenant.roles.remove(params.role!)
        return emptyResponse()
      },
    ),
  ]
}

function roleView({ id, key, name, description, parentRoleId, permissions, system, createdAt, updatedAt }: Role) {
  return { id, key, name, description, parentRoleId, permissions, system, createdAt, updatedAt }
}

interface RoleNode {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly system: boolean
  readonly permissions: readonly PermissionEntry[]
  readonly roles: RoleNode[]
}

/** Each below what it inherits from; without that, at the top. Of any depth. */
function treeOf(roles: readonly Role[]): readonly RoleNode[] {
  const nodes = new Map<string, RoleNode>()
  for (const { id, key, name, system, permissions } of roles) {
    nodes.set(id, { id, key, name, system, permissions, roles: [] })
  }
  const top: RoleNode[] = []
  for (const { id, parentRoleId } of roles) {
    const siblings = (parentRoleId !== null && nodes.get(parentRoleId)?.roles) || top
    siblings.push(nodes.get(id)!)
  }
  return top
}
