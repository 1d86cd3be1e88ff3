// What may be asked of access over HTTP: what one may do, whether, and why. Of oneself everybody may ask; of others, who
// may read roles.

import type { Principal, PrincipalAccess } from '../access/access.ts'
import type { PlaceOptions } from '../access/asked.ts'
import type { CheckOptions } from '../access/check-options.ts'
import type { Explanation } from '../access/explanation.ts'
import type { Permissions } from '../access/permissions.ts'
import {
  type OrganizationId,
  type ProjectId,
  parseId,
  type ServiceAccountId,
  type TeamId,
  type UserId,
} from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { asClient } from './access-body.ts'
import { objectField, type Query, readQuery } from './query.ts'
import { inRequest } from './request-context.ts'
import type { AccessVisit, Route } from './routes.ts'
import { jsonResponse } from './views.ts'

const WHO = ['userId', 'serviceAccountId'] as const
const WHERE = ['organizationId', 'teamId', 'projectId', 'resourceType', 'resourceId'] as const
const FACTS = ['resource', 'context'] as const
const PLACES = 'in an `organizationId`, `teamId` or `projectId`, on one `resourceType` and `resourceId`'

type Asking = Query<'permission' | 'fields' | (typeof WHO)[number] | (typeof WHERE)[number] | (typeof FACTS)[number]>

export function accessRoutes<Db, P extends string>(permissions: Permissions<P>): Route<Db, P>[] {
  /** Whose access is asked about, and the facts of the question. Of another principal's request nothing is known. */
  async function asked(visit: AccessVisit<Db, P>, query: Asking): Promise<[PrincipalAccess<P>, CheckOptions]> {
    const options = checkOptions(query)
    const other = otherThan(visit, query)
    if (!other) return [visit.access, inRequest(visit.context, options)]
    visit.context.require('role:read' as P)
    return [await visit.context.tenant.access.principal(other), options]
  }

  return [
    {
      method: 'GET',
      path: 'me/permissions',
      does: `Tells all that one may do ${PLACES}: what is \`allowed\`, and what depends on a \`resource\` (JSON) that is not told (\`conditional\`). For what a page shows; the server decides anew.`,
      asks: 'access',
      async answer({ context, access, url }) {
        const query = readQuery(url, [...WHERE, ...FACTS])
        const { allowed, conditional } = access.permissions(inRequest(context, checkOptions(query)))
        return jsonResponse({ principal: access.principal, allowed, conditional, revision: access.revision })
      },
    },
    {
      method: 'GET',
      path: 'access/permissions',
      does: `The same as \`me/permissions\` of another (\`userId\`, \`serviceAccountId\`), for who may read roles.`,
      asks: 'access',
      async answer(visit) {
        const [access, options] = await asked(visit, readQuery(visit.url, [...WHO, ...WHERE, ...FACTS]))
        const { allowed, conditional } = access.permissions(options)
        return jsonResponse({ principal: access.principal, allowed, conditional, revision: access.revision })
      },
    },
    {
      method: 'GET',
      path: 'access/check',
      does: `Tells whether the principal may do something: a \`permission\`, for \`resource\` and \`context\` as JSON and \`fields\` (with commas), ${PLACES}. Another's (\`userId\`, \`serviceAccountId\`) asks for \`role:read\`.`,
      asks: 'access',
      answer: (visit) =>
        asClient(async () => {
          const query = readQuery(visit.url, ['permission', 'fields', ...WHO, ...WHERE, ...FACTS])
          if (query.permission === undefined) throw invalid('permission', 'it is missing')
          const [access, options] = await asked(visit, query)
          return jsonResponse({ principal: access.principal, allowed: access.can(query.permission as P, options) })
        }),
    },
    {
      method: 'GET',
      path: 'access/explain',
      does: `Tells why the principal may do something, or may not, and what would be needed: as \`access/check\`, of one \`permission\` or of all that the code declares.`,
      asks: 'access',
      answer: (visit) =>
        asClient(async () => {
          const query = readQuery(visit.url, ['permission', 'fields', ...WHO, ...WHERE, ...FACTS])
          const [access, options] = await asked(visit, query)
          const names = query.permission === undefined ? permissions.names : [query.permission as P]
          const items = names.map((permission) => explained(permission, access.explain(permission, options)))
          return jsonResponse({ principal: access.principal, items })
        }),
    },
  ]
}

/** Somebody else than who asks. @throws INPUT_INVALID, ID_INVALID */
function otherThan<Db, P extends string>(
  { session }: AccessVisit<Db, P>,
  { userId, serviceAccountId }: Query<'userId' | 'serviceAccountId'>,
): Principal | undefined {
  if (userId !== undefined && serviceAccountId !== undefined) throw invalid('userId', 'it is this or serviceAccountId')
  if (serviceAccountId !== undefined) {
    return { kind: 'service_account', id: parseId<ServiceAccountId>(serviceAccountId, 'serviceAccountId') }
  }
  if (userId === undefined || userId === session.principal.id) return undefined
  return { kind: 'user', id: parseId<UserId>(userId, 'userId') }
}

/** @throws INPUT_INVALID, ID_INVALID */
function checkOptions(query: Asking): CheckOptions {
  const [resource, context] = [objectField(query, 'resource'), objectField(query, 'context')]
  return {
    ...placeOptions(query),
    ...(resource === undefined ? {} : { resource }),
    ...(context === undefined ? {} : { context }),
    ...(query.fields === undefined ? {} : { fields: query.fields.split(',') }),
  }
}

/** @throws INPUT_INVALID, ID_INVALID */
function placeOptions(query: Query<(typeof WHERE)[number]>): PlaceOptions {
  const { organizationId, teamId, projectId, resourceType: type, resourceId: id } = query
  if ((type === undefined) !== (id === undefined)) throw invalid('resourceType', 'it goes together with resourceId')
  return {
    ...(organizationId === undefined
      ? {}
      : { organization: parseId<OrganizationId>(organizationId, 'organizationId') }),
    ...(teamId === undefined ? {} : { team: parseId<TeamId>(teamId, 'teamId') }),
    ...(projectId === undefined ? {} : { project: parseId<ProjectId>(projectId, 'projectId') }),
    ...(type === undefined || id === undefined ? {} : { on: { type, id } }),
  }
}

function explained(permission: string, { allowed, reason, by, missing, needed, version }: Explanation) {
  return { permission, allowed, reason, by: by ?? null, missing, needed, version }
}
