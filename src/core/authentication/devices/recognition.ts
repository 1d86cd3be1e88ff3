// Which device a sign-in comes from. A client that shows no token of this very user gets a new one: one that somebody
// else planted in it is never taken over.

import { createHash } from 'node:crypto'
import { inRequestOf } from '../../audit/actor.ts'
import type { TenantContext } from '../../context.ts'
import { storable } from '../../kernel/input.ts'
import { notify } from '../../messages/notices.ts'
import type { ClientInfo } from '../../sessions/session.ts'
import type { DeviceRow } from '../../storage/authentication-tables.ts'
import type { TenantUnit } from '../../storage/storage.ts'
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

/** Undefined: the client shows nothing of its device. Changes nothing. */
export async function findDevice(
  { scope, runtime }: Pick<TenantContext, 'scope' | 'runtime'>,
  user: Pick<UserRow, 'id'>,
  client: ClientInfo | undefined,
): Promise<FoundDevice | undefined> {
  if (!client?.device) return undefined
  const { token = '' } = client.device
  const live = { user_id: user.id, revoked_at: null }
  const held = TOKEN.test(token) ? { ...live, secret_hash: hashOf(token) } : undefined
  const [known] = held ? await scope.records.find('devices', { where: held, limit: 1 }) : []
  if (!held || !known) {
    const [other] = await scope.records.find('devices', { where: { user_id: user.id }, limit: 1 })
    const made = Buffer.from(runtime.randomBytes(TOKEN_BYTES)).toString('base64url')
    const id = runtime.newId()
    return { client, id, token: made, known: undefined, others: other !== undefined, trusted: false }
  }
  const { id } = known
  const trusted = known.trusted_until !== null && sameBrowser(known, client) && (await isTrusted(scope, known))
  return { client, id, token, known, others: true, trusted }
}

/** For risk: undefined while the user has no device that this one could differ from. */
export function knownBefore(found: FoundDevice | undefined): boolean | undefined {
  return found?.others ? found.known !== undefined : undefined
}

/**
 * Opens a session on a device, in one transaction with what is written of it. Undefined: there is no session, or the device was
 * revoked, or lost the trust that it was used for, meanwhile; then the transaction has to be taken back.
 */
export async function openOnDevice<R extends object>(
  context: TenantContext & { readonly scope: TenantUnit },
  userId: string,
  found: FoundDevice | undefined,
  use: DeviceUse,
  open: (context: TenantContext) => Promise<R | undefined>,
): Promise<(R & { readonly device?: SignInDevice }) | undefined> {
  if (!found) return open(context)
  const inside = { ...context, actor: { ...context.actor, deviceId: found.id } }
  // a session refers to its device; one that is known is touched after the session has the user's row, as `revoke` does
  const added = found.known ? undefined : await addDevice(context.scope, userId, found, use)
  const opened = await open(inside)
  const device = opened && (added ?? (await keepDevice(context.scope, found, use)))
  if (!opened || !device) return undefined
  if (use.trustForMs !== undefined) {
    const user = { type: 'user', id: userId } as const
    await context.auditWriter.append(context.scope, inRequestOf(inside.actor, user, found.client), {
      action: 'device.trusted',
      targets: [{ type: 'device', id: found.id }, user],
    })
  }
  return { ...opened, device }
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

async function addDevice({ records }: TenantUnit, userId: string, found: FoundDevice, use: DeviceUse) {
  const { id, token } = found
  const trust = use.trustForMs === undefined ? {} : { trusted_until: fromNow(use.trustForMs) }
  const row = { id, user_id: userId, secret_hash: hashOf(token), ...seen(found, use), ...trust }
  const [added] = await records.insert('devices', [row])
  return signedInOn(added!, found)
}

async function keepDevice({ records }: TenantUnit, found: FoundDevice, use: DeviceUse) {
  const { id, known, client } = found
  if (!known) return undefined
  const guard = { id, revoked_at: null, ...(use.stoodIn ? { trusted_until: { from: fromNow() } } : {}) }
  // on another browser its token may have been copied: what was trusted is not this
  const lost = sameBrowser(known, client) ? {} : { trusted_until: null }
  const trust = use.trustForMs === undefined ? lost : { trusted_until: fromNow(use.trustForMs) }
  const change = { ...seen(found, use), last_seen_at: fromNow(), ...trust }
  const [kept] = await records.update('devices', guard, change)
  return kept && signedInOn(kept, found)
}

function signedInOn(row: DeviceRow, { token, known }: FoundDevice): SignInDevice {
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

/** On the database's clock. */
async function isTrusted({ records }: TenantContext['scope'], { id }: DeviceRow): Promise<boolean> {
  return (await records.count('devices', { id, revoked_at: null, trusted_until: { from: fromNow() } })) === 1
}

/** A token is random: its plain hash says nothing. */
function hashOf(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
