// Policies and a tenant's own permissions over HTTP. Nobody writes a policy that says more than they hold.

import type { AddedPermission, NewPermission } from '../access/custom-permissions.ts'
import { customPermission } from '../access/permissions.ts'
import type { NewPolicy, Policy, PolicyChange, PolicyVersion } from '../access/policy.ts'
import { checkInteger } from '../kernel/input.ts'
import { writtenField } from './access-body.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { managed } from './permitted.ts'
import { pageRequest, readQuery } from './query.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

export function policyRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  const page = ({ url }: PrincipalVisit<Db, P>) => pageRequest(readQuery(url, ['limit', 'cursor']))

  return [
    managed(
      {
        method: 'GET',
        path: 'policies',
        does: 'Lists the policies, oldest first; `limit` and `cursor` page through them.',
      },
      'policy:read',
      async (visit) => {
        const { items, next } = await visit.context.tenant.policies.list(page(visit))
        return jsonResponse({ items: items.map(policyView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'policies',
        does: 'Makes a policy: `key`, `description`, `document`, `enabled`. Asks for everything that it allows or denies.',
      },
      'policy:write',
      async (visit) => {
        const body = await bodyOf(visit, ['key', 'description', 'document', 'enabled'])
        const fields = writtenField<Omit<NewPolicy, 'key'>>(body, ['description', 'document', 'enabled'])
        const policy = await visit.context.tenant.policies.create({ key: textField(body, 'key'), ...fields })
        return jsonResponse({ policy: policyView(policy) }, 201)
      },
    ),
    managed(
      { method: 'GET', path: 'policies/:policy', does: 'Tells one policy, by key or id.' },
      'policy:read',
      async ({ context, params }) =>
        jsonResponse({ policy: policyView(await context.tenant.policies.get(params.policy!)) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'policies/:policy',
        does: 'Changes a policy: `description`, and `document` as a whole, which is a new version of it.',
      },
      'policy:write',
      async (visit) => {
        const fields = ['description', 'document']
        const change = writtenField<PolicyChange>(await bodyOf(visit, fields), fields)
        const policy = await visit.context.tenant.policies.update(visit.params.policy!, change)
        return jsonResponse({ policy: policyView(policy) })
      },
    ),
    managed(
      { method: 'DELETE', path: 'policies/:policy', does: 'Removes a policy, and its history.' },
      'policy:write',
      async ({ context, params }) => {
        await context.tenant.policies.remove(params.policy!)
        return emptyResponse()
      },
    ),
    ...(['enable', 'disable'] as const).map((verb) =>
      managed(
        {
          method: 'POST',
          path: `policies/:policy/${verb}`,
          does: verb === 'enable' ? 'Puts a policy in force.' : 'Takes a policy out of force: it says nothing.',
        },
        'policy:write',
        async ({ context, params }) =>
          jsonResponse({ policy: policyView(await context.tenant.policies[verb](params.policy!)) }),
      ),
    ),
    managed(
      {
        method: 'GET',
        path: 'policies/:policy/versions',
        does: 'Lists the documents that a policy has had, newest first; `limit` and `cursor` page.',
      },
      'policy:read',
      async (visit) => {
        const { items, next } = await visit.context.tenant.policies.history(visit.params.policy!, page(visit))
        return jsonResponse({ items: items.map(versionView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'policies/:policy/restore',
        does: 'Saves the document of an older `version` as a new one.',
      },
      'policy:write',
      async (visit) => {
        const { version } = await bodyOf(visit, ['version'])
        const wanted = checkInteger(version, 'version', 1, 2_147_483_647)
        const policy = await visit.context.tenant.policies.restore(visit.params.policy!, wanted)
        return jsonResponse({ policy: policyView(policy) })
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'custom-permissions',
        does: 'Lists the permissions that the tenant added to those of the code; `limit` and `cursor` page.',
      },
      'role:read',
      async (visit) => {
        const { items, next } = await visit.context.tenant.customPermissions.list(page(visit))
        return jsonResponse({ items: items.map(addedView), next })
      },
    ),
    managed(
      { method: 'POST', path: 'custom-permissions', does: 'Adds a permission: `resource`, `action`, `description`.' },
      'role:write',
      async (visit) => {
        const fields = ['resource', 'action', 'description']
        const permission = writtenField<NewPermission>(await bodyOf(visit, fields), fields)
        const added = await visit.context.tenant.customPermissions.create(permission)
        return jsonResponse({ permission: addedView(added) }, 201)
      },
    ),
    managed(
      {
        method: 'DELETE',
        path: 'custom-permissions/:resource/:action',
        does: 'Removes a permission that the tenant added, and that no role, policy or membership names.',
      },
      'role:write',
      async ({ context, params }) => {
        await context.tenant.customPermissions.remove(customPermission(`${params.resource}:${params.action}`))
        return emptyResponse()
      },
    ),
  ]
}

function policyView({ id, key, description, version, document, enabled, createdAt, updatedAt }: Policy) {
  return { id, key, description, version, document, enabled, createdAt, updatedAt }
}

function versionView({ version, document, changedBy, createdAt }: PolicyVersion) {
  return { version, document, changedBy, createdAt }
}

function addedView({ name, resource, action, description, createdAt }: AddedPermission) {
  return { name, resource, action, description, createdAt }
}
