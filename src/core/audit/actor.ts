// Who acts, checked once: when a handle is bound to them.

import { parseId } from '../kernel/ids.ts'
import { checkKeys, invalid, isPlainText, storable } from '../kernel/input.ts'
import type { Actor } from './audit.ts'

/** The host's own code, without a person behind it: who acts through a handle that nobody was bound to. */
export const systemActor: Actor = Object.freeze({ type: 'system' })

const FIELDS = [
  'type',
  'id',
  'sessionId',
  'impersonatorId',
  'apiKeyId',
  'requestId',
  'ip',
  'userAgent',
  'deviceId',
  'riskScore',
] as const
const TYPES: readonly Actor['type'][] = ['user', 'service_account', 'operator', 'system', 'provider']
/** Those who have a row; the others may go by a name, as `nightly-job` or `stripe`. */
const WITH_ROWS: ReadonlySet<Actor['type']> = new Set(['user', 'service_account', 'operator'])
const MAXIMUM_NAME = 200
const MAXIMUM_IP = 64
const MAXIMUM_USER_AGENT = 512

/**
 * The actor as events have it: a copy that nobody changes. A user agent is whatever a client sent, so it is cut where
 * others are refused.
 * @throws INPUT_INVALID, ID_INVALID
 */
export function checkActor(actor: Actor): Actor {
  checkKeys(actor, 'actor', FIELDS)
  const { type, id, sessionId, impersonatorId, apiKeyId, requestId, ip, userAgent, deviceId, riskScore } = actor
  if (!TYPES.includes(type)) throw invalid('actor.type', `it is one of ${TYPES.join(', ')}`)
  if (riskScore !== undefined && !(typeof riskScore === 'number' && riskScore >= 0 && riskScore <= 1)) {
    throw invalid('actor.riskScore', 'it is 0 to 1')
  }
  if (impersonatorId !== undefined && type !== 'user') throw invalid('actor.impersonatorId', 'nobody else is acted as')
  if (apiKeyId !== undefined && type !== 'service_account') throw invalid('actor.apiKeyId', 'nobody else shows one')
  return Object.freeze({
    type,
    ...(id === undefined ? {} : { id: WITH_ROWS.has(type) ? parseId(id, 'actor.id') : name(id, 'actor.id') }),
    ...(sessionId === undefined ? {} : { sessionId: parseId<string>(sessionId, 'actor.sessionId') }),
    ...(impersonatorId === undefined
      ? {}
      : { impersonatorId: parseId<string>(impersonatorId, 'actor.impersonatorId') }),
    ...(apiKeyId === undefined ? {} : { apiKeyId: parseId<string>(apiKeyId, 'actor.apiKeyId') }),
    ...(requestId === undefined ? {} : { requestId: name(requestId, 'actor.requestId') }),
    ...(ip === undefined ? {} : { ip: name(ip, 'actor.ip', MAXIMUM_IP) }),
    ...(userAgent === undefined ? {} : { userAgent: agent(userAgent) }),
    ...(deviceId === undefined ? {} : { deviceId: parseId<string>(deviceId, 'actor.deviceId') }),
    ...(riskScore === undefined ? {} : { riskScore }),
  })
}

/** What is known of the client that acts. */
export interface Client {
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

type Who = Pick<Actor, 'type' | 'id' | 'sessionId' | 'impersonatorId'>

/** Somebody else, in the same request: its id, device and risk stay, and so does the client unless another is given. */
export function inRequestOf(request: Actor, who: Who, client: Client = {}): Actor {
  const { requestId, deviceId, riskScore } = request
  const ip = storable(client.ip, MAXIMUM_IP) ?? request.ip
  const userAgent = storable(client.userAgent, MAXIMUM_USER_AGENT) ?? request.userAgent
  return {
    ...who,
    ...(requestId === undefined ? {} : { requestId }),
    ...(ip === undefined ? {} : { ip }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(riskScore === undefined ? {} : { riskScore }),
  }
}

/** 1 to so many characters, as they were given: a name that was changed is another's. */
export function name(value: unknown, field: string, maximum = MAXIMUM_NAME): string {
  if (typeof value !== 'string' || !isPlainText(value)) throw invalid(field, 'it is not a text')
  if (value === '' || value.length > maximum) throw invalid(field, `it has 1 to ${maximum} characters`)
  return value
}

function agent(value: unknown): string {
  if (typeof value !== 'string') throw invalid('actor.userAgent', 'it is not a text')
  return storable(value, MAXIMUM_USER_AGENT) ?? ''
}
