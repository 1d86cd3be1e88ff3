// What docs/access.md says and no test of one room shows.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import type { Organization, PermissionEntry, Team, User } from '../../src/index.ts'
import { type House, makeHouse, permissions } from './house.ts'
import { assignmentRow } from './rows.ts'

let now = Date.UTC(2030, 0, 1)
let house: House
let main: Organization
let made = 0
const key = () => `k${++made}`

beforeAll(async () => {
  house = await makeHouse(memory({ clock: () => now }), { now: () => now })
  main = await house.acme.organizations.get('main')
})
afterAll(() => house.close())

const read = (more: Partial<PermissionEntry> = {}): PermissionEntry => ({
  resource: 'note',
  actions: ['read'],
  ...more,
})

async function role(entries: readonly PermissionEntry[], parent?: string): Promise<string> {
  const created = await house.acme.roles.create({ key: key(), permissions: entries, ...(parent ? { parent } : {}) })
  return created.key
}

async function holder(...entries: PermissionEntry[]): Promise<User> {
  return house.person([await role(entries)])
}

const team = (parent?: Team) =>
  house.acme.teams.create({ organization: main, key: key(), ...(parent ? { parent } : {}) })

describe('a principal', () => {
  it('may nothing before something is given', async () => {
    const ana = await house.person()
    expect(await house.acme.access.permissionsOf(ana)).toEqual({ allowed: [], conditional: [] })
    expect(await house.acme.access.explain(ana, 'note:read')).toMatchObject({ allowed: false, reason: 'no-grant' })
  })

  it('is one of everyone, be it a user or a service account', async () => {
    const { access, assignments, serviceAccounts } = house.acme
    const robot = { ...(await serviceAccounts.create({ name: key() })), kind: 'service_account' as const }
    const [ana, place] = [await house.person(), await team()]
    const both = () => Promise.all([ana, robot].map((one) => access.check(one, 'note:read', { team: place })))
    const given = await assignments.grant({ principal: { kind: 'everyone' }, role: 'viewer', scope: { team: place } })
    expect(await both()).toEqual([true, true])
    await assignments.revoke(given)
    expect(await both()).toEqual([false, false])
  })

  it('that is disabled or locked may nothing, whatever it holds', async () => {
    const { users, access } = house.acme
    for (const stop of ['disable', 'lock'] as const) {
      const ana = await house.person(['member'])
      expect(await access.check(ana, 'note:read')).toBe(true)
      await users[stop](ana)
      expect((await access.permissionsOf(ana)).allowed, stop).toEqual([])
      expect(await access.ever(ana, 'note:read')).toBe(false)
      expect(await access.explain(ana, 'note:read')).toMatchObject({ reason: 'principal-inactive' })
    }
  })
})

describe('a role', () => {
  it('allows by any one of its entries, and denies by any one', async () => {
    const status = (value: string, effect?: 'deny') =>
      read({ conditions: { 'resource.status': value }, ...(effect ? { effect } : {}) })
    const ana = await holder(status('draft'), status('open'), status('secret', 'deny'), status('locked', 'deny'))
    const may = (value: string) => house.acme.access.check(ana, 'note:read', { resource: { status: value } })
    expect(await Promise.all(['draft', 'open', 'secret', 'locked', 'closed'].map(may))).toEqual([
      ...[true, true, false, false, false],
    ])
  })

  it('says all that the roles say which it inherits from, denials and conditions too', async () => {
    const { access } = house.acme
    const top = await role([read({ effect: 'deny', conditions: { 'resource.locked': true } })])
    const ana = await house.person([await role([read()], await role([], top))])
    const may = (resource?: Record<string, unknown>) => access.check(ana, 'note:read', resource ? { resource } : {})
    expect([await may({ locked: false }), await may({ locked: true }), await may()]).toEqual([true, false, false])
    // and nothing of what it hands on comes back up
    expect(await access.check(await house.person([top]), 'note:read', { resource: { locked: false } })).toBe(false)
  })
})

