// Who holds which role, over HTTP, for who may manage that where the role is held. Nobody gives or takes what they do not hold.

import type { Principal } from '../access/access.ts'
import type { PlaceOptions } from '../access/asked.ts'
import type { Assignment, NewAssignment, ScopeName } from '../access/assignment.ts'
import type { AssignmentFilter } from '../access/assignments.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { parseId, type ResourceId, type RoleAssignmentId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import { writtenField } from './access-body.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import type { Entering } from './entering.ts'
import { demandAt, foundAt, managed, mayAt } from './permitted.ts'
import { around, holderNamed, scopeNamed, within } from './place-body.ts'
import { pageRequest, readMoment, readQuery } from './query.ts'
import type { PrincipalVisit, Route } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

type Permission = 'assignment:read' | 'assignment:write'
const somewhere = true

export function assignmentRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  /** For who may do this where the role is held. @throws FORBIDDEN, and who may everywhere learns that there is no such place */
  async function demandIn(visit: PrincipalVisit<Db, P>, permission: Permission, scope: ScopeName | undefined) {
    if (!scope || !('resource' in scope)) return demandAt(visit, permission, scope ?? {})
    const { resource } = scope
    await foundAt(visit, permission, () => visit.context.tenant.resources.get(resource), around)
  }

  /** The assignment of the path, on the same terms. */
  function found(visit: PrincipalVisit<Db, P>, permission: Permission): Promise<Assignment> {
    const { assignments, resources } = visit.context.tenant
    const id = parseId<RoleAssignmentId>(visit.params.assignment, 'assignment')
    const whereIs = async ({ scope }: Assignment): Promise<PlaceOptions> =>
      scope.kind === 'resource' ? around(await resources.get(scope.id)) : within(scope)
    return foundAt(visit, permission, () => assignments.get(id), whereIs)
  }

  /** Those that `assignments/:assignment` would tell. */
  async function readable(visit: PrincipalVisit<Db, P>, items: readonly Assignment[]): Promise<Assignment[]> {
    const { resources } = visit.context.tenant
    const things = new Set(items.flatMap(({ scope }) => (scope.kind === 'resource' ? scope.id : [])))
    const places = new Map<string, PlaceOptions>()
    const find = async (id: ResourceId) => places.set(id, around(await resources.get(id)))
    // what is gone took along what was held on it
    for (const look of await Promise.allSettled([...things].map(find))) {
      if (look.status === 'rejected' && !FreeholdError.is(look.reason, 'RESOURCE_UNKNOWN')) throw look.reason
    }
    return items.filter(({ scope }) => {
      const where = scope.kind === 'resource' ? places.get(scope.id) : within(scope)
      return where !== undefined && mayAt(visit, 'assignment:read', where)
    })
  }

  return [
    managed(
      {
        method: 'GET',
        path: 'assignments',
        does: 'Lists who holds which role, oldest first, those that are over or still to come among them: `principalKind` and `principalId`, `role`, `scopeKind` and `scopeId` filter, `limit` and `cursor` page. Asks for `assignment:read` in that scope, and shows those in whose scope one has it. A page may be short: only one without `next` is the last.',
        somewhere,
      },
      'assignment:read',
      async (visit) => {
        const filter = assignmentFilter(visit.url)
        await demandIn(visit, 'assignment:read', filter.scope)
        const { items, next } = await visit.context.tenant.assignments.list(filter)
        const mine = await readable(visit, items)
        return jsonResponse({ items: mine.map(assignmentView), next })
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'assignments',
        does: 'Gives a `role` (key or id) to a `principal` (`kind` and `id`) in a `scope` (`kind` and `id`; a resource also by `type` and `externalId`; left out: in the whole tenant): `flow`, `startsAt`, `expiresAt` or `forMs`, `reason`. Asks for all that the role says there.',
        somewhere,
      },
      'assignment:write',
      async (visit) => {
        const assignment = assignmentOf(await bodyOf(visit, ASSIGNMENT_FIELDS))
        await demandIn(visit, 'assignment:write', assignment.scope)
        const granted = await visit.context.tenant.assignments.grant(assignment)
        return jsonResponse({ assignment: assignmentView(granted) }, 201)
      },
    ),
    {
      method: 'GET',
      path: 'me/assignments',
      does: 'Lists what was given to oneself alone, as `assignments`; `limit` and `cursor` page.',
      asks: 'principal',
      async answer({ context, access, url }) {
        const page = pageRequest(readQuery(url, ['limit', 'cursor']))
        const principal = access.principal as Principal
        const { items, next } = await context.tenant.assignments.list({ ...page, principal })
        return jsonResponse({ items: items.map(assignmentView), next })
      },
    },
    managed(
      { method: 'GET', path: 'assignments/:assignment', does: 'Tells one assignment.', somewhere },
      'assignment:read',
      async (visit) => jsonResponse({ assignment: assignmentView(await found(visit, 'assignment:read')) }),
    ),
    managed(
      {
        method: 'DELETE',
        path: 'assignments/:assignment',
        does: 'Takes a role back. Asks for all that it says where it is held.',
        somewhere,
      },
      'assignment:write',
      async (visit) => {
        const { id } = await found(visit, 'assignment:write')
        await visit.context.tenant.assignments.revoke(id)
        return emptyResponse()
      },
    ),
  ]
}

