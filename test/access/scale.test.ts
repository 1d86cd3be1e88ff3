// Many roles and long chains: bounded work, whatever the shape.

import { describe, expect, it } from 'vitest'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { type BookSource, createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import { assignmentRow } from './rows.ts'

type BookRow = BookSource['roles'][number]

const actions = Array.from({ length: 100 }, (_, i) => `a${i}`)
const permissions = definePermissions({ r0: actions, r1: actions, r2: actions, r3: actions, r4: actions })

const row = (n: number, parent: number | null, entries: BookRow['permissions']): BookRow => ({
  id: `role-${n}`,
  key: `key-${n}`,
  parent_role_id: parent === null ? null : `role-${parent}`,
  system: false,
  permissions: entries,
})

/** Of a tenant that has nothing but roles. */
const bare = {
  ...{ organizations: [], teams: [], projects: [], assignments: [], resources: [], policies: [] },
  customPermissions: [],
}
const TENANT = '00000000-0000-7000-8000-000000000001'

function access(roles: readonly BookRow[], assigned: readonly number[], version = 1) {
  const load: AccessLoad = {
    version,
    writes: version,
    tenant: null,
    principal: { version: 1, active: true, attributes: {} },
    assignments: assigned.map((n) => assignmentRow({ id: `assignment-${n}`, user_id: 'u', role_id: `role-${n}` })),
    memberships: [],
    resources: [],
  }
  const book = createTenantBook({ ...bare, version, writes: version, roles }, permissions)
  const principal = new KnownPrincipal({ kind: 'user', id: 'u' }, load, load.principal!, book, 0)
  return new HeldAccess<(typeof permissions.names)[number]>(principal, TENANT, () => 0)
}

/** CPU milliseconds of this process: what others do on the machine does not count. */
function cpu(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const allow = (action: string) => [{ resource: 'r0', actions: [action] }]

describe('roles', () => {
  it('10,000 of them are compiled and checked in bounded time', () => {
    const roles = Array.from({ length: 10_000 }, (_, n) =>
      row(n, n > 0 ? Math.floor((n - 1) / 2) : null, allow(`a${n % 100}`)),
    )
    const all = roles.map((_, n) => n)
    const spent = cpu(() => {
      expect(access(roles, [9_999]).can('r0:a99')).toBe(true)
      const held = access(roles, all)
      expect(held.can('r0:a7')).toBe(true)
      expect(held.can('r1:a7')).toBe(false)
    })
    expect(spent).toBeLessThan(5_000)
  })

  it('chains of 1,000 give the last what the first has, and say so', () => {
    const roles = Array.from({ length: 1_000 }, (_, n) => row(n, n > 0 ? n - 1 : null, n === 0 ? allow('a1') : []))
    const spent = cpu(() => {
      const held = access(roles, [999])
      expect(held.can('r0:a1')).toBe(true)
      expect(held.can('r0:a2')).toBe(false)
      const { by } = held.explain('r0:a1')
      expect(by?.roles).toHaveLength(1_000)
      expect([by?.roles[0], by?.roles.at(-1)]).toEqual(['key-999', 'key-0'])
    })
    expect(spent).toBeLessThan(2_000)
  })

  it('in the shape that walks every path of others (casbin: 6 wide, 9 deep) are walked once', () => {
    // one parent each here, so the width is that of the roles held; every one leads through the same chain
    const chain = Array.from({ length: 9 }, (_, n) => row(n, n > 0 ? n - 1 : null, []))
    const heads = Array.from({ length: 1_000 }, (_, n) => row(100 + n, 8, []))
    const held = access(
      [...chain, ...heads],
      heads.map((_, n) => 100 + n),
    )
    expect(held.can('r0:a1')).toBe(false)
    const spent = cpu(() => {
      for (let i = 0; i < 100_000; i++) held.can('r0:a1')
    })
    expect(spent).toBeLessThan(2_000)
  })

  it('that inherit from each other, as only SQL by hand could make them, end where they began', () => {
    const roles = [row(0, 2, allow('a0')), row(1, 0, allow('a1')), row(2, 1, allow('a2')), row(3, 3, allow('a3'))]
    const held = access(roles, [1, 3])
    for (const action of ['a0', 'a1', 'a2', 'a3'] as const) expect(held.can(`r0:${action}`)).toBe(true)
    expect(held.explain('r0:a2').by?.roles).toEqual(['key-1', 'key-0', 'key-2'])
  })

  it('whose parent or assignment points nowhere give what they can', () => {
    const held = access([row(0, 77, allow('a0'))], [0, 55])
    expect([held.can('r0:a0'), held.can('r0:a1')]).toEqual([true, false])
  })

  it('that say what this code cannot read allow nothing by it, and deny', () => {
    const broken = [
      { 'resource.x': { $regex: '2' } },
      {},
      null as never,
      'x' as never,
      JSON.parse('{"__proto__": {"x": 1}}'),
    ]
    for (const conditions of broken) {
      const may = access([row(0, null, [{ resource: 'r0', actions: ['a0'], conditions }])], [0])
      expect(may.can('r0:a0', { resource: { x: 2 } })).toBe(false)
      const deny = { resource: 'r0', actions: ['a0'], effect: 'deny' as const, conditions }
      expect(access([row(0, null, [...allow('a0'), deny])], [0]).can('r0:a0', { resource: { x: 0 } })).toBe(false)
    }
    // a permission that the code no longer declares, and a wildcard that nobody may write
    const gone = access(
      [
        row(0, null, [
          { resource: 'r9', actions: ['a0'] },
          { resource: '*', actions: ['*'] },
        ]),
      ],
      [0],
    )
    expect(permissions.names.filter((name) => gone.can(name))).toEqual([])
  })
})
