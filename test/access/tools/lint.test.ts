import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { LintFinding } from '../../../src/core/access/tools/lint.ts'
import type { TenantRef } from '../../../src/core/storage/storage.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import { createFreehold, definePermissions } from '../../../src/index.ts'
import { quickHasher, testKeys } from '../../setup/context.ts'
import { type House, makeHouse, type P } from '../house.ts'
import { furnished } from './furnished.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
let house: House
let at = NOW
beforeAll(async () => {
  house = await makeHouse(memory(), { now: () => at })
})
afterAll(() => house.close())

const found = async (tenant: TenantHandle<unknown, P>, code?: LintFinding['code']) =>
  (await tenant.access.lint()).findings.filter((one) => !code || one.code === code).map(({ path }) => path)

const reading = { resource: 'note', actions: ['read'] }

describe('lint', () => {
  it('finds nothing in a tenant that was just made', async () => {
    const tenant = await house.globex()
    expect(await tenant.access.lint()).toEqual({ findings: [], complete: true })
  })

  const all = async (tenant: TenantHandle<unknown, P>) => {
    const { permissions } = (await tenant.access.export()).code!
    return Object.entries({ ...permissions, report: ['print'] }).map(([resource, actions]) => ({ resource, actions }))
  }
  const everyone = { principals: ['*'], actions: ['note:write'] } as const
  it.each<[string, (tenant: TenantHandle<unknown, P>) => Promise<unknown>, string[]]>([
    ['nothing', async () => undefined, []],
    [
      'an unreachable permission',
      (tenant) =>
        tenant.policies.create({
          key: 'never',
          document: { ...everyone, effect: 'deny', resources: ['*'], actions: ['invoice:refund'] },
        }),
      ['permission-unreachable permissions/invoice:refund'],
    ],
    ['an unused role', (tenant) => tenant.roles.create({ key: 'idle' }), ['role-unused roles/idle']],
    [
      'a policy that one around it shadows',
      async (tenant) => {
        const [main] = (await tenant.organizations.list()).items
        const { id } = await tenant.teams.get({ organization: main!.id, key: 'sales' })
        await tenant.policies.create({
          key: 'shut',
          document: { ...everyone, effect: 'deny', resources: [{ organization: main!.id }] },
        })
        await tenant.policies.create({
          key: 'open',
          document: { ...everyone, effect: 'allow', resources: [{ team: id }] },
        })
      },
      ['policy-shadowed policies/open'],
    ],
    [
      'policies that others say already',
      async (tenant) => {
        const [main] = (await tenant.organizations.list()).items
        const document = { ...everyone, effect: 'allow', resources: [{ organization: main!.id }] } as const
        for (const key of ['first', 'second']) await tenant.policies.create({ key, document })
        const { id } = await tenant.teams.get({ organization: main!.id, key: 'sales' })
        const narrow = {
          ...document,
          principals: [{ role: (await tenant.roles.get('author')).id }],
          resources: [{ team: id }],
        }
        await tenant.policies.create({ key: 'narrow', document: { ...narrow, conditions: { 'context.day': 1 } } })
        await tenant.policies.create({ key: 'other', document: { ...narrow, actions: ['note:read'] } })
      },
      ['policy-implied policies/narrow', 'policy-implied policies/second'],
    ],
    [
      'a role of its own that grants everything',
      async (tenant) => {
        await tenant.roles.create({ key: 'root', permissions: await all(tenant) })
        await tenant.assignments.grant({ principal: { kind: 'everyone' }, role: 'root', flow: 'self' })
      },
      ['role-grants-everything roles/root'],
    ],
    [
      'a role below owner',
      async (tenant) => {
        await tenant.roles.create({ key: 'boss', parent: 'owner' })
        await tenant.assignments.grant({ principal: { kind: 'everyone' }, role: 'boss', flow: 'self' })
      },
      ['role-grants-everything roles/boss'],
    ],
    [
      'a system role that was given everything',
      async (tenant) => {
        const permissions = (await all(tenant)).filter(({ resource }) => resource !== 'note' && resource !== 'invoice')
        await tenant.roles.update('member', { permissions })
      },
      ['role-grants-everything roles/member'],
    ],
  ])('finds in a sound tenant with %s just that', async (_, spoil, expected) => {
    const tenant = await furnished(house)
    await tenant.assignments.grant({ principal: { kind: 'everyone' }, role: 'printer' })
    const own = { 'resource.owner_id': { $ref: 'principal.id' } }
    await tenant.roles.update('author', { permissions: [{ resource: 'note', actions: ['write'], conditions: own }] })
    await spoil(tenant)
    expect((await tenant.access.lint()).findings.map(({ code, path }) => `${code} ${path}`)).toEqual(expected)
  })

  it('finds what only those have who hold everything by code', async () => {
    const permissions = definePermissions({ note: ['read', 'shred'] }, { roles: { member: ['note:read'] } })
    const freehold = await createFreehold({
      storage: memory(),
      keys: testKeys,
      permissions,
      passwordHasher: quickHasher,
    })
    const tenant = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    expect((await tenant.access.lint()).findings).toMatchObject([
      { code: 'permission-ungranted', severity: 'info', path: 'permissions/note:shred' },
    ])
    await tenant.roles.create({ key: 'shredder', permissions: [{ resource: 'note', actions: ['shred'] }] })
    expect((await tenant.access.lint()).findings).toMatchObject([{ code: 'role-unused' }])
    await freehold.close()
  })

  it('finds roles that nobody has, and not those that somebody has, inherits from or is a member with', async () => {
    const tenant = await house.globex()
    const [main] = (await tenant.organizations.list()).items
    for (const key of ['parent', 'held', 'manned', 'idle']) await tenant.roles.create({ key })
    await tenant.roles.create({ key: 'child', parent: 'parent' })
    await tenant.assignments.grant({ principal: { kind: 'everyone' }, role: 'held' })
    const team = await tenant.teams.create({ organization: main!, key: 'team' })
    const robot = await tenant.serviceAccounts.create({ name: 'robot' })
    await tenant.teams.members.add(team, { principal: robot, role: 'manned' })
    expect(await found(tenant, 'role-unused')).toEqual(['roles/child', 'roles/idle'])
  })

  it('does not call a role unused that somebody is invited to', async () => {
    const kept = memory()
    const refs: TenantRef[] = []
    const tenant = (ref: TenantRef) => {
      refs.push(ref)
      return kept.tenant(ref)
    }
    const own = await makeHouse({ ...kept, system: kept.system, tenant })
    const role = await own.acme.roles.create({ key: 'coming' })
    expect(await found(own.acme, 'role-unused')).toEqual(['roles/coming'])
    const invitation = {
      ...{ email: 'nia@example.test', email_norm: 'nia@example.test', token_hash: new Uint8Array(32) },
      ...{ organization_id: null, team_id: null, invited_by_type: null, invited_by_id: null },
      ...{ id: '01890a5d-ac96-774b-bcce-b302a8099a57', role_ids: [role.id], expires_at: new Date(NOW) },
    }
    await kept.tenant(refs.at(-1)!).records.insert('invitations', [invitation])
    expect(await found(own.acme, 'role-unused')).toEqual([])
    await own.close()
  })

  it('finds allowances that a denial of the same role beats, its own or inherited, and none that it beats sometimes', async () => {
    const tenant = await house.globex()
    const sometimes = { 'context.night': true }
    await tenant.roles.create({ key: 'denier', permissions: [{ ...reading, effect: 'deny' }] })
    await tenant.roles.create({
      key: 'beaten',
      parent: 'denier',
      permissions: [{ resource: 'invoice', actions: ['read'] }, reading],
    })
    await tenant.roles.create({ key: 'both', permissions: [reading, { ...reading, effect: 'deny' }] })
    await tenant.roles.create({
      key: 'at-night',
      permissions: [reading, { ...reading, effect: 'deny', conditions: sometimes }],
    })
    expect(await found(tenant, 'entry-shadowed')).toEqual(['roles/beaten/permissions[1]', 'roles/both/permissions[0]'])
    const { findings } = await tenant.access.lint()
    expect(findings.find(({ path }) => path === 'roles/beaten/permissions[1]')).toMatchObject({
      severity: 'warning',
      message: expect.stringContaining('roles/denier/permissions[0] denies'),
    })
  })

  it('finds entries that say what is said already, in the role or above it', async () => {
    const tenant = await house.globex()
    const own = { 'resource.owner_id': { $ref: 'principal.id' } }
    await tenant.roles.create({ key: 'twice', permissions: [reading, { ...reading, conditions: own }, reading] })
    await tenant.roles.create({
      key: 'inherits',
      parent: 'viewer',
      permissions: [reading, { resource: 'note', actions: ['write'], conditions: own }],
    })
    await tenant.roles.create({
      key: 'under',
      permissions: [
        { ...reading, conditions: own },
        { ...reading, conditions: { 'context.night': true } },
      ],
    })
    expect(await found(tenant, 'entry-implied')).toEqual([
      'roles/inherits/permissions[0]',
      'roles/twice/permissions[1]',
      'roles/twice/permissions[2]',
    ])
  })

  it('finds roles that give everything, and chains that nobody reads', async () => {
    const tenant = await house.globex()
    const names = (await tenant.access.export()).code!.permissions
    const all = Object.entries(names).map(([resource, actions]) => ({ resource, actions }))
    await tenant.roles.create({ key: 'all', permissions: all })
    await tenant.roles.create({ key: 'most', permissions: all.slice(1) })
    for (let i = 0; i < 12; i++) await tenant.roles.create({ key: `deep-${i}`, ...(i && { parent: `deep-${i - 1}` }) })
    expect(await found(tenant, 'role-grants-everything')).toEqual(['roles/all'])
    expect(await found(tenant, 'role-too-deep')).toEqual(['roles/deep-10', 'roles/deep-11'])
  })

  it('finds assignments that are over, and what everyone is denied', async () => {
    const tenant = await house.globex()
    const robot = await tenant.serviceAccounts.create({ name: 'robot' })
    const over = await tenant.assignments.grant({ principal: robot, role: 'viewer', expiresAt: new Date(NOW + 1000) })
    await tenant.roles.create({
      key: 'no-refunds',
      permissions: [{ resource: 'invoice', actions: ['refund'], effect: 'deny' }],
    })
    await tenant.assignments.grant({ principal: { kind: 'everyone' }, role: 'no-refunds' })
    expect(await found(tenant, 'assignment-over')).toEqual([])
    at = NOW + 1000
    expect(await found(tenant, 'assignment-over')).toEqual([`assignments/${over.id}`])
    at = NOW
    const [first] = (await tenant.access.lint()).findings
    expect(first).toMatchObject({
      code: 'permission-unreachable',
      severity: 'error',
      path: 'permissions/invoice:refund',
    })
    const person = await house.person(['owner'], tenant)
    expect(await tenant.access.ever(person, 'invoice:refund')).toBe(false)
  })

  it('finds policies that another beats, that give everything, that name what is gone', async () => {
    const tenant = await house.globex()
    const [main] = (await tenant.organizations.list()).items
    const team = await tenant.teams.create({ organization: main!, key: 'gone' })
    const document = {
      effect: 'allow',
      principals: [{ role: 'viewer' }],
      actions: ['note:write'],
      resources: ['*'],
    } as const
    await tenant.policies.create({ key: 'beaten', document })
    await tenant.policies.create({ key: 'open', document: { ...document, actions: ['note:read'] } })
    await tenant.policies.create({
      key: 'shut',
      document: { ...document, effect: 'deny', principals: ['*'], actions: ['note:write'] },
    })
    await tenant.policies.create({ key: 'whole', document: { ...document, principals: ['*'], actions: ['*'] } })
    await tenant.policies.create({
      key: 'past',
      document: {
        ...document,
        actions: ['note:read'],
        conditions: { 'context.time': { $lt: '2020-01-01T00:00:00Z' } },
      },
    })
    await tenant.policies.create({
      key: 'lost',
      document: { ...document, actions: ['note:read'], principals: [{ team: team.id }, { role: 'viewer' }] },
    })
    await tenant.teams.remove(team)
    const told = (await tenant.access.lint()).findings.map(({ code, path }) => `${code} ${path}`)
    expect(told).toEqual([
      'permission-unreachable permissions/note:write',
      'policy-grants-everything policies/whole',
      'policy-shadowed policies/beaten',
      'policy-dangling policies/lost/principals[0]',
      'condition-never policies/past',
      'policy-implied policies/open',
    ])
  })

  it('changes nothing, and reads the same in a transaction', async () => {
    const tenant = await house.globex()
    const before = [await tenant.access.revision(), (await tenant.audit.list()).items.length]
    const report = await tenant.access.lint()
    expect(await tenant.transaction((tx) => tx.access.lint())).toEqual(report)
    expect([await tenant.access.revision(), (await tenant.audit.list()).items.length]).toEqual(before)
  })
})
