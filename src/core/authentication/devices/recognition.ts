// Which device a sign-in comes from. A client that shows no token of this very user gets a new one beside those that it
// shows: one that somebody else planted in it is never taken over, and two who share a browser keep theirs.

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
  /** Shown too, and not this one: of others who use the same browser. */
  readonly besides: readonly string[]
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
/** What stands between the tokens of several users; in none of them. */
const BETWEEN = '.'
/** Users whom one browser is known by; another takes the place of who signed in longest ago. */
const TOKENS_AT_MOST = 8
const TEXT_AT_MOST = TOKENS_AT_MOST * 44 - 1
/** What the columns hold. */
const MAXIMUM_IP = 64
const MAXIMUM_USER_AGENT = 512

/** What the tokens that a client shows are looked up by. */
export function deviceHashesOf(client: ClientInfo | undefined): Uint8Array[] {
  return tokensOf(client).map(hashOf)
}

/** Undefined: the client shows nothing of its device. */
export function deviceOf(
  { runtime }: Pick<TenantContext, 'runtime'>,
  { device: known, deviceTrusted, hasDevices }: Pick<SignInLoad, 'device' | 'deviceTrusted' | 'hasDevices'>,
  client: ClientInfo | undefined,
): FoundDevice | undefined {
  if (!client?.device) return undefined
  const shown = tokensOf(client)
  const token = known && shown.find((each) => Buffer.from(hashOf(each)).equals(known.secret_hash))
  if (!known || token === undefined) {
    const made = Buffer.from(runtime.randomBytes(TOKEN_BYTES)).toString('base64url')
    const id = runtime.newId()
    return { client, id, token: made, besides: shown, known: undefined, others: hasDevices, trusted: false }
  }
  const besides = shown.filter((each) => each !== token)
  const trusted = deviceTrusted && sameBrowser(known, client)
  return { client, id: known.id, token, besides, known, others: true, trusted }
}

/** One for each user who signed in there, who did so last first. Each has their own: one for all could be planted by any of them. */
function tokensOf(client: ClientInfo | undefined): string[] {
  const text = client?.device?.token ?? ''
  const whole = text
    .slice(0, TEXT_AT_MOST)
    .split(BETWEEN)
    .filter((each) => TOKEN.test(each))
  return [...new Set(whole)]
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

export function signedInOn(row: DeviceRow, { token, besides, known }: FoundDevice): SignInDevice {
  const kept = [token, ...besides].slice(0, TOKENS_AT_MOST).join(BETWEEN)
  return { device: deviceFromRow(row), token: kept, isNew: known === undefined }
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
