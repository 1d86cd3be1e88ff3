// What a tenant's people may look at: the audit log, why something is allowed or not, and what the plan includes.

import type { Principal } from '../access/access.ts'
import type { CheckOptions } from '../access/check-options.ts'
import type { Explanation } from '../access/explanation.ts'
import type { Permissions } from '../access/permissions.ts'
import type { AuditFilter } from '../audit/audit.ts'
import { type OrganizationId, parseId, type ServiceAccountId, type UserId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { AuditOutcome } from '../storage/audit-tables.ts'
import { momentField, objectField, pageRequest, type Query, readQuery } from './query.ts'
import { inRequest } from './request-context.ts'
import type { AccessVisit, Route } from './routes.ts'
import { auditView, jsonResponse, planView, subscriptionView } from './views.ts'

const FILTER = ['action', 'actorId', 'userId', 'resourceType', 'resourceId'] as const
const OUTCOMES: readonly AuditOutcome[] = ['success', 'failure', 'denied']
const QUESTION = ['permission', 'userId', 'serviceAccountId', 'organizationId', 'resource', 'context'] as const

export function tenantRoutes<Db, P extends string>(permissions: Permissions<P>): Route<Db, P>[] {
  /** @throws INPUT_INVALID */
  function permissionsOf({ permission }: Query<'permission'>): readonly P[] {
    if (permission === undefined) return permissions.names
    if (!permissions.has(permission)) throw invalid('permission', 'there is no such permission')
    return [permission]
  }

  return [
    {
      method: 'GET',
      path: 'audit',
      does: 'Lists audit events, newest first; `action`, `actorId`, `userId`, `resourceType`, `resourceId`, `outcome`, `from` and `before` filter, `limit` and `cursor` page.',
      asks: 'access',
      permission: 'audit:read',
      async answer({ context, url }) {
        const page = await context.tenant.audit.list(auditFilter(url))
        return jsonResponse({ items: page.items.map(auditView), next: page.next })
      },
    },
    {
      method: 'GET',
      path: 'access/explain',
      does: "Tells why the principal may do something, or may not: one `permission` or all, for a `resource` and `context` as JSON, in an `organizationId`. Another's (`userId`, `serviceAccountId`) asks for `role:read`.",
      asks: 'access',
      async answer(visit) {
        const query = readQuery(visit.url, QUESTION)
        const other = otherThan(visit, query)
        if (other) visit.context.require('role:read' as P)
        const asked = permissionsOf(query)
        const options = checkOptions(query)
        const access = other ? await visit.context.tenant.access.principal(other) : visit.access
        // of another principal's request nothing is known
        const facts = other ? options : inRequest(visit.context, options)
        const items = asked.map((permission) => explained(permission, access.explain(permission, facts)))
        return jsonResponse({ principal: access.principal, items })
      },
    },
    {
      method: 'GET',
      path: 'plan',
      does: 'Tells the plan in force, what is used of its limits, and the subscriptions.',
      asks: 'access',
      permission: 'billing:read',
      answer: ({ context }) =>
        context.tenant.transaction(async ({ entitlements, billing }) => {
          const plan = await entitlements.plan()
          const limits: Record<string, { maximum: number | null; used: number }> = {}
          for (const name of Object.keys(plan?.limits ?? {})) limits[name] = await entitlements.limit(name)
          const subscriptions = await billing.subscriptions()
          return jsonResponse({
            plan: plan && planView(plan),
            limits,
            subscriptions: subscriptions.map(subscriptionView),
          })
        }),
    },
  ]
}

/** What the values may be is checked where they are used. @throws INPUT_INVALID */
function auditFilter(url: URL): AuditFilter {
  const query = readQuery(url, ['limit', 'cursor', 'from', 'before', 'outcome', ...FILTER])
  const { limit: _limit, cursor: _cursor, from: _from, before: _before, outcome, ...plain } = query
  const [from, before] = [momentField(query, 'from'), momentField(query, 'before')]
  return {
    ...plain,
    ...pageRequest(query),
    ...(outcome === undefined ? {} : { outcome: outcomeOf(outcome) }),
    ...(from === undefined ? {} : { from }),
    ...(before === undefined ? {} : { before }),
  }
}

function outcomeOf(text: string): AuditOutcome {
  const outcome = OUTCOMES.find((known) => known === text)
  if (!outcome) throw invalid('outcome', `it is one of ${OUTCOMES.join(', ')}`)
  return outcome
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

function checkOptions(query: Query<'organizationId' | 'resource' | 'context'>): CheckOptions {
  const { organizationId } = query
  const [resource, context] = [objectField(query, 'resource'), objectField(query, 'context')]
  return {
    ...(organizationId === undefined
      ? {}
      : { organization: parseId<OrganizationId>(organizationId, 'organizationId') }),
    ...(resource === undefined ? {} : { resource }),
    ...(context === undefined ? {} : { context }),
  }
}

function explained(permission: string, { allowed, reason, by, missing, needed, version }: Explanation) {
  return { permission, allowed, reason, by: by ?? null, missing, needed, version }
}
