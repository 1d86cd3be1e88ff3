// What a tenant's people may look at: the audit log, and what the plan includes.

import type { AuditFilter } from '../audit/audit.ts'
import { invalid } from '../kernel/input.ts'
import type { AuditOutcome } from '../storage/audit-tables.ts'
import { momentField, pageRequest, readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { auditView, jsonResponse, planView, subscriptionView } from './views.ts'

const FILTER = ['action', 'actorId', 'userId', 'resourceType', 'resourceId'] as const
const OUTCOMES: readonly AuditOutcome[] = ['success', 'failure', 'denied']

export function tenantRoutes<Db, P extends string>(): Route<Db, P>[] {
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
