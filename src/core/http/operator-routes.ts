// Operators in other tenants, over HTTP: for who is signed in to the platform tenant, and has proven shortly before who they
// are. The tokens of an impersonation are answered in the body alone: they are for another tenant's pages than these.

import type { OwnPermission } from '../access/permissions.ts'
import type { FreeholdRooms } from '../api.ts'
import type { Actor } from '../audit/audit.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { PLATFORM_TENANT_ID, parseId, type StayId, type TenantId, type UserId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { NewStay, Stay } from '../operators/stay.ts'
import type { StayFilter } from '../operators/stays.ts'
import type { TenantHandle } from '../tenancy/handle.ts'
import { type JsonObject, optionalTextField, textField } from './body.ts'
import type { Entering } from './entering.ts'
import { pageRequest, readQuery } from './query.ts'
import type { AccessVisit, Route } from './routes.ts'
import { jsonResponse, sessionView, tokensView, userView } from './views.ts'

export interface OperatorParts<Db, P extends string> {
  readonly entering: Pick<Entering<Db, P>, 'bodyOf'>
  roomsOf(actor: Actor): FreeholdRooms<Db, P>
}

export function operatorRoutes<Db, P extends string>({ entering, roomsOf }: OperatorParts<Db, P>): Route<Db, P>[] {
  const { bodyOf } = entering

  /** In the operator's name. What they may is asked again there, of the platform tenant. @throws FORBIDDEN */
  function roomsFor({ context, session }: AccessVisit<Db, P>, permission: OwnPermission): FreeholdRooms<Db, P> {
    // held in any other tenant it gives nothing
    if (context.tenant.id !== PLATFORM_TENANT_ID) throw new FreeholdError('FORBIDDEN', { permission })
    return roomsOf({ ...context.actor, type: 'operator', id: session.principal.id })
  }

  return [
    {
      method: 'POST',
      path: 'operators/impersonations',
      does: 'Signs an operator in as a user of another tenant: `tenant` (slug or id), `userId` or `email`, `reason`, `lifetimeMs`. Answers the tokens. Asks for a sign-in a short while ago.',
      asks: 'access',
      permission: 'user:impersonate',
      rate: 'credentials',
      async answer(visit) {
        const rooms = roomsFor(visit, 'user:impersonate')
        const body = await bodyOf(visit, ['tenant', 'userId', 'email', 'reason', 'lifetimeMs'])
        const tenant = await rooms.tenant(textField(body, 'tenant'))
        const { clientAddress: ip, actor } = visit.context
        const { session, tokens } = await tenant.impersonation.start({
          ...stayOf(body),
          user: await actedAs(tenant, body),
          client: {
            ...(ip === undefined ? {} : { ip }),
            ...(actor.userAgent === undefined ? {} : { userAgent: actor.userAgent }),
          },
        })
        const answer = {
          stay: stayView(await rooms.stays.get(session)),
          user: userView(await tenant.users.get(session.userId)),
          session: sessionView(session, session.id),
          tokens: tokensView(tokens, true),
        }
        return jsonResponse(answer, 201)
      },
    },
    {
      method: 'POST',
      path: 'operators/break-glass',
      does: 'Opens another tenant, also a suspended one, to an operator: `tenant` (slug or id), `reason`, `lifetimeMs`. The host enters it with `stays.enter`. Asks for a sign-in a short while ago.',
      asks: 'access',
      permission: 'tenant:break-glass',
      rate: 'credentials',
      async answer(visit) {
        const rooms = roomsFor(visit, 'tenant:break-glass')
        const body = await bodyOf(visit, ['tenant', 'reason', 'lifetimeMs'])
        const stay = await rooms.stays.open(textField(body, 'tenant'), stayOf(body))
        return jsonResponse({ stay: stayView(stay) }, 201)
      },
    },
    {
      method: 'GET',
      path: 'operators/stays',
      does: 'Lists impersonations and broken glass, newest first: those of the kinds that the operator may begin. `kind`, `operatorId`, `tenantId` and `open` (`true`) filter, `limit` and `cursor` page.',
      asks: 'access',
      async answer(visit) {
        const rooms = roomsFor(visit, 'user:impersonate')
        const { items, next } = await rooms.stays.list(filterOf(visit.url))
        return jsonResponse({ items: items.map(stayView), next })
      },
    },
    {
      method: 'GET',
      path: 'operators/stays/:id',
      does: 'Tells one impersonation or break-glass, and whether it goes on at this moment.',
      asks: 'access',
      async answer(visit) {
        const { stays } = roomsFor(visit, 'user:impersonate')
        const id = parseId<StayId>(visit.params.id, 'id')
        return jsonResponse({ stay: { ...stayView(await stays.get(id)), goesOn: await stays.goesOn(id) } })
      },
    },
    {
      method: 'POST',
      path: 'operators/stays/:id/end',
      does: "Ends an impersonation or break-glass, one's own or a colleague's.",
      asks: 'access',
      async answer(visit) {
        const { stays } = roomsFor(visit, 'user:impersonate')
        return jsonResponse({ stay: stayView(await stays.end(parseId<StayId>(visit.params.id, 'id'))) })
      },
    },
  ]
}

/** What the values may be is checked where they are used. */
function stayOf(body: JsonObject): NewStay {
  const { lifetimeMs } = body as { readonly lifetimeMs?: number }
  return { reason: textField(body, 'reason'), ...(lifetimeMs === undefined ? {} : { lifetimeMs }) }
}

/** @throws INPUT_INVALID (neither or both), ID_INVALID, USER_UNKNOWN */
async function actedAs<Db, P extends string>(tenant: TenantHandle<Db, P>, body: JsonObject): Promise<UserId> {
  const [userId, email] = [optionalTextField(body, 'userId'), optionalTextField(body, 'email')]
  if ((userId === undefined) === (email === undefined)) throw invalid('userId', 'it is this or email')
  if (userId !== undefined) return parseId<UserId>(userId, 'userId')
  const found = await tenant.users.findByEmail(email!)
  if (!found) throw new FreeholdError('USER_UNKNOWN')
  return found.id
}

function filterOf(url: URL): StayFilter {
  const query = readQuery(url, ['limit', 'cursor', 'kind', 'operatorId', 'tenantId', 'open'])
  const { kind, operatorId, tenantId, open } = query
  if (open !== undefined && open !== 'true') throw invalid('open', 'it is true, or left out')
  return {
    ...pageRequest(query),
    ...(kind === undefined ? {} : { kind: kind as Stay['kind'] }),
    ...(operatorId === undefined ? {} : { operator: parseId<UserId>(operatorId, 'operatorId') }),
    ...(tenantId === undefined ? {} : { tenant: parseId<TenantId>(tenantId, 'tenantId') }),
    ...(open === undefined ? {} : { open: true }),
  }
}

function stayView({ id, kind, operatorId, tenantId, userId, reason, createdAt, expiresAt, endedAt }: Stay) {
  return { id, kind, operatorId, tenantId, userId, reason, createdAt, expiresAt, endedAt }
}
