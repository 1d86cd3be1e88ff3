// What stands before a route of the host's: a session, a permission, a part of the plan. The frameworks' shims ask
// here and send what is answered.

import type { CheckOptions } from '../access/check-options.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { createProblemResponse } from './problem.ts'
import { type AssuranceDemand, type RequestContext, requiredPrincipal, requiredSession } from './request-context.ts'

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

export async function guardSession(context: RequestContext): Answer {
  return refusalOf(() => requiredSession(context))
}

/** A stranger is refused before anything is looked up for them. */
export async function guardPermission<Request>(
  context: RequestContext,
  request: Request,
  demand: Demand<Request>,
): Answer {
  const stranger = refusalOf(() => requiredPrincipal(context))
  if (stranger) return stranger
  const options = isPlain(demand) ? demand : await looked(demand, request)
  return refusalOf(() => context.require(demand.permission, options))
}

/** The session must be sure enough; a stranger is refused as by `guardSession`. */
export async function guardAssurance(context: RequestContext, demand: AssuranceDemand): Answer {
  return refusalOf(() => context.requireAssurance(demand))
}

/** The tenant's plan decides, not the principal: no session is asked for. */
export async function guardEntitlement(context: RequestContext, feature: string): Answer {
  try {
    await context.tenant.entitlements.demand(feature)
    return undefined
  } catch (error) {
    return refused(error)
  }
}

/** @throws CONFIG_INVALID: what serves `freehold`'s routes did not run before, or let a request without a tenant pass */
export function contextOr(context: RequestContext | null | undefined, middleware: string): RequestContext {
  if (context) return context
  throw new FreeholdError('CONFIG_INVALID', {
    option: middleware,
    problem: 'it runs before what asks for its context, for requests with a tenant',
  })
}

/** What is acted on, as plain values: the request need not be asked. */
function isPlain<Request>(demand: Demand<Request>): demand is Demand<Request> & CheckOptions {
  const { resource, organization, context } = demand
  return typeof resource !== 'function' && typeof organization !== 'function' && typeof context !== 'function'
}

async function looked<Request>(demand: Demand<Request>, request: Request): Promise<CheckOptions> {
  const [resource, organization, context] = await Promise.all([
    found(request, demand.resource),
    found(request, demand.organization),
    found(request, demand.context),
  ])
  return {
    ...(resource === undefined ? {} : { resource }),
    ...(organization === undefined ? {} : { organization }),
    ...(context === undefined ? {} : { context }),
  }
}

function found<Request, Value>(request: Request, asked: Asked<Request, Value> | undefined) {
  return typeof asked === 'function' ? (asked as (request: Request) => Value | Promise<Value>)(request) : asked
}

function refusalOf(check: () => unknown): Response | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return refused(error)
  }
}

/** A refusal is answered; anything else goes on. */
function refused(error: unknown): Response {
  if (FreeholdError.is(error) && error.status < 500) return refusal(error)
  throw error
}

/** A refusal is no server error, so there is nobody to tell. */
const refusal = createProblemResponse(() => undefined)
