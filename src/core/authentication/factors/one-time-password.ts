// One-time passwords: by time (RFC 6238) and by counter (RFC 4226). Says which step or counter a code belongs to; that
// each is good once is for the database to see to.

import { generate, ScureBase32Plugin, verify } from 'otplib'

/** What a factor's column holds once it is unsealed. */
export interface OtpSecret {
  /** 16 to 64 bytes. */
  readonly bytes: Uint8Array
  readonly digits: 6 | 8
}

/** A step has 30 s (RFC 6238, section 5.2; ASVS 5.0, V6.6.2); clocks may be one step apart in either direction. */
export const STEP_S = 30
const DRIFT_S = STEP_S
export const SECRET_MINIMUM = 16
export const SECRET_MAXIMUM = 64

const base32 = new ScureBase32Plugin()

/**
 * The time step that a code belongs to, at this moment, and not before `firstUnused`. Undefined: wrong, used, or no code
 * at all.
 */
export async function totpStep(
  { bytes, digits }: OtpSecret,
  code: string,
  nowMs: number,
  firstUnused: number,
): Promise<number | undefined> {
  const token = digitsOf(code, digits)
  const epoch = Math.floor(nowMs / 1000)
  // the library throws where every step of the window was used already
  if (token === undefined || firstUnused * STEP_S > epoch + DRIFT_S) return undefined
  const found = await verify({
    secret: bytes,
    token,
    digits,
    epoch,
    epochTolerance: DRIFT_S,
    ...(firstUnused > 0 ? { afterTimeStep: firstUnused - 1 } : {}),
  })
  return found.valid && 'timeStep' in found ? found.timeStep : undefined
}

/** The counter that a code belongs to, from `counter` on and at most `lookAhead` further. Undefined: wrong, or used. */
export async function hotpCounter(
  { bytes, digits }: OtpSecret,
  code: string,
  counter: number,
  lookAhead: number,
): Promise<number | undefined> {
  const token = digitsOf(code, digits)
  if (token === undefined) return undefined
  // forward only (RFC 4226, section 7.2): the library's tolerance alone would look backward as well
  const found = await verify({
    strategy: 'hotp',
    secret: bytes,
    token,
    digits,
    counter,
    counterTolerance: [0, lookAhead],
  })
  return found.valid ? counter + found.delta : undefined
}

/** Where two successive codes stand, further ahead than one alone is believed (RFC 4226, section 7.4): the counter of the second. */
export async function resynchronised(
  secret: OtpSecret,
  codes: readonly [string, string],
  counter: number,
  lookAhead: number,
): Promise<number | undefined> {
  const [first, second] = codes.map((code) => digitsOf(code, secret.digits))
  if (first === undefined || second === undefined) return undefined
  for (let at = counter; at < counter + lookAhead; at++) {
    if ((await hotp(secret, at)) === first && (await hotp(secret, at + 1)) === second) return at + 1
  }
  return undefined
}

/** Base32 without padding, as apps read it (RFC 4648, section 6). */
export function encodeSecret(bytes: Uint8Array): string {
  return base32.encode(bytes)
}

/** Base32 as people type it: any case, spaces and padding left out or not. Undefined for what is none. */
export function decodeSecret(text: string): Uint8Array | undefined {
  const plain = text.replaceAll(/[\s-]/g, '').toUpperCase().replace(/=+$/, '')
  if (!/^[A-Z2-7]+$/.test(plain)) return undefined
  try {
    return base32.decode(plain)
  } catch {
    return undefined
  }
}

/** What an authenticator app scans: `otpauth://totp/Acme:ana%40acme.test?secret=...`. */
export function otpauthUrl(issuer: string, account: string, { bytes, digits }: OtpSecret): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  const more = `secret=${encodeSecret(bytes)}&issuer=${encodeURIComponent(issuer)}`
  return `otpauth://totp/${label}?${more}&algorithm=SHA1&digits=${digits}&period=${STEP_S}`
}

const hotp = ({ bytes, digits }: OtpSecret, counter: number): Promise<string> =>
  generate({ strategy: 'hotp', secret: bytes, counter, digits })

/** Apps show codes in two groups, and people type them so. */
function digitsOf(code: string, digits: number): string | undefined {
  const plain = code.length <= 20 ? code.replaceAll(' ', '') : ''
  return plain.length === digits && /^\d+$/.test(plain) ? plain : undefined
}
