// Signals of where a sign-in comes from: a country that is new, and a journey that nobody makes. A database of
// addresses is often wrong, so distances count only beyond both radii of accuracy and a minimum (X02).

import type { GeoPlace } from '../../ports/geo.ts'
import type { RiskInputs } from './inputs.ts'
import { beyond, type Finding, figure } from './signals.ts'

export interface PlaceRules {
  /** A country that was not seen for so long is new again. */
  readonly newCountryAfterMs: number
  /** Kilometres between two places, less both radii, that are never a journey. */
  readonly minimumDistanceKm: number
  /** Kilometres per hour that nobody travels at. */
  readonly maximumSpeedKmh: number
  /** The radius of a place that does not say its own, in kilometres. */
  readonly assumedAccuracyKm: number
}

/** Mean radius of the earth (IUGG). */
const EARTH_KM = 6371.0088
const HOUR = 3_600_000

export function placeFindings(inputs: RiskInputs, rules: PlaceRules): Finding[] {
  return [newCountry(inputs, rules), impossibleTravel(inputs, rules)].filter((found) => found !== undefined)
}

/** Silent until some country has been learned: a first sign-in is new everywhere (X01). */
function newCountry({ at, place, profile }: RiskInputs, rules: PlaceRules): Finding | undefined {
  const country = place?.country
  if (country === undefined || !profile || Object.keys(profile.countries).length === 0) return undefined
  const seen = Object.hasOwn(profile.countries, country) ? profile.countries[country] : undefined
  if (seen !== undefined && !(at - seen > rules.newCountryAfterMs)) return undefined
  const since = figure(rules.newCountryAfterMs / (24 * HOUR))
  return { flag: 'new-country', strength: 1, reason: `the country ${country} was not seen within ${since} days` }
}

/** Silent without both places, and when no time has passed by the clock (X01). */
function impossibleTravel({ at, place, profile }: RiskInputs, rules: PlaceRules): Finding | undefined {
  if (!place || !profile || profile.lastAt === null) return undefined
  const hours = (at - profile.lastAt) / HOUR
  const distance = certainDistanceKm(profile.lastPlace, place, rules.assumedAccuracyKm)
  if (!(hours > 0) || distance === undefined || distance <= rules.minimumDistanceKm) return undefined
  const strength = beyond(distance / hours, rules.maximumSpeedKmh, 2)
  if (strength === 0) return undefined
  const reason = `at least ${figure(distance)} km from the last sign-in ${lasting(hours)} before`
  return { flag: 'impossible-travel', strength, reason }
}

/**
 * How far two places are apart at least: the great circle less both radii, in kilometres, never below 0. Undefined when one
 * of them has no coordinates.
 */
export function certainDistanceKm(a: GeoPlace, b: GeoPlace, assumedAccuracyKm: number): number | undefined {
  const [from, to] = [coordinatesOf(a), coordinatesOf(b)]
  if (!from || !to) return undefined
  const radii = radiusOf(a, assumedAccuracyKm) + radiusOf(b, assumedAccuracyKm)
  return Math.max(0, greatCircleKm(from, to) - radii)
}

interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}

/** By the haversine formula, which holds for places next to each other as well. */
function greatCircleKm(a: Coordinates, b: Coordinates): number {
  const north = radians(b.latitude - a.latitude)
  const east = radians(b.longitude - a.longitude)
  const haversine =
    Math.sin(north / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2
  // rounding may carry antipodes beyond 1
  return 2 * EARTH_KM * Math.asin(Math.sqrt(Math.min(1, haversine)))
}

function coordinatesOf({ latitude, longitude }: GeoPlace): Coordinates | undefined {
  if (!within(latitude, 90) || !within(longitude, 180)) return undefined
  return { latitude, longitude }
}

function radiusOf({ accuracyKm }: GeoPlace, assumed: number): number {
  return accuracyKm !== undefined && accuracyKm >= 0 ? accuracyKm : assumed
}

function within(degrees: number | undefined, limit: number): degrees is number {
  return degrees !== undefined && Math.abs(degrees) <= limit
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}

function lasting(hours: number): string {
  if (hours >= 1) return `${figure(hours)} h`
  return hours >= 1 / 60 ? `${figure(hours * 60)} min` : `${figure(hours * 3600)} s`
}
