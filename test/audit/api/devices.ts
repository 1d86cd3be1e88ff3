// What a tenant's handle does with devices; see instance.ts.

import type { Device, TenantHandle, User } from '../../../src/index.ts'
import { PASSWORD } from '../house.ts'
import { type Table, user, type World } from './parts.ts'

interface Owned {
  readonly owner: User
  readonly device: Device
}

async function owned(world: World, handle: TenantHandle): Promise<Owned> {
  const owner = await user(world, handle)
  const answer = await handle.signIn.password({ email: owner.email, password: PASSWORD, client: { device: {} } })
  if (!answer.ok || !answer.device) throw new Error('no device was recorded')
  world.secrets.add(answer.device.token)
  return { owner, device: answer.device.device }
}

export const devices: Table<TenantHandle> = {
  'devices.list': 'reads',
  'devices.rename': {
    writes: 'device.renamed',
    given: owned,
    act: ({ devices: book }, { owner, device }: Owned) => book.rename(owner, device, 'Kitchen'),
  },
  'devices.trust': {
    writes: 'device.trusted',
    given: owned,
    act: ({ devices: book }, { owner, device }: Owned) => book.trust(owner, device),
  },
  'devices.revokeTrust': {
    writes: 'device.trust_revoked',
    given: async (world: World, handle: TenantHandle) => {
      const made = await owned(world, handle)
      await handle.devices.trust(made.owner, made.device)
      return made
    },
    act: ({ devices: book }, { owner, device }: Owned) => book.revokeTrust(owner, device),
  },
  'devices.revoke': {
    writes: 'device.revoked',
    given: owned,
    act: ({ devices: book }, { owner, device }: Owned) => book.revoke(owner, device),
  },
}