/** Of a new one. */
export const ASSIGNMENT_FIELDS = [
  'principal',
  'role',
  'scope',
  'flow',
  'startsAt',
  'expiresAt',
  'forMs',
  'reason',
] as const

/** What it may say is looked at by who grants it. @throws INPUT_INVALID, ID_INVALID */
export function assignmentOf(body: JsonObject): NewAssignment {
  const scope = body.scope === undefined ? undefined : scopeNamed(body.scope, 'scope')
  const [startsAt, expiresAt] = [momentOf(body, 'startsAt'), momentOf(body, 'expiresAt')]
  return {
    ...writtenField<Pick<NewAssignment, 'flow' | 'reason'>>(body, ['flow', 'reason']),
    principal: holderNamed(body.principal, 'principal'),
    role: textField(body, 'role'),
    ...(scope === undefined ? {} : { scope }),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(body.forMs === undefined ? {} : { for: body.forMs as number }),
  }
}

function momentOf(body: JsonObject, field: string): Date | undefined {
  const text = optionalTextField(body, field)
  return text === undefined ? undefined : readMoment(text, field)
}

/** @throws INPUT_INVALID, ID_INVALID */
function assignmentFilter(url: URL): AssignmentFilter {
  const names = ['limit', 'cursor', 'principalKind', 'principalId', 'role', 'scopeKind', 'scopeId'] as const
  const { principalKind, principalId, role, scopeKind, scopeId, ...page } = readQuery(url, names)
  const principal = kindAndId(principalKind, principalId)
  const scope = kindAndId(scopeKind, scopeId)
  return {
    ...pageRequest(page),
    ...(principal === undefined ? {} : { principal: holderNamed(principal, 'principal') }),
    ...(role === undefined ? {} : { role }),
    ...(scope === undefined ? {} : { scope: scopeAsked(scope) }),
  }
}

function kindAndId(kind: string | undefined, id: string | undefined) {
  if (kind === undefined && id === undefined) return undefined
  return { ...(kind === undefined ? {} : { kind }), ...(id === undefined ? {} : { id }) }
}

function scopeAsked(named: object): ScopeName {
  const scope = scopeNamed(named, 'scope')
  if (!scope) throw invalid('scopeKind', 'it is organization, team, project or resource')
  return scope
}

function assignmentView(assignment: Assignment) {
  const { id, principal, roleId, scope, flow, startsAt, expiresAt, grantedBy, reason, createdAt } = assignment
  return { id, principal, roleId, scope, flow, startsAt, expiresAt, grantedBy, reason, createdAt }
}