describe('a team', () => {
  it('gives nothing by being in it, and what it holds to nobody above it', async () => {
    const { access, assignments, teams } = house.acme
    const above = await team()
    const below = await team(above)
    const [ana, bob] = [await house.person(), await house.person()]
    await teams.members.add(above, { principal: ana })
    await teams.members.add(below, { principal: bob })
    const both = () => Promise.all([ana, bob].map((one) => access.check(one, 'note:read', { team: below })))
    expect(await both()).toEqual([false, false])
    const given = await assignments.grant({ principal: below, role: 'viewer', scope: { team: below } })
    expect(await both()).toEqual([false, true])
    await assignments.revoke(given)
    await assignments.grant({ principal: above, role: 'viewer', scope: { team: below } })
    expect(await both()).toEqual([true, true])
  })
})

describe('a thing', () => {
  it('is where the check says, and not where it is registered', async () => {
    const { access, assignments, resources } = house.acme
    const place = await team()
    const { externalId: id } = await resources.register({ type: 'note', externalId: key(), in: { team: place } })
    const ana = await house.person()
    await assignments.grant({ principal: ana, role: 'viewer', scope: { team: place } })
    const on = { type: 'note', id }
    expect(await access.check(ana, 'note:read', { on })).toBe(false)
    expect(await access.check(ana, 'note:read', { on, team: place })).toBe(true)
  })
})

describe('fields', () => {
  it('may be allowed one each, by whatever says so', async () => {
    const { access } = house.acme
    const ana = await house.person([
      await role([read({ fields: ['title'] })]),
      await role([read({ fields: ['body'] })]),
    ])
    expect(await access.check(ana, 'note:read', { fields: ['title', 'body'] })).toBe(true)
    expect(await access.check(ana, 'note:read')).toBe(false)
    expect(await access.fieldsOf(ana, 'note:read')).toEqual({ all: false, fields: ['body', 'title'] })
  })
})

describe('ever', () => {
  it('says whether any place, thing, circumstance or field could do, and weighs no condition', async () => {
    const { access, assignments, resources } = house.acme
    const never = await house.person()
    expect(await access.ever(never, 'note:read')).toBe(false)
    const inTeam = await house.person()
    await assignments.grant({ principal: inTeam, role: 'viewer', scope: { team: await team() } })
    const onThing = await house.person()
    const resource = await resources.register({ type: 'note', externalId: key() })
    await assignments.grant({ principal: onThing, role: 'viewer', scope: { resource } })
    const possible = [
      inTeam,
      onThing,
      await holder(read({ fields: ['title'] })),
      await holder(read({ conditions: { 'principal.id': 'nobody' } })),
      await holder(read(), read({ effect: 'deny', conditions: { 'resource.locked': true } })),
    ]
    for (const one of possible) {
      expect(await access.ever(one, 'note:read')).toBe(true)
      if (one !== possible[3]) expect(await access.check(one, 'note:read')).toBe(false)
    }
    expect(await access.ever(await holder(read(), read({ effect: 'deny' })), 'note:read')).toBe(false)
    const later = await house.person()
    await assignments.grant({ principal: later, role: 'viewer', startsAt: new Date(now + 1000) })
    expect(await access.ever(later, 'note:read')).toBe(false)
  })
})

describe('permissionsOf', () => {
  it('tells what a check allows from what more facts could make it allow', async () => {
    const { access } = house.acme
    const conditional: readonly PermissionEntry[][] = [
      [read({ conditions: { 'resource.owner': 'x' } })],
      [read({ conditions: { 'resource.owner': { $exists: true } } })],
      [read({ conditions: { 'context.mfa': { $exists: true } } })],
      [read({ fields: ['title'] })],
      [read(), read({ effect: 'deny', conditions: { 'resource.owner': { $exists: false } } })],
      [read(), read({ effect: 'deny', fields: ['price'] })],
    ]
    for (const entries of conditional) {
      expect(await access.permissionsOf(await holder(...entries)), JSON.stringify(entries)).toEqual({
        ...{ allowed: [], conditional: ['note:read'] },
      })
    }
    const refusals: readonly PermissionEntry[][] = [
      [read({ conditions: { 'principal.department': { $exists: true } } })],
      [read({ conditions: { 'principal.kind': 'service_account' } })],
      [read(), read({ effect: 'deny', conditions: { 'principal.kind': 'user' } })],
    ]
    for (const entries of refusals) {
      expect(await access.permissionsOf(await holder(...entries))).toEqual({ allowed: [], conditional: [] })
    }
    const told = await holder(read({ conditions: { 'resource.owner': 'x' } }))
    const having = (owner: string) => access.permissionsOf(told, { resource: { owner } })
    expect(await having('x')).toEqual({ allowed: ['note:read'], conditional: [] })
    expect(await having('y')).toEqual({ allowed: [], conditional: [] })
  })
})

