// What is usual for a user, as it is stored and as it is learned. Only a sign-in that was allowed without a challenge
// teaches anything: an attacker who signs in first must not make their own place the usual one (X03).

import type { GeoPlace } from '../../ports/geo.ts'
import type { SignInProfileRow } from '../../storage/authentication-tables.ts'
import { hourOf } from './habits.ts'
import type { SignInProfile } from './inputs.ts'
import type { RiskVerdict } from './policy.ts'

export function profileFromRow(row: SignInProfileRow): SignInProfile {
  return {
    signIns: row.sign_ins,
    lastAt: row.last_at?.getTime() ?? null,
    lastPlace: {
      ...(row.last_country === null ? {} : { country: row.last_country }),
      ...(row.last_latitude === null ? {} : { latitude: row.last_latitude }),
      ...(row.last_longitude === null ? {} : { longitude: row.last_longitude }),
      ...(row.last_accuracy_km === null ? {} : { accuracyKm: row.last_accuracy_km }),
    },
    countries: row.countries,
    hours: row.hours,
  }
}

export function teaches(verdict: RiskVerdict): boolean {
  return verdict === 'allow'
}

/** The profile after one more sign-in. The database learns by the same rule, in one statement. */
export function learned(profile: SignInProfile | undefined, at: number, place: GeoPlace = {}): SignInProfile {
  const { signIns = 0, countries = {}, hours = {} } = profile ?? {}
  const hour = String(hourOf(at))
  return {
    signIns: signIns + 1,
    lastAt: at,
    lastPlace: place,
    countries: place.country === undefined ? countries : { ...countries, [place.country]: at },
    hours: { ...hours, [hour]: (hours[hour] ?? 0) + 1 },
  }
}
