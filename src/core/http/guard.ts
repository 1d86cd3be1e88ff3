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
  /** Where the resource is: what is held there or around it counts too. */
  readonly organization?: Asked<Request, CheckOptions['organization']>
  readonly team?: Asked<Request, CheckOptions['team']>
  readonly project?: Asked<Request, CheckOptions['project']>
  /** More places, of a resource that is in several at once. */
  readonly in?: Asked<Request, CheckOptions['in']>
  /** The resource itself, as `{ type, id }`: what is held on just this one counts too. */
  readonly on?: Asked<Request, CheckOptions['on']>
  /** The fields acted on. Left out: every field. */
  readonly fields?: Asked<Request, CheckOptions['fields']>
  /** Further facts of the request, as conditions see them: those of ContextFacts are there already. */
  readonly context?: Asked<Request, Facts>
  /** Several of these, and `resource`, of one look at the request. What is given beside it goes before it. */
  readonly check?: Asked<Request, CheckOptions>
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

const LOOKED = ['resource', 'organization', 'team', 'project', 'in', 'on', 'fields', 'context', 'check'] as const

/** What is acted on, as plain values: the request need not be asked. */
function isPlain<Request>(demand: Demand<Request>): demand is Demand<Request> & CheckOptions {
  return demand.check === undefined && LOOKED.every((name) => typeof demand[name] !== 'function')
}

async function looked<Request>(demand: Demand<Request>, request: Request): Promise<CheckOptions> {
  const named = LOOKED.filter((name) => demand[name] !== undefined)
  const values = await Promise.all(named.map((name) => found<Request, unknown>(request, demand[name])))
  const told = Object.fromEntries(named.map((name, i) => [name, values[i]]).filter(([, value]) => value !== undefined))
  const { check, ...rest } = told as CheckOptions & { readonly check?: CheckOptions }
  const context = { ...check?.context, ...rest.context }
  return { ...check, ...rest, ...(Object.keys(context).length > 0 && { context }) }
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