describe('a loaded principal', () => {
  it('follows no later change, and time all the same', async () => {
    const { access, assignments } = house.acme
    const ana = await house.person()
    const given = await assignments.grant({ principal: ana, role: 'viewer', for: 5000 })
    const held = await access.principal(ana)
    await assignments.revoke(given)
    expect([held.can('note:read'), await access.check(ana, 'note:read')]).toEqual([true, false])
    now += 5000
    expect(held.can('note:read')).toBe(false)
    expect(held.explain('note:read').reason).toBe('expired')
  })
})

describe('an explanation', () => {
  it('names ten of anything at most', async () => {
    const { access, assignments } = house.acme
    for (let i = 0; i < 11; i++) await role([read()])
    const [ana, bob] = [await house.person(), await house.person()]
    for (let i = 0; i < 11; i++)
      await assignments.grant({ principal: ana, role: 'viewer', scope: { team: await team() } })
    const roles: string[] = []
    for (let i = 0; i < 11; i++) roles.push(await role([read({ effect: 'deny' })]))
    for (const one of roles) await assignments.grant({ principal: bob, role: one })
    const [first, second] = (await access.explain(ana, 'note:read')).needed
    expect(first).toMatchObject({ kind: 'role', roles: { length: 10 } })
    expect(second).toMatchObject({ kind: 'place', scopes: { length: 10 } })
    const removals = (await access.explain(bob, 'note:read')).needed.filter(({ kind }) => kind === 'removal')
    expect(removals).toHaveLength(10)
  })
})

describe('a stored policy', () => {
  const version = { version: 1, writes: 1 }
  const bare = { organizations: [], teams: [], projects: [], assignments: [], resources: [], customPermissions: [] }

  /** Of who is a viewer and met by this document. */
  function may(document: unknown): boolean {
    const source = {
      ...{ ...bare, ...version },
      roles: [{ id: 'r', key: 'viewer', parent_role_id: null, system: true, permissions: [] }],
      policies: [{ id: 'p', key: 'p', version: 1, document: document as never }],
    }
    const load: AccessLoad = {
      ...{ ...version, tenant: null, memberships: [], resources: [] },
      principal: { version: 1, active: true, attributes: {} },
      assignments: [assignmentRow({ id: 'a', user_id: 'u', role_id: 'r' })],
    }
    const book = createTenantBook(source, permissions)
    const known = new KnownPrincipal({ kind: 'user', id: 'u' }, load, load.principal!, book, now)
    return new HeldAccess<string>(known, '00000000-0000-7000-8000-000000000001', () => now).can('note:read')
  }

  it('that this code cannot read allows nothing, and denies', () => {
    const deny = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources: ['*'] }
    const others = { principals: [{ user: 'other' }], actions: ['note:write'], resources: [{ type: 'note', id: '1' }] }
    expect([may(deny), may({ ...deny, ...others })]).toEqual([false, true])
    for (const [part, value] of [
      ['effect', 'forbid'],
      ['principals', 'x'],
      ['principals', []],
      ['principals', [{ group: 'x' }]],
      ['actions', null],
      ['actions', [7]],
      ['resources', [{ region: 'x' }]],
      ['resources', []],
      ['conditions', { 'resource.x': { $regex: '.' } }],
      ['conditions', {}],
    ] as const) {
      const document = { ...deny, [part]: value }
      expect(may(document), JSON.stringify(document)).toBe(false)
    }
    const allow = { ...deny, effect: 'allow', actions: ['note:write'] }
    expect(may({ ...allow, conditions: { $regex: '.' } })).toBe(true)
  })
})
