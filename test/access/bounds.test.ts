// How much of each a tenant may write: one more is refused.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { PermissionEntry } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0
const key = () => `k${++made}`

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const read = (more: Partial<PermissionEntry>): PermissionEntry => ({ resource: 'note', actions: ['read'], ...more })
const role = (permissions: readonly PermissionEntry[]) => house.acme.roles.create({ key: key(), permissions })

describe('a tenant', () => {
  it('has 500 permissions of its own at most', async () => {
    const { customPermissions } = await house.globex()
    for (let i = 0; i < 500; i++) await customPermissions.create({ resource: 'door', action: `a${i}` })
    await refused(() => customPermissions.create({ resource: 'door', action: 'one-more' }), 'INPUT_INVALID')
  })

  it('has entries of 100 fields at most', async () => {
    const entry = (count: number) => read({ fields: Array.from({ length: count }, (_, i) => `f${i}`) })
    expect((await role([entry(100)])).permissions[0]?.fields).toHaveLength(100)
    await refused(() => role([entry(101)]), 'INPUT_INVALID')
  })

  it('has policies of 200 principals, actions and resources at most', async () => {
    const whole = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources: ['*'] } as const
    for (const part of ['principals', 'actions', 'resources'] as const) {
      const document = (length: number) => ({ ...whole, [part]: Array.from({ length }, () => whole[part][0]) })
      const policy = await house.acme.policies.create({ key: key(), document: document(200) })
      await house.acme.policies.remove(policy.id)
      await refused(() => house.acme.policies.create({ key: key(), document: document(201) }), 'POLICY_INVALID')
    }
  })

  it('has roles of 128 KiB at most', async () => {
    const entries = Array.from({ length: 9 }, () =>
      read({ conditions: { $and: Array.from({ length: 16 }, () => ({ 'resource.a': 'x'.repeat(1000) })) } }),
    )
    await refused(() => role(entries), 'INPUT_INVALID')
  })
})
