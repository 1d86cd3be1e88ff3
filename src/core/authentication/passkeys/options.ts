// The host's word on passkeys, checked at the start: an origin that is mistyped would refuse everybody, one that is too
// wide would let others in.

import type { PasskeySettings } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import { parseDomain } from '../../tenancy/host-name.ts'
import { hostOf, isLocal, isWithin } from './relying-party.ts'

const SECOND = 1000
/** The key of the app's certificate (Android's own form of an origin). */
const APP = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/

/** @throws CONFIG_INVALID, naming the option as in `passkeys.origins` */
export function checkPasskeys(passkeys: PasskeySettings): PasskeySettings {
  const { rpId, origins, topOrigins, userVerification, challengeLifetimeMs } = passkeys
  if (rpId !== null && parseDomain(rpId) !== rpId) throw invalid('rpId', 'it is not a domain in lower case')
  for (const origin of list('origins', origins)) {
    if (APP.test(origin)) {
      if (rpId === null) throw invalid('rpId', `it is missing, and ${origin} belongs to no domain by itself`)
      continue
    }
    if (!isPage(origin))
      throw invalid('origins', `${JSON.stringify(origin)} is not an origin as https://app.example.com`)
    if (rpId !== null && !isLocal(hostOf(origin)!) && !isWithin(hostOf(origin)!, rpId)) {
      throw invalid('origins', `${origin} is not within ${rpId}`)
    }
  }
  for (const origin of list('topOrigins', topOrigins)) {
    if (!isPage(origin))
      throw invalid('topOrigins', `${JSON.stringify(origin)} is not an origin as https://example.com`)
  }
  if (userVerification !== 'required' && userVerification !== 'preferred') {
    throw invalid('userVerification', 'it is required or preferred')
  }
  const sound = Number.isSafeInteger(challengeLifetimeMs) && challengeLifetimeMs >= 30 * SECOND
  if (!sound || challengeLifetimeMs > 600 * SECOND) {
    throw invalid('challengeLifetimeMs', 'it is a whole number from 30,000 to 600,000')
  }
  return passkeys
}

/** Pages among these on which a browser has passkeys at all: secure contexts. */
export function securePages(origins: readonly string[] = []): readonly string[] {
  return Array.isArray(origins) ? origins.filter((origin) => typeof origin === 'string' && isPage(origin)) : []
}

function isPage(origin: string): boolean {
  const host = hostOf(origin)
  return host !== undefined && (origin.startsWith('https:') || isLocal(host))
}

function list(option: string, values: readonly string[]): readonly string[] {
  const sound = Array.isArray(values) && values.every((value) => typeof value === 'string')
  if (!sound) throw invalid(option, 'it is a list of origins')
  return values
}

function invalid(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option: `passkeys.${option}`, problem })
}
