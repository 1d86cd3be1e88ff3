// A user's own devices. Whose they are is told by the session alone.

import type { Device } from '../authentication/devices/device.ts'
import { type DeviceId, parseId } from '../kernel/ids.ts'
import { textField } from './body.ts'
import type { Entering } from './entering.ts'
import { pageRequest, readQuery } from './query.ts'
import type { Route, SessionVisit } from './routes.ts'
import { emptyResponse, jsonResponse } from './views.ts'

export function deviceRoutes<Db, P extends string>({ bodyOf }: Entering<Db, P>): Route<Db, P>[] {
  const partsOf = ({ context, session, params }: SessionVisit<Db, P>) => {
    const id = params.id === undefined ? undefined : parseId<DeviceId>(params.id, 'id')
    return { devices: context.tenant.devices, user: session.principal, id: id as DeviceId }
  }

  return [
    {
      method: 'GET',
      path: 'devices',
      does: 'Lists the devices that the user signed in on; `limit` and `cursor` page through them.',
      asks: 'session',
      async answer(visit) {
        const { devices, user } = partsOf(visit)
        const { items, next } = await devices.list(user, pageRequest(readQuery(visit.url, ['limit', 'cursor'])))
        return jsonResponse({ items: items.map(deviceView), next })
      },
    },
    {
      method: 'DELETE',
      path: 'devices/:id',
      does: 'Forgets a device and ends its sessions. Asks for a sign-in a short while ago.',
      asks: 'session',
      async answer(visit) {
        const { devices, user, id } = partsOf(visit)
        await devices.revoke(user, id)
        return emptyResponse()
      },
    },
    {
      method: 'POST',
      path: 'devices/:id/rename',
      does: 'Gives a device another `name`.',
      asks: 'session',
      async answer(visit) {
        const { devices, user, id } = partsOf(visit)
        const name = textField(await bodyOf(visit, ['name']), 'name')
        return jsonResponse({ device: deviceView(await devices.rename(user, id, name)) })
      },
    },
    {
      method: 'POST',
      path: 'devices/:id/trust',
      does: 'Lets a device stand in for the second factor for some time.',
      asks: 'session',
      async answer(visit) {
        const { devices, user, id } = partsOf(visit)
        return jsonResponse({ device: deviceView(await devices.trust(user, id)) })
      },
    },
    {
      method: 'DELETE',
      path: 'devices/:id/trust',
      does: 'Asks for a second factor on a device again.',
      asks: 'session',
      async answer(visit) {
        const { devices, user, id } = partsOf(visit)
        return jsonResponse({ device: deviceView(await devices.revokeTrust(user, id)) })
      },
    },
  ]
}

function deviceView({ id, name, kind, ip, country, firstSeenAt, lastSeenAt, trustedUntil }: Device) {
  return { id, name, kind, ip, country, firstSeenAt, lastSeenAt, trustedUntil }
}
