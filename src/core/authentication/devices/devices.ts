// The devices of a tenant's users: seen, named, trusted, revoked. A device that was revoked is no device any more, and
// its token makes a new one.

import type { TenantContext } from '../../context.ts'
import { type UserKey, userIdOf } from '../../identity/user.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { DeviceId } from '../../kernel/ids.ts'
import { checkKeys, checkText } from '../../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../../kernel/page.ts'
import type { DeviceRow } from '../../storage/authentication-tables.ts'
import type { Change } from '../../storage/records.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { fromNow } from '../../storage/tables.ts'
import { demandFresh } from '../step-up-guard.ts'
import { type Device, type DeviceKey, deviceFromRow, deviceIdOf } from './device.ts'

/** Another user's or tenant's device does not exist for a user. */
export interface Devices {
  /** The newest first; revoked ones are left out. @throws INPUT_INVALID, CURSOR_INVALID */
  list(user: UserKey, page?: PageRequest): Promise<Page<Device>>
  /** @throws DEVICE_UNKNOWN, INPUT_INVALID */
  rename(user: UserKey, device: DeviceKey, name: string): Promise<Device>
  /**
   * From now on, for `sessions.deviceTrustMs`, it stands in for the second factor, unless policy or risk ask for one.
   * @throws DEVICE_UNKNOWN, DEVICE_TRUST_OFF, STEP_UP_REQUIRED (a user acts whose session is not fresh)
   */
  trust(user: UserKey, device: DeviceKey): Promise<Device>
  /** A second factor is asked for on it again. Not an error where it was not trusted. @throws DEVICE_UNKNOWN */
  revokeTrust(user: UserKey, device: DeviceKey): Promise<Device>
  /** It is forgotten, and its sessions end, those that open at this moment too. @throws DEVICE_UNKNOWN, STEP_UP_REQUIRED (as where sessions are ended) */
  revoke(user: UserKey, device: DeviceKey): Promise<void>
}

const NAME = { maximum: 100 }
const listing: Listing<DeviceRow> = { name: 'devices', columns: { id: 'id' } }
/** Sessions that are ended by one statement each, and named. */
const BATCH = 1000
const NAMED = 100

type DeviceAction = 'device.renamed' | 'device.trusted' | 'device.trust_revoked' | 'device.revoked'

export function createDevices(context: TenantContext): Devices {
  const { scope, tenant, settings, actor, auditWriter } = context

  const log = (unit: TenantUnit, action: DeviceAction, device: DeviceRow, details = {}) =>
    auditWriter.append(unit, actor, {
      action,
      targets: [
        { type: 'device', id: device.id },
        { type: 'user', id: device.user_id },
      ],
      details,
    })

  /** A guarded update: undefined when there was nothing to change. @throws DEVICE_UNKNOWN */
  async function change(unit: TenantUnit, userId: string, id: DeviceId, how: Change<'devices'>) {
    const [row] = await unit.records.update('devices', { id, user_id: userId, revoked_at: null }, how)
    if (!row) throw new FreeholdError('DEVICE_UNKNOWN')
    return row
  }

  async function endSessionsOf(unit: TenantUnit, { id, user_id: userId }: DeviceRow): Promise<string[]> {
    const where = { user_id: userId, device_id: id, revoked_at: null }
    const open = await unit.records.find('sessions', { where, limit: BATCH })
    const ended: string[] = []
    for (const { id: only } of open) {
      ended.push(...(await unit.verbs.endSessions({ userId, reason: 'revoked', only })))
      await unit.verbs.publish({ kind: 'session', tenantId: tenant.id, userId, sessionId: only })
    }
    return ended
  }

  return {
    async list(key, page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(listing, page)
      const where = { user_id: userIdOf(key), revoked_at: null }
      const rows = await scope.records.find('devices', { where, order: [{ by: 'id', descending: true }], ...query })
      return pageOf(listing, query, rows, deviceFromRow)
    },

    async rename(key, deviceKey, name) {
      const [userId, id] = [userIdOf(key), deviceIdOf(deviceKey)]
      const named = checkText(name, 'name', NAME)
      return scope.transaction(async (unit) => {
        const row = await change(unit, userId, id, { name: named })
        await log(unit, 'device.renamed', row)
        return deviceFromRow(row)
      })
    },

    async trust(key, deviceKey) {
      const [userId, id] = [userIdOf(key), deviceIdOf(deviceKey)]
      const { deviceTrustMs } = settings.sessions
      if (deviceTrustMs === 0) throw new FreeholdError('DEVICE_TRUST_OFF')
      return scope.transaction(async (unit) => {
        await demandFresh(context, unit)
        const row = await change(unit, userId, id, { trusted_until: fromNow(deviceTrustMs) })
        await log(unit, 'device.trusted', row)
        return deviceFromRow(row)
      })
    },

    async revokeTrust(key, deviceKey) {
      const [userId, id] = [userIdOf(key), deviceIdOf(deviceKey)]
      return scope.transaction(async (unit) => {
        const row = await change(unit, userId, id, { trusted_until: null })
        await log(unit, 'device.trust_revoked', row)
        return deviceFromRow(row)
      })
    },

    async revoke(key, deviceKey) {
      const [userId, id] = [userIdOf(key), deviceIdOf(deviceKey)]
      await scope.transaction(async (unit) => {
        if (settings.accounts.freshToEndSessions) await demandFresh(context, unit, 1)
        // in the order of a sign-in: the user, then the device, so that neither waits for the other
        await unit.records.lock('users', { id: userId })
        const row = await change(unit, userId, id, { revoked_at: fromNow(), trusted_until: null })
        const ended = await endSessionsOf(unit, row)
        await log(unit, 'device.revoked', row, { sessionsEnded: ended.length, sessions: ended.slice(0, NAMED) })
      })
    },
  }
}
