// The port to a geographic database. `freehold/maxmind` reads one in MaxMind's format; Freehold ships no data.

/** Where an address is thought to be. Whatever is not known is left out. */
export interface GeoPlace {
  /** ISO 3166-1 alpha-2, as `MX`. */
  readonly country?: string
  readonly city?: string
  /** Degrees, WGS 84. */
  readonly latitude?: number
  readonly longitude?: number
  /** Radius around the coordinates within which the client is thought to be, in kilometres. */
  readonly accuracyKm?: number
}

export interface GeoProvider {
  /** Undefined: nothing is known of it. A provider that fails stops nobody: the place is unknown then, and `onError` is told. */
  locate(ip: string): GeoPlace | undefined | Promise<GeoPlace | undefined>
}
