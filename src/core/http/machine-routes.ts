// Service accounts and their API keys, for those who may manage them. A key's secret is in the one answer that made it.

import type { OwnPermission, Permissions } from '../access/permissions.ts'
import type { ServiceAccount } from '../access/service-accounts.ts'
import type { ApiKey, IssuedApiKey, NewApiKey } from '../identity/api-keys.ts'
import { type ApiKeyId, parseId, type ServiceAccountId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { pageRequest, readQuery } from './query.ts'
import type { AccessVisit, Route } from './routes.ts'
import { jsonResponse } from './views.ts'

export function machineRoutes<Db, P extends string>(
  { bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>,
  permissions: Permissions<P>,
): Route<Db, P>[] {
  /** A route for those who hold the permission in the whole tenant. */
  const managed = (
    route: Pick<Route<Db, P>, 'method' | 'path' | 'does'> & { readonly rate?: 'credentials' },
    permission: OwnPermission,
    answer: (visit: AccessVisit<Db, P>) => Promise<Response>,
  ): Route<Db, P> => ({ ...route, asks: 'access', permission, answer })
  const accountOf = ({ params }: AccessVisit<Db, P>) => parseId<ServiceAccountId>(params.id, 'id')
  const keyOf = ({ params }: AccessVisit<Db, P>) => parseId<ApiKeyId>(params.id, 'id')

  return [
    managed(
      {
        method: 'GET',
        path: 'service-accounts',
        does: 'Lists the service accounts, oldest first; `limit` and `cursor` page through them.',
      },
      'service-account:read',
      async ({ context, url }) => {
        const page = await context.tenant.serviceAccounts.list(pageRequest(readQuery(url, ['limit', 'cursor'])))
        return jsonResponse({ items: page.items.map(serviceAccountView), next: page.next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'service-accounts',
        does: 'Makes a service account: `name`, `metadata` (an object). It holds nothing until it is given a role.',
      },
      'service-account:write',
      async (visit) => {
        const body = await bodyOf(visit, ['name', 'metadata'])
        const metadata = body.metadata as ServiceAccount['metadata'] | undefined
        const account = { name: textField(body, 'name'), ...(metadata === undefined ? {} : { metadata }) }
        const made = await visit.context.tenant.serviceAccounts.create(account)
        return jsonResponse({ serviceAccount: serviceAccountView(made) }, 201)
      },
    ),
    managed(
      { method: 'GET', path: 'service-accounts/:id', does: 'Tells one service account.' },
      'service-account:read',
      async (visit) => {
        const found = await visit.context.tenant.serviceAccounts.get(accountOf(visit))
        return jsonResponse({ serviceAccount: serviceAccountView(found) })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'service-accounts/:id/disable',
        does: 'Takes everything from a service account until it is enabled: its keys are refused at once.',
      },
      'service-account:write',
      async (visit) => {
        const disabled = await visit.context.tenant.serviceAccounts.disable(accountOf(visit))
        return jsonResponse({ serviceAccount: serviceAccountView(disabled) })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'service-accounts/:id/enable',
        does: 'Gives a disabled service account back what it held; its keys work again.',
      },
      'service-account:write',
      async (visit) => {
        const enabled = await visit.context.tenant.serviceAccounts.enable(accountOf(visit))
        return jsonResponse({ serviceAccount: serviceAccountView(enabled) })
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'api-keys',
        does: 'Lists the API keys, oldest first, revoked ones too; `serviceAccountId` filters, `limit` and `cursor` page.',
      },
      'api-key:read',
      async ({ context, url }) => {
        const query = readQuery(url, ['limit', 'cursor', 'serviceAccountId'])
        const account = query.serviceAccountId
        const page = await context.tenant.apiKeys.list({
          ...pageRequest(query),
          ...(account === undefined ? {} : { serviceAccount: parseId<ServiceAccountId>(account, 'serviceAccountId') }),
        })
        return jsonResponse({ items: page.items.map(apiKeyView), next: page.next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'api-keys',
        does: 'Makes an API key: `serviceAccountId`, `name`, `permissions`, `allowedIps`, `lifetimeMs`. Answers its secret, once. Asks for a sign-in a short while ago.',
        rate: 'credentials',
      },
      'api-key:write',
      async (visit) => {
        const body = await bodyOf(visit, ['serviceAccountId', 'name', 'permissions', 'allowedIps', 'lifetimeMs'])
        const { serviceAccountId, ...terms } = body as unknown as NewApiKey & { readonly serviceAccountId: unknown }
        const serviceAccount = parseId<ServiceAccountId>(serviceAccountId, 'serviceAccountId')
        // of a client's it is a mistake of theirs, and not of the host's code
        const known = (name: string) => permissions.has(name)
        if (Array.isArray(terms.permissions) && !terms.permissions.every(known)) {
          throw invalid('permissions', 'there is no such permission')
        }
        return issuedResponse(await visit.context.tenant.apiKeys.create({ ...terms, serviceAccount }))
      },
    ),
    managed(
      { method: 'GET', path: 'api-keys/:id', does: 'Tells one API key, without its secret.' },
      'api-key:read',
      async (visit) => jsonResponse({ apiKey: apiKeyView(await visit.context.tenant.apiKeys.get(keyOf(visit))) }),
    ),
    managed(
      {
        method: 'POST',
        path: 'api-keys/:id/rotate',
        does: 'Makes a key in place of a live one, which works for `overlapMs` more. Answers its secret, once. Asks for a sign-in a short while ago.',
        rate: 'credentials',
      },
      'api-key:write',
      async (visit) => {
        const { overlapMs } = (await bodyOf(visit, ['overlapMs'])) as { readonly overlapMs?: number }
        const options = overlapMs === undefined ? {} : { overlapMs }
        return issuedResponse(await visit.context.tenant.apiKeys.rotate(keyOf(visit), options))
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'api-keys/:id/revoke',
        does: 'Revokes an API key: it is refused from the next request on.',
      },
      'api-key:write',
      async (visit) => jsonResponse({ apiKey: apiKeyView(await visit.context.tenant.apiKeys.revoke(keyOf(visit))) }),
    ),
  ]
}

function issuedResponse({ apiKey, secret }: IssuedApiKey): Response {
  return jsonResponse({ apiKey: apiKeyView(apiKey), secret }, 201)
}

function serviceAccountView({ id, name, status, metadata, createdAt, disabledAt }: ServiceAccount) {
  return { id, name, status, metadata, createdAt, disabledAt }
}

function apiKeyView(key: ApiKey) {
  const { id, serviceAccountId, name, prefix, permissions, allowedIps } = key
  const { createdAt, expiresAt, lastUsedAt, revokedAt, successorId } = key
  return {
    id,
    serviceAccountId,
    name,
    prefix,
    permissions,
    allowedIps,
    createdAt,
    expiresAt,
    lastUsedAt,
    revokedAt,
    successorId,
  }
}
