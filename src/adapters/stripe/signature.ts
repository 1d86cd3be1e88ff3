// Stripe's webhook signature, scheme v1: HMAC-SHA256 over the timestamp, a dot and the body. Checked here and not by the
// package, which decodes the body first (so that other bytes can pass for it) and takes timestamps from the future.

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SignatureRules {
  /** Any of them; several while one replaces another. */
  readonly secrets: readonly string[]
  /** How old, and how far ahead, a timestamp may be, in milliseconds. */
  readonly toleranceMs: number
  /** The receiver's clock. */
  readonly nowMs: number
}

const MAXIMUM_HEADER = 4096
/** Signatures in one header: one for each secret that the endpoint has. */
const MAXIMUM_SIGNATURES = 16
const TIMESTAMP = /^[1-9]\d{0,11}$/
const SIGNATURE = /^[0-9a-f]{64}$/

/** `header`: what `Stripe-Signature` says. Two headers come as one, joined by a comma, and are refused: two timestamps. */
export function checkSignature(
  rawBody: Uint8Array,
  header: string | null,
  { secrets, toleranceMs, nowMs }: SignatureRules,
): 'ok' | 'signature' | 'timestamp' {
  if (header === null || header.length > MAXIMUM_HEADER) return 'signature'
  const parts = header.split(',').map((part) => part.trim())
  const valuesOf = (key: string): string[] =>
    parts.flatMap((part) => (part.startsWith(`${key}=`) ? [part.slice(key.length + 1)] : []))
  const [timestamp, ...others] = valuesOf('t')
  if (timestamp === undefined || others.length > 0 || !TIMESTAMP.test(timestamp)) return 'signature'
  const signatures = valuesOf('v1').filter((signature) => SIGNATURE.test(signature))
  if (signatures.length === 0 || signatures.length > MAXIMUM_SIGNATURES) return 'signature'
  const given = signatures.map((signature) => Buffer.from(signature, 'hex'))
  // every secret is tried against every signature, so that the time taken tells nothing
  let signed = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest()
    for (const signature of given) signed = timingSafeEqual(expected, signature) || signed
  }
  if (!signed) return 'signature'
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp)
  return Math.abs(ageSeconds) * 1000 > toleranceMs ? 'timestamp' : 'ok'
}
