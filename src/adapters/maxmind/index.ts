// freehold/maxmind: places of addresses from a database in MaxMind's format (.mmdb), by a reader that the host makes
// with the packages mmdb-lib or maxmind. The data is the host's: Freehold ships none.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { GeoPlace, GeoProvider } from '../../core/ports/geo.ts'

/** The part of a reader that is used: `new Reader(buffer)` of mmdb-lib, `await open(file)` of maxmind. */
export interface MaxmindReader {
  get(ip: string): object | null
}

export interface MaxmindOptions {
  /** Of a City or a Country database. Asked anew: one that reloads its file may be given. */
  readonly reader: MaxmindReader
}

/**
 * A `GeoProvider` on a MaxMind database. An address that the database does not know, or that is none, is nowhere. A record of
 * another shape says what it says: each field that is not what it should be is left out.
 * @throws CONFIG_INVALID
 */
export function maxmind({ reader }: MaxmindOptions): GeoProvider {
  if (typeof reader?.get !== 'function') {
    const problem = 'it is a reader: new Reader(buffer) of mmdb-lib, or await open(file) of maxmind'
    throw new FreeholdError('CONFIG_INVALID', { option: 'maxmind.reader', problem })
  }
  return {
    locate(ip) {
      const record = reader.get(ip)
      return record ? placeOf(record) : undefined
    },
  }
}

/** Where somebody is, and else where their network is registered: better than nothing, and seldom another country. */
function placeOf(record: object): GeoPlace | undefined {
  const country = code(part(part(record, 'country') ?? part(record, 'registered_country'), 'iso_code'))
  const city = text(part(part(part(record, 'city'), 'names'), 'en'))
  const location = part(record, 'location')
  const latitude = degrees(part(location, 'latitude'), 90)
  const longitude = degrees(part(location, 'longitude'), 180)
  const accuracyKm = part(location, 'accuracy_radius')
  const place: GeoPlace = {
    ...(country === undefined ? {} : { country }),
    ...(city === undefined ? {} : { city }),
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
    ...(typeof accuracyKm === 'number' && accuracyKm >= 0 ? { accuracyKm } : {}),
  }
  return Object.keys(place).length > 0 ? place : undefined
}

function part(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, name)) return undefined
  return (record as Readonly<Record<string, unknown>>)[name]
}

function code(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function degrees(value: unknown, limit: number): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= limit ? value : undefined
}
