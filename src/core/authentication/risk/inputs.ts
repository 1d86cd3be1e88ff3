// What a sign-in is judged by. All of it is at hand when the credential has been proven: nothing here is asked for
// while the score is computed.

import type { GeoPlace } from '../../ports/geo.ts'

export interface RiskInputs {
  /** When, in milliseconds since 1970, on the clock of the profile's times: the database's. */
  readonly at: number
  /** Failed attempts of late, each counting half as much after every half-life (`risk.halfLifeMs`). */
  readonly failures: FailureCounts
  /** True: the user signed in on this device before. Undefined: nothing is known of devices. */
  readonly deviceKnown?: boolean | undefined
  readonly place?: GeoPlace | undefined
  /** Undefined: this user was never learned from. */
  readonly profile?: SignInProfile | undefined
  readonly leakedPassword?: boolean | undefined
  readonly client?: ClientSignals | undefined
}

/** Decayed counts: not whole numbers. */
export interface FailureCounts {
  readonly user: number
  readonly ip: number
  /** Of the address's /24 (IPv4) or /48 (IPv6). */
  readonly network: number
  readonly tenant: number
  /** Different accounts that were tried and failed, from this address and from its network. */
  readonly ipAccounts: number
  readonly networkAccounts: number
}

export const NO_FAILURES: FailureCounts = {
  user: 0,
  ip: 0,
  network: 0,
  tenant: 0,
  ipAccounts: 0,
  networkAccounts: 0,
}

/** What is usual for a user, learned from sign-ins that were allowed without a challenge, and from no others. */
export interface SignInProfile {
  readonly signIns: number
  /** The last of them, in milliseconds since 1970. */
  readonly lastAt: number | null
  readonly lastPlace: GeoPlace
  /** Country to the time it was last seen, in milliseconds since 1970. */
  readonly countries: Readonly<Record<string, number>>
  /** Sign-ins by hour of the day, UTC: `{ "9": 12 }`. */
  readonly hours: Readonly<Record<string, number>>
}

/** What a request tells of the program that sent it. Null: it does not say; undefined: nobody looked. */
export interface ClientSignals {
  readonly userAgent?: string | null | undefined
  readonly acceptLanguage?: string | null | undefined
  /** From when the form was shown to when it was sent, in milliseconds, where the host measures it. */
  readonly formMs?: number | undefined
}
