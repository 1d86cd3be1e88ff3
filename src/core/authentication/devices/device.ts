// A device as the host sees it, and what a client shows of it.

import { type DeviceId, parseId, type UserId } from '../../kernel/ids.ts'
import type { DeviceRow } from '../../storage/authentication-tables.ts'
import { deviceKind } from './fingerprint.ts'

/** A browser or an app in which a user signed in. */
export interface Device {
  readonly id: DeviceId
  readonly userId: UserId
  /** What the user calls it. */
  readonly name: string | null
  /** `Firefox on Linux`, as far as the user agent says. */
  readonly kind: string
  readonly userAgent: string | null
  /** Where it was seen last. */
  readonly ip: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  /** Until then it stands in for the second factor, unless policy or risk ask for one. */
  readonly trustedUntil: Date | null
}

/** A device, or anything that carries the id of one. */
export type DeviceKey = DeviceId | { readonly id: DeviceId }

/** What the client shows of its device. */
export interface DeviceClaim {
  /**
   * What the last sign-in on this device answered, whoever signed in: it stands for several users, where they share a browser.
   * Without it, or where nothing in it is this user's, the device is new.
   */
  readonly token?: string
  /** `accept-language`. */
  readonly acceptLanguage?: string | null
  /** `sec-ch-ua-platform`. */
  readonly platform?: string | null
}

/** The device that a sign-in came from. */
export interface SignInDevice {
  readonly device: Device
  /** To be kept by the client in place of what it showed, out of reach of scripts, and shown at the next sign-in. */
  readonly token: string
  /** The user had not signed in on it before. */
  readonly isNew: boolean
}

export function deviceFromRow(row: DeviceRow): Device {
  return {
    id: row.id as DeviceId,
    userId: row.user_id as UserId,
    name: row.name,
    kind: deviceKind(row.user_agent),
    userAgent: row.user_agent,
    ip: row.ip,
    country: row.country,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    trustedUntil: row.trusted_until,
  }
}

/** @throws ID_INVALID */
export function deviceIdOf(key: DeviceKey): DeviceId {
  return parseId<DeviceId>(typeof key === 'object' && key !== null ? key.id : key, 'device')
}
