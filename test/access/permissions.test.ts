// What code declares: beside Freehold's own, and never in its place.

import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { permissionsOf } from '../../src/adapters/cli/access-files.ts'
import { memory } from '../../src/adapters/memory/index.ts'
import { definePermissions, type OwnPermission, type Permissions } from '../../src/core/access/permissions.ts'
import { createFreehold, type Freehold } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { refused } from '../setup/refusal.ts'

const permissions = definePermissions({
  note: ['read', 'write'],
  project: ['archive'],
  team: ['rename'],
  invitation: ['forward'],
  resource: ['lend'],
  policy: ['sign'],
  user: ['export'],
})

describe('actions of the host’s on what is Freehold’s own', () => {
  it('are permissions beside ours, each once', () => {
    expect(permissions.has('project:archive')).toBe(true)
    expect(permissions.has('project:read')).toBe(true)
    expect(permissions.catalog.project).toEqual(['read', 'write', 'archive'])
    expect(new Set(permissions.names).size).toBe(permissions.names.length)
    expect(permissions.names.map((name) => permissions.ids.get(name))).toEqual(permissions.names.map((_, id) => id))
  })

  it('are members’ by default, and ours are not', () => {
    expect(permissions.systemRoles).toEqual({
      owner: '*',
      admin: '*',
      member: [
        'note:read',
        'note:write',
        'project:archive',
        'team:rename',
        'invitation:forward',
        'resource:lend',
        'policy:sign',
        'user:export',
      ],
      viewer: ['note:read'],
    })
    // a `read` of the host's on one of ours that has none
    const visible = definePermissions({ billing: ['estimate'], note: ['read'] })
    expect(visible.systemRoles.viewer).toEqual(['note:read'])
  })

  it('are not called as ours are', () => {
    const again = (catalog: Record<string, readonly string[]>) => () => definePermissions(catalog)
    for (const catalog of [{ project: ['read'] }, { project: ['archive', 'write'] }, { tenant: ['break-glass'] }]) {
      expect(again(catalog)).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          details: {
            option: expect.stringMatching(/^permissions\.(project|tenant):/),
            problem: "it is Freehold's own",
          },
        }),
      )
    }
    for (const catalog of [
      { Project: ['a'] },
      { 'a:b': ['c'] },
      { a: ['b:c'] },
      { n\u043ete: ['read'] },
      { '': ['a'] },
    ]) {
      expect(again(catalog)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    }
    const proto = JSON.parse('{"__proto__": ["read"]}') as Record<string, readonly string[]>
    expect(again(proto)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(definePermissions({ constructor: ['call'] }).names).toContain('constructor:call')
  })

  it('come out of a document as they went in', () => {
    const { catalog, systemRoles } = permissions
    const read = permissionsOf(JSON.parse(JSON.stringify(catalog)), 'code.permissions', systemRoles)
    expect([read.catalog, read.systemRoles]).toEqual([catalog, systemRoles])
  })

  it('have types of their own: a misspelt one does not compile', () => {
    type Name = typeof permissions extends Permissions<infer P> ? P : never
    expectTypeOf<Extract<Name, `project:${string}`>>().toEqualTypeOf<
      'project:archive' | 'project:read' | 'project:write'
    >()
    expectTypeOf<OwnPermission>().toExtend<Name>()
    // @ts-expect-error there is no such permission
    const misspelt: Name = 'project:arhcive'
    expect(permissions.has(misspelt)).toBe(false)
    // @ts-expect-error what is Freehold's own is not a role's by declaration
    expect(() => definePermissions({ project: ['archive'] }, { roles: { member: ['project:archiv'] } })).toThrow()
  })
})

describe('in a tenant', () => {
  type P = typeof permissions extends Permissions<infer N> ? N : never
  let freehold: Freehold<unknown, P>
  beforeAll(async () => {
    const storage = memory()
    freehold = await createFreehold({ storage, keys: testKeys, permissions, passwordHasher: quickHasher })
  })
  afterAll(() => freehold.close())

  it('they are checked where the thing is, given by roles, and not taken by the tenant', async () => {
    const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    const organization = await acme.organizations.get('main')
    const project = await acme.projects.create({ organization, key: 'apollo' })
    const other = await acme.projects.create({ organization, key: 'gemini' })
    const [ana, bob, eve] = [
      await acme.users.create({ email: 'ana@acme.test' }),
      await acme.users.create({ email: 'bob@acme.test' }),
      await acme.users.create({ email: 'eve@acme.test' }),
    ]
    await acme.roles.create({ key: 'archivist', permissions: [{ resource: 'project', actions: ['archive'] }] })
    await acme.assignments.grant({ principal: ana, role: 'archivist', scope: { project } })
    await acme.assignments.grant({ principal: bob, role: 'member' })
    await acme.assignments.grant({ principal: eve, role: 'viewer' })
    expect(await acme.access.check(ana, 'project:archive', { project })).toBe(true)
    expect(await acme.access.check(ana, 'project:archive', { project: other })).toBe(false)
    expect(await acme.access.check(ana, 'project:write', { project })).toBe(false)
    expect(await acme.access.check(bob, 'project:archive', { project: other })).toBe(true)
    expect(await acme.access.check(bob, 'project:read', { project })).toBe(false)
    expect(await acme.access.check(eve, 'project:archive', { project })).toBe(false)
    // @ts-expect-error a misspelt one does not compile, and is no silent `false` where it comes from data
    await refused(() => acme.access.check(ana, 'project:arhcive', { project }), 'PERMISSION_UNKNOWN')
    for (const action of ['archive', 'read', 'shred']) {
      await refused(() => acme.customPermissions.create({ resource: 'project', action }), 'PERMISSION_TAKEN')
    }
  })

  it('the linter tells of those that nobody was given, and of none of ours', async () => {
    const lonely = await createFreehold({
      storage: memory(),
      keys: testKeys,
      permissions: definePermissions({ project: ['archive'] }, { roles: { member: [] } }),
      passwordHasher: quickHasher,
    })
    const acme = await lonely.tenants.create({ slug: 'acme', name: 'Acme' })
    const { findings } = await acme.access.lint()
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ['permission-ungranted', 'permissions/project:archive'],
    ])
    await lonely.close()
  })
})
