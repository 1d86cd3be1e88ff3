// Inputs that nothing speaks against, for tests that change one of them.

import type { RiskInputs, SignInProfile } from '../../../src/core/authentication/risk/inputs.ts'
import { NO_FAILURES } from '../../../src/core/authentication/risk/inputs.ts'
import type { GeoPlace } from '../../../src/core/ports/geo.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** A Tuesday, 10:00 UTC. */
export const NOW = Date.UTC(2026, 5, 16, 10)

export const MEXICO_CITY: GeoPlace = { country: 'MX', latitude: 19.43, longitude: -99.13, accuracyKm: 20 }
/** 47 km from Mexico City as another database has it. */
export const CUERNAVACA: GeoPlace = { country: 'MX', latitude: 18.92, longitude: -99.23, accuracyKm: 5 }
export const BERLIN: GeoPlace = { country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 10 }

/** Forty sign-ins between 9 and 11, in Mexico, the last of them a day ago. */
export const SETTLED: SignInProfile = {
  signIns: 40,
  lastAt: NOW - DAY,
  lastPlace: MEXICO_CITY,
  countries: { MX: NOW - DAY },
  hours: { '9': 20, '10': 15, '11': 5 },
}

export const QUIET: RiskInputs = {
  at: NOW,
  failures: NO_FAILURES,
  deviceKnown: true,
  place: MEXICO_CITY,
  profile: SETTLED,
  leakedPassword: false,
  client: {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    acceptLanguage: 'es-MX,es;q=0.8',
    formMs: 4000,
  },
}
