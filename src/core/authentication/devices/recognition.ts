// Which device a sign-in comes from. A client that shows no token of this very user gets a new one: one that somebody
// else planted in it is never taken over.

import { createHash } from 'node:crypto'
import { inRequestOf } from '../../audit/actor.ts'
import type { TenantContext } from '../../context.ts'
import { storable } from '../../kernel/input.ts'
import { notify } from '../../messages/notices.ts'
import type { ClientInfo } from '../../sessions/session.ts'
import type { DeviceRow } from '../../storage/authentication-tables.ts'
import type { SignInLoad } from '../../storage/sign-in-verbs.ts'
import { add, changeOne, type Step, told } from '../../storage/steps.ts'
import { fromNow } from '../../storage/tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { deviceFromRow, type SignInDevice } from './device.ts'
import { deviceKind, fingerprintOf } from './fingerprint.ts'

/** A device as it is found when a sign-in begins. */
export interface FoundDevice {
  readonly client: ClientInfo
  readonly id: string
  /** Shown, or made for a device that is new. */
  readonly token: string
  /** Undefined: it is new to this user. */
  readonly known: DeviceRow | undefined
  /** The user has others. */
  readonly others: boolean
  /** It may stand in for a second factor: trusted, not expired, and the same browser as when it was. */
  readonly trusted: boolean
}

/** What is done with it when the session opens. */
export interface DeviceUse {
  /** It stood in for a second factor: it must still be trusted. */
  readonly stoodIn: boolean
  /** From now on it is trusted for so long, in milliseconds. */
  readonly trustForMs: number | undefined
  readonly country: string | undefined
}

const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** What the columns hold. */
const MAXIMUM_IP = 64
const MAXIMUM_USER_AGENT = 512

/** What the token that a client shows is looked up by; null: it shows none. */
export function deviceHashOf(client: ClientInfo | undefined): Uint8Array | null {
  const { token = '' } = client?.device ?? {}
  return TOKEN.test(token) ? hashOf(token) : null
}

/** Undefined: the client shows nothing of its device. */
export function deviceOf(
  { runtime }: Pick<TenantContext, 'runtime'>,
  { device: known, deviceTrusted, hasDevices }: Pick<SignInLoad, 'device' | 'deviceTrusted' | 'hasDevices'>,
  client: ClientInfo | undefined,
): FoundDevice | undefined {
  if (!client?.device) return undefined
  if (!known) {
    const token = Buffer.from(runtime.randomBytes(TOKEN_BYTES)).toString('base64url')
    return { client, id: runtime.newId(), token, known: undefined, others: hasDevices, trusted: false }
  }
  const { token = '' } = client.device
  return { client, id: known.id, token, known, others: true, trusted: deviceTrusted && sameBrowser(known, client) }
}

/** For risk: undefined while the user has no device that this one could differ from. */
export function knownBefore(found: FoundDevice | undefined): boolean | undefined {
  return found?.others ? found.known !== undefined : undefined
}

export interface DeviceSteps {
  /** Before the session, which refers to its device. */
  readonly before: readonly Step[]
  /** After it: a device that is known is touched once the session has the user's row, as `revoke` does. */
  readonly after: readonly Step[]
  /** One of them, which answers the device as it is then. */
  readonly kept: Step<DeviceRow>
}

/** What a sign-in does to its device. Lost where the device was revoked, or lost the trust that it was used for, meanwhile. */
export async function deviceSteps(
  { auditWriter, actor }: Pick<TenantContext, 'auditWriter' | 'actor'>,
  userId: string,
  found: FoundDevice,
  use: DeviceUse,
): Promise<DeviceSteps> {
  const kept = found.known ? keeping(found.known, found, use) : adding(userId, found, use)
  const written: Step[] = []
  if (use.trustForMs !== undefined) {
    const user = { type: 'user', id: userId } as const
    await auditWriter.append(told(written), inRequestOf(actor, user, found.client), {
      action: 'device.trusted',
      targets: [{ type: 'device', id: found.id }, user],
    })
  }
  return found.known ? { before: [], after: [kept, ...written], kept } : { before: [kept], after: written, kept }
}

/** The client is told of by letter: on a device that is new to a user who has others. */
export function tellOfDevice(
  context: Pick<TenantContext, 'post' | 'tenant'>,
  user: Pick<UserRow, 'email' | 'email_verified_at'>,
  found: FoundDevice | undefined,
): void {
  if (!found?.others || found.known) return
  notify(context, user, 'new-device', { device: deviceKind(found.client.userAgent) })
}

function adding(userId: string, found: FoundDevice, use: DeviceUse): Step<DeviceRow> {
  const { id, token } = found
  const trust = use.trustForMs === undefined ? {} : { trusted_until: fromNow(use.trustForMs) }
  return add('devices', { id, user_id: userId, secret_hash: hashOf(token), ...seen(found, use), ...trust })
}

function keeping(known: DeviceRow, found: FoundDevice, use: DeviceUse): Step<DeviceRow> {
  const trusted = use.stoodIn ? { trusted_until: { from: fromNow() } } : {}
  // on another browser its token may have been copied: what was trusted is not this
  const lost = sameBrowser(known, found.client) ? {} : { trusted_until: null }
  const trust = use.trustForMs === undefined ? lost : { trusted_until: fromNow(use.trustForMs) }
  const change = { ...seen(found, use), last_seen_at: fromNow(), ...trust }
  return changeOne('devices', { id: found.id, revoked_at: null, ...trusted }, change)
}

export function signedInOn(row: DeviceRow, { token, known }: FoundDevice): SignInDevice {
  return { device: deviceFromRow(row), token, isNew: known === undefined }
}

function seen({ client, known }: FoundDevice, { country }: DeviceUse) {
  return {
    fingerprint: fingerprintOf(client),
    user_agent: storable(client.userAgent, MAXIMUM_USER_AGENT) ?? null,
    ip: storable(client.ip, MAXIMUM_IP) ?? null,
    country: country ?? known?.country ?? null,
  }
}

function sameBrowser({ fingerprint }: DeviceRow, client: ClientInfo): boolean {
  return fingerprint !== null && Buffer.from(fingerprintOf(client)).equals(fingerprint)
}

/** A token is random: its plain hash says nothing. */
function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
