// What may be asked of access over HTTP: what one may do, whether, and why. Of oneself everybody may ask, by a session or an
// API key, which is told what it may do itself; of others, who may read roles.

import type { PrincipalAccess } from '../access/access.ts'
import type { PlaceOptions } from '../access/asked.ts'
import type { CheckOptions } from '../access/check-options.ts'
import type { Explanation } from '../access/explanation.ts'
import type { OrganizationId, ProjectId, TeamId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { asClient } from './access-body.ts'
import { managed } from './permitted.ts'
import { principalAsked } from './place-body.ts'
import { idAsked, objectField, pageRequest, type Query, readQuery } from './query.ts'
import { inRequest } from './request-context.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { jsonResponse } from './views.ts'

const WHO = ['userId', 'serviceAccountId'] as const
const WHERE = ['organizationId', 'teamId', 'projectId', 'resourceType', 'resourceId'] as const
const FACTS = ['resource', 'context'] as const
const PLACES = 'in an `organizationId`, `teamId` or `projectId`, on one `resourceType` and `resourceId`'

type Asking = Query<'permission' | 'fields' | (typeof WHO)[number] | (typeof WHERE)[number] | (typeof FACTS)[number]>

export function accessRoutes<Db, P extends string>(): Route<Db, P>[] {
  /** Whose access is asked about, and the facts of the question. Of another principal's request nothing is known. */
  async function asked(visit: PrincipalVisit<Db, P>, query: Asking): Promise<[PrincipalAccess<P>, CheckOptions]> {
    const options = checkOptions(query)
    const other = principalAsked(query)
    if (!other || other.id === visit.access.principal.id) return [visit.access, inRequest(visit.context, options)]
    visit.context.require('role:read' as P)
    return [await visit.context.tenant.access.principal(other), options]
  }

  return [
    {
      method: 'GET',
      path: 'me/permissions',
      does: `Tells all that one may do ${PLACES}: what is \`allowed\`, and what depends on a \`resource\` (JSON) that is not told (\`conditional\`). For what a page shows; the server decides anew.`,
      asks: 'principal',
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
      asks: 'principal',
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
      asks: 'principal',
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
      asks: 'principal',
      answer: (visit) =>
        asClient(async () => {
          const query = readQuery(visit.url, ['permission', 'fields', ...WHO, ...WHERE, ...FACTS])
          const [access, options] = await asked(visit, query)
          const names = query.permission === undefined ? access.names : [query.permission as P]
          const items = names.map((permission) => explained(permission, access.explain(permission, options)))
          return jsonResponse({ principal: access.principal, items })
        }),
    },
    managed(
      {
        method: 'GET',
        path: 'access/who-can',
        does: `Lists everyone who may do something: a \`permission\`, for \`resource\` and \`context\` as JSON, ${PLACES}; \`limit\` and \`cursor\` page. A page may be short: only one without \`next\` is the last.`,
      },
      'role:read',
      async ({ context, url }) => {
        const query = readQuery(url, ['permission', 'limit', 'cursor', ...WHERE, ...FACTS])
        if (query.permission === undefined) throw invalid('permission', 'it is missing')
        const options = { ...checkOptions(query), ...pageRequest(query) }
        return jsonResponse(await context.tenant.access.whoCan(query.permission as P, options))
      },
    ),
  ]
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
  const { resourceType: type, resourceId: id } = query
  if ((type === undefined) !== (id === undefined)) throw invalid('resourceType', 'it goes together with resourceId')
  const organization = idAsked<OrganizationId>(query, 'organizationId')
  const team = idAsked<TeamId>(query, 'teamId')
  const project = idAsked<ProjectId>(query, 'projectId')
  return {
    ...(organization === undefined ? {} : { organization }),
    ...(team === undefined ? {} : { team }),
    ...(project === undefined ? {} : { project }),
    ...(type === undefined || id === undefined ? {} : { on: { type, id } }),
  }
}

function explained(permission: string, { allowed, reason, by, missing, needed, version }: Explanation) {
  return { permission, allowed, reason, by: by ?? null, missing, needed, version }
}
