// What stands before a route of the host's: a session, a permission, a part of the plan. The frameworks' shims ask
// here and send what is answered.

import type { CheckOptions } from '../access/access.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { createProblemResponse } from './problem.ts'
import { type RequestContext, requiredSession } from './request-context.ts'

/** Plain values, as conditions see them. */
export type Facts = Readonly<Record<string, unknown>>

/** A value, or how to get it from the request. */
export type Asked<Request, Value> = Value | ((request: Request) => Value | Promise<Value>)

export interface RequireOptions<Request> {
  /** The organization that the resource belongs to; roles held in it count too. */
  readonly organization?: Asked<Request, CheckOptions['organization']>
  /** Further facts of the request, as conditions see them: `context.ip` is there already. */
  readonly context?: Asked<Request, Facts>
}

/** What a route asks for before anybody looks anything up. */
export interface Demand<Request> extends RequireOptions<Request> {
  readonly permission: string
  readonly resource?: Asked<Request, Facts | undefined>
}

/** The refusal to be sent, or undefined: go on. Rejects with what is no refusal: an unknown permission, a failure of the host's own look-up. */
export type Answer = Promise<Response | undefined>

export function guardSession(context: RequestContext): Answer {
  return refusalOf(() => requiredSession(context))
}

/** A stranger is refused before anything is looked up for them. */
export async function guardPermission<Request>(
  context: RequestContext,
  request: Request,
  demand: Demand<Request>,
): Answer {
  const stranger = await guardSession(context)
  if (stranger) return stranger
  const [resource, organization, facts] = await Promise.all([
    found(request, demand.resource),
    found(request, demand.organization),
    found(request, demand.context),
  ])
  return refusalOf(() =>
    context.require(demand.permission, {
      ...(resource === undefined ? {} : { resource }),
      ...(organization === undefined ? {} : { organization }),
      ...(facts === undefined ? {} : { context: facts }),
    }),
  )
}

/** The tenant's plan decides, not the principal: no session is asked for. */
export function guardEntitlement(context: RequestContext, feature: string): Answer {
  return refusalOf(() => context.tenant.entitlements.demand(feature))
}

/** @throws CONFIG_INVALID: what serves `freehold`'s routes did not run before, or let a request without a tenant pass */
export function contextOr(context: RequestContext | null | undefined, middleware: string): RequestContext {
  if (context) return context
  throw new FreeholdError('CONFIG_INVALID', {
    option: middleware,
    problem: 'it runs before what asks for its context, for requests with a tenant',
  })
}

async function found<Request, Value>(request: Request, asked: Asked<Request, Value> | undefined) {
  return typeof asked === 'function' ? (asked as (request: Request) => Value | Promise<Value>)(request) : asked
}

async function refusalOf(check: () => unknown): Answer {
  try {
    await check()
    return undefined
  } catch (error) {
    if (FreeholdError.is(error) && error.status < 500) return refusal(error)
    throw error
  }
}

/** A refusal is no server error, so there is nobody to tell. */
const refusal = createProblemResponse(() => undefined)
