// What the browser says about the page that asked (WebAuthn Level 3, section 5.8.1). The library checks less: it
// lets a cross-origin frame without `topOrigin` pass, and looks at neither when a key is registered (attack case W03).

import { decodeBase64url } from '../../kernel/encoding.ts'
import { isPlainObject } from '../../kernel/input.ts'
import { refused } from './ceremony.ts'

export type CeremonyType = 'webauthn.create' | 'webauthn.get'

export interface ClientData {
  /** base64url, canonical. */
  readonly challenge: string
  /** As the browser spells it; not compared with anything yet. */
  readonly origin: string
  /** Of the page around the frame, when it may embed ours. */
  readonly topOrigin: string | undefined
}

/**
 * Reads and checks all but challenge and origin, which are compared with what is stored and configured.
 * @param topOrigins whose pages may embed ours in a frame, compared whole
 * @throws PASSKEY_REFUSED (malformed, cross-origin)
 */
export function readClientData(json: Uint8Array, type: CeremonyType, topOrigins: readonly string[]): ClientData {
  const data = parse(json)
  const { challenge, origin, crossOrigin, topOrigin } = data
  if (data.type !== type) throw refused('malformed')
  if (typeof challenge !== 'string' || !decodeBase64url(challenge)) throw refused('malformed')
  if (typeof origin !== 'string') throw refused('malformed')
  if (crossOrigin !== undefined && typeof crossOrigin !== 'boolean') throw refused('malformed')
  if (crossOrigin === true) {
    // a browser that does not say whose page it is in gets no benefit of the doubt
    if (typeof topOrigin !== 'string' || !topOrigins.includes(topOrigin)) throw refused('cross-origin')
  } else if (topOrigin !== undefined) {
    throw refused('cross-origin')
  }
  return { challenge, origin, topOrigin }
}

function parse(json: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
  } catch (cause) {
    throw refused('malformed', cause)
  }
  if (!isPlainObject(value)) throw refused('malformed')
  return value
}
