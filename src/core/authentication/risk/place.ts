// What a geo provider says, taken at no more than its word: only what a column can hold goes further.

import { storable } from '../../kernel/input.ts'
import type { GeoPlace } from '../../ports/geo.ts'

const MAXIMUM_CITY = 100

/** The parts of a place that are what they should be; undefined when none is. */
export function soundPlace(told: GeoPlace | undefined): GeoPlace | undefined {
  if (typeof told !== 'object' || told === null) return undefined
  const { country, city, latitude, longitude, accuracyKm } = told
  const located = isWithin(latitude, -90, 90) && isWithin(longitude, -180, 180)
  const name = typeof city === 'string' ? storable(city, MAXIMUM_CITY) : undefined
  const place: GeoPlace = {
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? { country } : {}),
    ...(name === undefined ? {} : { city: name }),
    ...(located ? { latitude, longitude } : {}),
    ...(located && isWithin(accuracyKm, 0, Number.MAX_VALUE) ? { accuracyKm } : {}),
  }
  return Object.keys(place).length > 0 ? place : undefined
}

function isWithin(value: unknown, minimum: number, maximum: number): value is number {
  return typeof value === 'number' && value >= minimum && value <= maximum
}
