// Ten thousand roles and teams a thousand deep, under writes: each is right and ends; many in one transaction read what is there
// once, and not each of them anew.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { Storage, TenantScope, TenantUnit } from '../../src/core/storage/storage.ts'
import type { TeamId } from '../../src/index.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

const ROLES = 10_000
const TEAMS = 1000
const FORMAT = 'freehold.access/1'
const { newId } = systemRuntime()
const NOTE_READ = [{ resource: 'note', actions: ['read'] }]
const several = (count: number, prefix = 'more') =>
  Array.from({ length: count }, (_, i) => ({
    key: `${prefix}-${i}`,
    name: `Role ${i}`,
    ...(i % 5 === 0 ? {} : { parent: `${prefix}-${i - 1}` }),
    permissions: NOTE_READ,
  }))

describe('on PostgreSQL', () => {
  let database: TestDatabase
  let house: House
  const teams = Array.from({ length: TEAMS }, () => newId() as TeamId).sort()

  beforeAll(async () => {
    database = await createTestDatabase()
    house = await makeHouse(postgres({ pool: database.appPool }))
    const { acme } = house
    const roles = Array.from({ length: ROLES }, () => newId()).sort()
    // chains of five
    const over = roles.map((_, i) => (i % 5 === 0 ? null : roles[i - 1]!))
    await database.admin(
      `insert into freehold.roles (tenant_id, id, key, name, permissions, parent_role_id)
       select $1, id, 'k-' || n - 1, 'Role', $3, above from unnest($2::uuid[], $4::uuid[]) with ordinality as t (id, above, n)`,
      [acme.id, roles, JSON.stringify(NOTE_READ), over],
    )
    const { id: organization } = await acme.organizations.get('main')
    await database.admin(
      `insert into freehold.teams (tenant_id, id, organization_id, key, name, parent_team_id)
       select $1, id, $4, 't-' || n - 1, 'Team', above from unnest($2::uuid[], $3::uuid[]) with ordinality as t (id, above, n)`,
      [acme.id, teams, teams.map((_, i) => teams[i - 1] ?? null), organization],
    )
    // by hand, so that what is known of the tenant has to be told
    await acme.roles.create({ key: 'last' })
  }, 60_000)
  afterAll(async () => {
    await house?.close()
    await database?.close()
  })

  it('roles are changed, given and taken, by who may and in the lowest team', async () => {
    const { acme } = house
    const [owner, ana, eve] = [await house.person(['owner']), await house.person(), await house.person(['k-9'])]
    const mine = house.as(owner)
    const [bottom, middle] = [teams[TEAMS - 1]!, teams[TEAMS / 2]!]
    const writes = { key: 'writes', parent: 'k-9999', permissions: [{ resource: 'note', actions: ['write'] }] }
    await mine.roles.create(writes)
    await refused(() => mine.roles.create({ key: 'k-5000' }), 'ROLE_TAKEN')
    await refused(() => mine.roles.update('k-9995', { parent: 'writes' }), 'ROLE_CYCLE')
    await mine.assignments.grant({ principal: ana, role: 'writes', scope: { team: middle } })
    expect(await acme.access.check(ana, 'note:write', { team: bottom })).toBe(true)
    expect(await acme.access.check(ana, 'note:write', { team: teams[0]! })).toBe(false)
    await mine.roles.update('writes', { permissions: [] })
    expect(await acme.access.check(ana, 'note:write', { team: bottom })).toBe(false)
    expect(await acme.access.check(ana, 'note:read', { team: bottom })).toBe(true)
    await refused(() => house.as(eve).assignments.grant({ principal: ana, role: 'owner' }), 'GRANT_REFUSED')
    await refused(() => mine.roles.remove('k-0'), 'ROLE_IN_USE')
    // out of the middle: what counts there counts in the lowest no more
    await mine.teams.move(bottom, { parent: teams[1]! })
    expect(await acme.access.check(ana, 'note:read', { team: bottom })).toBe(false)
    await refused(() => mine.teams.move(teams[2]!, { parent: teams[TEAMS - 2]! }), 'TEAM_CYCLE')
    await mine.teams.remove(teams[3]!, { contents: 'remove' })
    await refused(() => acme.teams.get(middle), 'TEAM_UNKNOWN')
    expect((await acme.teams.get(bottom)).parentTeamId).toBe(teams[1])
  }, 60_000)

  it('they are exported, imported, compared and read by the linter', async () => {
    const { acme } = house
    const ana = await house.person(['k-4'])
    const change = { roles: { update: [{ role: 'k-0', permissions: [{ resource: 'invoice', actions: ['read'] }] }] } }
    const { items } = await acme.access.diff(change)
    const hers = items.find(({ principal }) => principal.id === ana.id)
    expect(hers).toMatchObject({ gained: [{ permission: 'invoice:read' }], lost: [] })
    const model = await acme.access.export()
    expect(model.roles!.length).toBeGreaterThan(ROLES)
    expect((await acme.access.import(model)).steps).toEqual([])
    const { steps } = await acme.access.import({ format: FORMAT, roles: several(100) })
    expect(steps).toHaveLength(100)
    const { findings, complete } = await acme.access.lint()
    expect([complete, findings.length]).toEqual([false, 1000])
  }, 60_000)
})

describe('many writes in one transaction', () => {
  /** Storage that counts the loads in transactions, and those of them that had to answer the whole tenant. */
  function counted(storage: Storage<unknown>) {
    const loads = { all: 0, whole: 0 }
    const unit = (inner: TenantUnit): TenantUnit => {
      const seen = scope(inner)
      return Object.defineProperty(seen, 'db', { get: () => inner.db, enumerable: true }) as TenantUnit
    }
    const scope = (inner: TenantScope): TenantScope => ({
      records: inner.records,
      read: (work) => inner.read(work),
      atOnce: (steps) => inner.atOnce(steps),
      transaction: (work) => inner.transaction((part) => work(unit(part))),
      verbs: {
        ...inner.verbs,
        async loadAccess(question) {
          const load = await inner.verbs.loadAccess(question)
          loads.all++
          if (load.tenant) loads.whole++
          return load
        },
      },
    })
    return {
      loads,
      storage: { ...storage, system: storage.system, tenant: (ref) => scope(storage.tenant(ref)) } as Storage,
    }
  }

  it('know what the ones before them have made, without reading it again', async () => {
    const { storage, loads } = counted(memory())
    const house = await makeHouse(storage)
    const { acme } = house
    const start = { ...loads }
    await acme.access.import({ format: FORMAT, roles: several(300) })
    expect(loads.all - start.all).toBeGreaterThanOrEqual(300)
    expect(loads.whole - start.whole).toBeLessThanOrEqual(2)
    // each found the parent that the one before had made
    const { roles } = await acme.access.export()
    expect(roles!.filter(({ parent }) => parent?.startsWith('more-'))).toHaveLength(240)
    const before = loads.whole
    const changed = several(300).map((role) => ({ ...role, permissions: [] }))
    await acme.access.import({ format: FORMAT, roles: changed })
    await acme.access.diff({ roles: { remove: ['more-4', 'more-9'], update: [{ role: 'more-0', name: 'First' }] } })
    const system = roles!.filter((role) => role.system)
    await acme.access.import({ format: FORMAT, roles: system }, { mode: 'replace' })
    expect(loads.whole - before).toBeLessThanOrEqual(8)
    expect((await acme.access.export()).roles).toHaveLength(4)
    // and what was planned and refused is remembered by nobody
    await refused(() => acme.roles.create({ key: 'late', parent: 'more-0' }), 'ROLE_UNKNOWN')
    await house.close()
  })
})
