// The versions that caches go by: whatever the API changes of what checks read, its version moves in the same transaction, and
// what one principal holds moves nothing that the others are read with. Every method there is, by the table of the walk.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantHandle } from '../../src/index.ts'
import { mutations, OPERATOR, type World } from '../audit/api/parts.ts'
import { handleOnly, services } from '../audit/api/tenant.ts'
import { openWorld } from '../audit/api/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world?.close())

interface Seen {
  readonly version: number
  readonly writes: number
  readonly book: string
  readonly principals: ReadonlyMap<string, { readonly version: number; readonly holds: string }>
}

/** What checks would load now. */
async function look({ id }: TenantHandle): Promise<Seen> {
  const { records, verbs } = world.storage.tenant({ id, location: world.storage.sharedLocation })
  const principals = new Map<string, { readonly version: number; readonly holds: string }>()
  for (const [table, kind] of [
    ['users', 'user'],
    ['service_accounts', 'service_account'],
  ] as const) {
    for (const row of await records.find(table, { limit: 200 })) {
      const load = await verbs.loadAccess({ principal: { kind, id: row.id }, knownVersion: null })
      const { version, active, attributes } = load.principal!
      const facts = { active, email: attributes.email, name: attributes.name, metadata: attributes.metadata }
      const { assignments, memberships, resources } = load
      principals.set(row.id, { version, holds: JSON.stringify({ facts, assignments, memberships, resources }) })
    }
  }
  const nobody = { kind: 'user', id: '00000000-0000-0000-0000-000000000000' } as const
  const { version, writes, tenant } = await verbs.loadAccess({ principal: nobody, knownVersion: null })
  return { version, writes, book: JSON.stringify(tenant), principals }
}

describe('a version moves with what it is about', () => {
  it.each(mutations({ ...services, ...handleOnly }))('%s', async (_, entry) => {
    const handle = await world.tenant()
    const given = await entry.given?.(world, handle)
    const before = await look(handle)
    await entry.act(handle.as(OPERATOR) as never, given as never, world)
    const after = await look(handle)
    if (after.book !== before.book) expect(after.version).toBeGreaterThan(before.version)
    // whose versions move together move as a write of access, so that nothing of it lands in between
    if (after.version !== before.version) expect(after.writes).toBeGreaterThan(before.writes)
    for (const [id, { version, holds }] of before.principals) {
      const now = after.principals.get(id)
      if (now && now.holds !== holds) expect(now.version, id).toBeGreaterThan(version)
    }
  })
})

describe('what only one principal holds', () => {
  const lonely = [
    'assignments.grant',
    'assignments.revoke',
    'teams.members.add',
    'teams.members.update',
    'teams.members.remove',
    'resources.register',
    'users.disable',
    'serviceAccounts.disable',
  ]
  it.each(mutations(services).filter(([name]) => lonely.includes(name)))(
    '%s leaves the book at its version',
    async (_, entry) => {
      const handle = await world.tenant()
      const given = await entry.given?.(world, handle)
      const before = await look(handle)
      await entry.act(handle.as(OPERATOR) as never, given as never, world)
      expect((await look(handle)).version).toBe(before.version)
    },
  )

  it('is looked at here, all of it', () => {
    const names = mutations(services).map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(lonely))
  })
})
