// Authenticator apps and hardware tokens as factors: a code is found in JavaScript, and its step or counter is spent in
// the transaction that its proof is good for. It only moves forward, so of any number of callers with one code one wins.

import type { MfaMethodRow } from '../../storage/authentication-tables.ts'
import { changeOne } from '../../storage/steps.ts'
import { fromNow } from '../../storage/tables.ts'
import type { FactorProof, FactorVerifier } from '../factor.ts'
import { openSecret } from './sealed-secret.ts'

/** How many times a token may have been pressed in vain (RFC 4226, section 7.2). */
export const LOOK_AHEAD = 10
const METHODS = ['otp'] as const

export const totpVerifier: FactorVerifier = {
  type: 'totp',
  methods: METHODS,
  assuranceLevel: 2,
  async verify(context, { method }, { code }) {
    if (!method || code === undefined) return undefined
    const { totpStep } = await import('./one-time-password.ts')
    const step = await totpStep(openSecret(context, method), code, context.runtime.now(), method.moving_factor)
    return step === undefined ? undefined : spending(method, step)
  },
}

export const hardwareTokenVerifier: FactorVerifier = {
  type: 'hardware_token',
  methods: METHODS,
  assuranceLevel: 2,
  async verify(context, { method }, { code }) {
    if (!method || code === undefined) return undefined
    const { hotpCounter } = await import('./one-time-password.ts')
    const counter = await hotpCounter(openSecret(context, method), code, method.moving_factor, LOOK_AHEAD)
    return counter === undefined ? undefined : spending(method, counter)
  },
}

/** Good for one: whoever moves the factor on (M01, M11). A confirmed one; what is being confirmed is spent where that is done. */
function spending({ id }: MfaMethodRow, used: number): FactorProof {
  return {
    methods: METHODS,
    assuranceLevel: 2,
    spends: [
      changeOne(
        'mfa_methods',
        { id, confirmed_at: { not: null }, moving_factor: { before: used + 1 } },
        { moving_factor: used + 1, last_used_at: fromNow() },
      ),
    ],
  }
}
