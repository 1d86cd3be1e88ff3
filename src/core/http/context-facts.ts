// What conditions see of a request, under `context.`. What is not known is not there, so that a condition that needs it
// does not allow, and one that denies by it does.

import { soundPlace } from '../authentication/risk/place.ts'
import type { ApiKeyId, DeviceId } from '../kernel/ids.ts'
import type { GeoPlace, GeoProvider } from '../ports/geo.ts'
import type { Verified } from '../sessions/session.ts'

/** `context.time`, the moment of the check, is there in every check and not named here. */
export interface ContextFacts {
  /** The client's address. */
  readonly ip?: string
  /** How the client showed who it is. */
  readonly credential?: 'bearer' | 'cookie' | 'api-key'
  /** Authenticator assurance level of the session, 1 to 3. An API key has none; an operator who acts as the user has 1. */
  readonly aal?: number
  /** Whether the session was opened with more than one factor: `aal` is 2 or more. */
  readonly mfa?: boolean
  /** When the user last proved who they are; not while an operator acts as the user. */
  readonly authenticatedAt?: Date
  /** Whether an operator acts as the user. */
  readonly impersonated: boolean
  /** The device of the session; known where sessions are verified in `database` mode. */
  readonly device?: { readonly id: DeviceId }
  /** Where the address is, by the geo provider of the instance, if that answers at once. */
  readonly location?: GeoPlace | undefined
  readonly request: {
    readonly method: string
    /** Inside the tenant. */
    readonly path: string
    readonly userAgent?: string
  }
}

export interface Seen {
  readonly session: Verified | undefined
  readonly apiKey: ApiKeyId | undefined
  readonly credential: ContextFacts['credential'] | undefined
  readonly clientAddress: string | undefined
  readonly path: string
  readonly request: Request
  locate(ip: string): GeoPlace | undefined
}

export function contextFacts(seen: Seen): ContextFacts {
  const { session, credential, clientAddress: ip, request, path } = seen
  const userAgent = request.headers.get('user-agent')
  const facts = {
    ...(ip === undefined ? {} : { ip }),
    ...(credential === undefined ? {} : { credential }),
    ...(session ? assuranceOf(session) : {}),
    impersonated: session?.impersonator !== undefined,
    request: { method: request.method, path, ...(userAgent === null ? {} : { userAgent }) },
  }
  if (ip === undefined) return facts
  let place: { readonly found: GeoPlace | undefined } | undefined
  // looked for when a condition asks, and once
  const get = (): GeoPlace | undefined => {
    place ??= { found: seen.locate(ip) }
    return place.found
  }
  return Object.defineProperty(facts, 'location', { enumerable: true, get })
}

/** The facts with more of them, which go before; nothing is looked for yet. */
export function withFacts(facts: ContextFacts, more: Readonly<Record<string, unknown>> | undefined) {
  if (more === undefined) return facts as unknown as Readonly<Record<string, unknown>>
  const both = { ...Object.getOwnPropertyDescriptors(facts), ...Object.getOwnPropertyDescriptors(more) }
  return Object.defineProperties({}, both) as Readonly<Record<string, unknown>>
}

/** A provider that fails knows nothing, and one that has to be waited for is not: a check waits for nobody. */
export function createLocate(geo: GeoProvider | undefined, onError: (error: unknown) => void): Seen['locate'] {
  return (ip) => {
    try {
      const told = geo?.locate(ip)
      if (!(told instanceof Promise)) return soundPlace(told)
      told.catch(onError)
    } catch (error) {
      onError(error)
    }
    return undefined
  }
}

/** What an operator shows is no proof of the user's. */
function assuranceOf({ assurance, impersonator, rows }: Verified) {
  const deviceId = rows?.session.deviceId ?? undefined
  const device = deviceId === undefined ? {} : { device: { id: deviceId } }
  if (impersonator) return { aal: 1, mfa: false, ...device }
  const { level, authenticatedAt } = assurance
  return { aal: level, mfa: level >= 2, authenticatedAt, ...device }
}
