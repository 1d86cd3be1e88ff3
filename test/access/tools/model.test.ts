import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import { type House, makeHouse, type P, permissions } from '../house.ts'

type Tenant = TenantHandle<unknown, P>
const EVERYTHING = { places: true, assignments: true }
const OWN = { 'resource.owner_id': { $ref: 'principal.id' } }

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

/** People, and a tenant with something of everything in it. */
async function furnished(): Promise<Tenant> {
  const tenant = await house.globex()
  await people(tenant)
  const [main] = (await tenant.organizations.list()).items
  const sales = await tenant.teams.create({
    organization: main!,
    key: 'sales',
    name: 'Sales',
    description: 'They sell',
  })
  const north = await tenant.teams.create({ organization: main!, key: 'north', parent: sales })
  const launch = await tenant.projects.create({
    organization: main!,
    key: 'launch',
    team: north,
    metadata: { since: 2026 },
  })
  await tenant.resources.register({ type: 'note', externalId: 'n-1', in: { project: launch } })
  const entries = [{ resource: 'note', actions: ['read', 'write'], conditions: OWN }]
  await tenant.roles.create({
    key: 'author',
    name: 'Author',
    description: 'Writes',
    parent: 'viewer',
    permissions: entries,
  })
  await tenant.roles.create({
    key: 'editor',
    parent: 'author',
    permissions: [{ resource: 'invoice', actions: ['refund'], effect: 'deny' }],
  })
  await tenant.roles.update('member', { permissions: [{ resource: 'audit', actions: ['read'] }] })
  const ann = await tenant.users.findByEmail('ann@example.test')
  const [robot] = (await tenant.serviceAccounts.list()).items
  await tenant.teams.members.add(north, {
    principal: ann!,
    role: 'author',
    permissions: [{ resource: 'note', actions: ['read'] }],
  })
  await tenant.teams.members.add(sales, { principal: robot! })
  await tenant.assignments.grant({ principal: ann!, role: 'owner' })
  await tenant.assignments.grant({
    principal: { kind: 'team', id: sales.id },
    role: 'viewer',
    scope: { project: launch },
    reason: 'they look',
  })
  await tenant.assignments.grant({
    principal: { kind: 'everyone' },
    role: 'viewer',
    scope: { organization: main! },
    flow: 'self',
  })
  const until = new Date('2030-01-02T03:04:05Z')
  await tenant.assignments.grant({
    principal: robot!,
    role: 'editor',
    scope: { resource: { type: 'note', externalId: 'n-1' } },
    expiresAt: until,
  })
  await tenant.customPermissions.create({ resource: 'report', action: 'print', description: 'On paper' })
  await tenant.roles.create({ key: 'printer', permissions: [{ resource: 'report', actions: ['print'] }] })
  await tenant.policies.create({
    key: 'night',
    description: 'Nobody refunds at night',
    document: {
      effect: 'deny',
      principals: [{ role: 'author' }, { user: ann!.id }, { serviceAccount: robot!.id }, { team: sales.id }],
      actions: ['invoice:refund', 'report:*'],
      resources: [{ project: launch.id }, { team: north.id }, { type: 'note', id: 'n-1' }],
      conditions: { 'context.night': true },
    },
  })
  await tenant.policies.create({
    key: 'off',
    enabled: false,
    document: { effect: 'allow', principals: ['*'], actions: ['note:read'], resources: ['*'] },
  })
  return tenant
}

async function people(tenant: Tenant): Promise<void> {
  await tenant.users.create({ email: 'Ann@example.test' })
  await tenant.serviceAccounts.create({ name: 'robot' })
}

const events = async (tenant: Tenant) => (await tenant.audit.list({ limit: 200 })).items.map(({ action }) => action)

describe('the document of access', () => {
  it('names everything by key, is sorted, and is the same for the same access', async () => {
    const tenant = await furnished()
    const model = await tenant.access.export(EVERYTHING)
    expect(JSON.stringify(model)).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(model).toMatchObject({
      format: 'freehold.access/1',
      code: { permissions: { note: ['read', 'write'] }, systemRoles: { owner: '*' } },
      organizations: [{ key: 'main', name: 'Main' }],
      teams: [
        { organization: 'main', key: 'north', name: 'north', parent: 'sales' },
        { organization: 'main', key: 'sales', name: 'Sales', description: 'They sell' },
      ],
      projects: [{ organization: 'main', key: 'launch', team: 'north', metadata: { since: 2026 } }],
      members: [
        { team: 'main/sales', member: { serviceAccount: 'robot' } },
        { team: 'main/north', member: { user: 'ann@example.test' }, role: 'author' },
      ],
      resources: [{ type: 'note', id: 'n-1', in: { project: 'main/launch' } }],
    })
    expect(model.roles?.map(({ key }) => key)).toEqual([
      'admin',
      'author',
      'editor',
      'member',
      'owner',
      'printer',
      'viewer',
    ])
    expect(model.assignments).toEqual([
      { principal: 'everyone', role: 'viewer', flow: 'self', scope: { organization: 'main' } },
      {
        principal: { serviceAccount: 'robot' },
        role: 'editor',
        scope: { resource: { type: 'note', id: 'n-1' } },
        expiresAt: '2030-01-02T03:04:05.000Z',
      },
      { principal: { team: 'main/sales' }, role: 'viewer', scope: { project: 'main/launch' }, reason: 'they look' },
      { principal: { user: 'ann@example.test' }, role: 'owner' },
    ])
    expect(model.permissions).toEqual([{ name: 'report:print', description: 'On paper' }])
    expect(model.policies).toMatchObject([
      {
        key: 'night',
        description: 'Nobody refunds at night',
        document: {
          principals: [
            { role: 'author' },
            { user: 'ann@example.test' },
            { serviceAccount: 'robot' },
            { team: 'main/sales' },
          ],
          resources: [{ project: 'main/launch' }, { team: 'main/north' }, { type: 'note', id: 'n-1' }],
        },
      },
      { key: 'off', enabled: false },
    ])
    expect(JSON.stringify(await tenant.access.export(EVERYTHING))).toBe(JSON.stringify(model))
    expect(Object.keys(await tenant.access.export())).toEqual(['format', 'code', 'permissions', 'roles', 'policies'])
  })

  it('makes another tenant the same, and then nothing is left to do', async () => {
    const model = await (await furnished()).access.export(EVERYTHING)
    const other = await house.globex()
    await people(other)
    const before = await other.access.export(EVERYTHING)
    const dry = await other.access.import(model, { dryRun: true })
    expect(dry.dryRun).toBe(true)
    expect(await other.access.export(EVERYTHING)).toEqual(before)
    const { steps } = await other.access.import(JSON.parse(JSON.stringify(model)))
    expect(steps).toEqual(dry.steps)
    expect(await other.access.export(EVERYTHING)).toEqual(model)
    expect(await other.access.import(model, { mode: 'replace' })).toEqual({ steps: [], dryRun: false })
    const done = await events(other)
    expect(done.filter((action) => action === 'access.imported')).toHaveLength(1)
    expect(done.filter((action) => action === 'role.created')).toHaveLength(3)
    const ann = await other.users.findByEmail('ann@example.test')
    expect(await other.access.check(ann!, 'invoice:refund')).toBe(true)
  })

  it('merged leaves what it does not name, and replaced removes it', async () => {
    const tenant = await furnished()
    const model = await tenant.access.export(EVERYTHING)
    const small = {
      ...model,
      roles: model.roles!.filter(({ key }) => key !== 'editor'),
      assignments: model.assignments!.filter(({ role }) => role !== 'editor'),
      teams: model.teams!.filter(({ key }) => key !== 'north'),
      projects: [],
      members: [],
    }
    expect((await tenant.access.import({ ...small, projects: undefined, members: undefined })).steps).toEqual([])
    expect(await tenant.access.export(EVERYTHING)).toEqual(model)
    const held = { ...small, assignments: undefined }
    await expect(tenant.access.import(held, { mode: 'replace' })).rejects.toMatchObject({ code: 'ROLE_IN_USE' })
    expect(await tenant.access.export(EVERYTHING)).toEqual(model)
    const kept = small.assignments.filter(({ scope }) => !scope || !('project' in scope))
    const { steps } = await tenant.access.import({ ...small, assignments: kept }, { mode: 'replace' })
    expect(steps.map(({ action, part, name }) => `${action} ${part} ${name}`)).toEqual([
      'remove assignments team main/sales has viewer in project main/launch',
      'remove assignments serviceAccount robot has editor on note n-1',
      'remove members user ann@example.test in main/north',
      'remove members serviceAccount robot in main/sales',
      'remove roles editor',
      'remove projects main/launch',
      'remove teams main/north',
    ])
    const after = await tenant.access.export(EVERYTHING)
    expect([after.teams?.length, after.projects, after.roles?.length]).toEqual([1, [], 6])
  })

  it('changes, switches and removes policies and permissions of the tenant, and says what was wrong with one', async () => {
    const tenant = await furnished()
    const model = await tenant.access.export()
    const [night, off] = model.policies!
    const policies = [
      { ...night!, enabled: false },
      { ...off!, document: { ...off!.document, actions: ['note:*'] } },
    ] as const
    const wanted = {
      ...model,
      permissions: [],
      roles: model.roles!.filter(({ key }) => key !== 'printer'),
      policies: [{ ...policies[1], enabled: undefined }],
    }
    const { steps } = await tenant.access.import(JSON.parse(JSON.stringify({ ...model, policies })))
    expect(steps.map(({ action, name }) => `${action} ${name}`)).toEqual(['update night', 'update off'])
    const replaced = await tenant.access.import(JSON.parse(JSON.stringify(wanted)), { mode: 'replace' })
    expect(replaced.steps.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'update off',
      'remove night',
      'remove printer',
      'remove report:print',
    ])
    const [left] = (await tenant.policies.list()).items
    expect([left?.key, left?.enabled, left?.document.actions]).toEqual(['off', true, ['note:*']])
    for (const [path, problem, change] of [
      ['policies[0].document.principals[0]', 'there is no team main/x', { principals: [{ team: 'main/x' }] }],
      ['policies[0].document.resources[0]', 'there is no project main/x', { resources: [{ project: 'main/x' }] }],
      ['policies[0].document.effect', 'it is allow or deny', { effect: 'maybe' }],
    ] as const) {
      const faulty = { ...model, policies: [{ ...night!, document: { ...night!.document, ...change } }] }
      await expect(tenant.access.import(faulty)).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        details: { path, problem },
      })
    }
  })

  it('changes parents in any order, as where a role comes to inherit from its former child', async () => {
    const tenant = await furnished()
    const model = await tenant.access.export({ places: true })
    const parents: Record<string, string> = { author: 'editor', editor: 'viewer' }
    const roles = model.roles!.map((role) => (parents[role.key] ? { ...role, parent: parents[role.key] } : role))
    const teams = model.teams!.map(({ parent: _, ...team }) =>
      team.key === 'sales' ? { ...team, parent: 'north' } : team,
    )
    await tenant.access.import({ ...model, roles, teams })
    const after = await tenant.access.export({ places: true })
    expect(after.roles!.map(({ key, parent }) => [key, parent])).toContainEqual(['author', 'editor'])
    expect(after.teams!.map(({ key, parent }) => [key, parent])).toEqual([
      ['north', undefined],
      ['sales', 'north'],
    ])
  })
})

describe('an import is refused as a whole', () => {
  const role = (more: object) => ({ key: 'x', name: 'X', permissions: [], ...more })
  const base = { format: 'freehold.access/1' }
  it.each([
    [null, '', 'not an object'],
    [{}, 'format', 'freehold.access/1'],
    [{ ...base, rolls: [] }, 'rolls', 'no such part'],
    [{ ...base, roles: {} }, 'roles', 'not a list'],
    [{ ...base, roles: [role({}), role({})] }, 'roles[1]', 'twice'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what it is about
    [{ ...base, roles: [role({}), , role({ key: 'y' })] }, 'roles[1]', 'not an object'],
    [{ ...base, roles: [role({ parents: 'viewer' })] }, 'roles[0].parents', 'no such field'],
    [{ ...base, roles: [{ key: 'x', permissions: [] }] }, 'roles[0].name', 'missing'],
    [{ ...base, roles: [role({ key: 'y', parent: 'x' }), role({ parent: 'y' })] }, 'roles[0].parent', 'below itself'],
    [{ ...base, roles: [role({ parent: 'nobody' })] }, 'roles[0]', 'no role nobody'],
    [{ ...base, roles: [role({ key: 'Not A Key' })] }, 'roles[0].key', 'a-z'],
    [
      { ...base, roles: [role({ permissions: [{ resource: 'note', actions: ['shred'] }] })] },
      'roles[0]',
      'no permission note:shred',
    ],
    [
      { ...base, roles: [role({ permissions: [{ resource: 'note', actions: ['read'], conditions: { $nor: [] } }] })] },
      'roles[0].permissions[0].conditions["$nor"]',
      '',
    ],
    [
      {
        ...base,
        roles: [
          role({ permissions: [JSON.parse('{"resource":"note","actions":["read"],"conditions":{"__proto__":1}}')] }),
        ],
      },
      'roles[0]',
      '__proto__',
    ],
    [
      { ...base, teams: [{ organization: 'nowhere', key: 't', name: 'T' }] },
      'teams[0].organization',
      'no organization nowhere',
    ],
    [
      { ...base, assignments: [{ principal: { user: 'no@body.test' }, role: 'viewer' }] },
      'assignments[0].principal',
      'no user',
    ],
    [{ ...base, assignments: [{ principal: { robot: 'x' }, role: 'viewer' }] }, 'assignments[0].principal', 'one of'],
    [
      { ...base, assignments: [{ principal: 'everyone', role: 'viewer', expiresAt: 'soon' }] },
      'assignments[0].expiresAt',
      'time',
    ],
    [
      { ...base, assignments: [{ principal: 'everyone', role: 'viewer', scope: { team: 'main/x' } }] },
      'assignments[0].scope',
      'no team main/x',
    ],
  ])('%j: at %s', async (document, path, problem) => {
    const tenant = await house.globex()
    const before = [await tenant.access.export(EVERYTHING), await events(tenant), await tenant.access.revision()]
    // what is before the fault is taken back with it
    const whole =
      document && 'roles' in document === false && 'format' in document
        ? { ...document, roles: [role({ key: 'ok' })] }
        : document
    await expect(tenant.access.import(whole)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      details: { path, problem: expect.stringContaining(problem) },
    })
    expect([await tenant.access.export(EVERYTHING), await events(tenant), await tenant.access.revision()]).toEqual(
      before,
    )
  })

  it('with another mode, or what is no option', async () => {
    const tenant = await house.globex()
    const model = await tenant.access.export()
    for (const options of [{ mode: 'overwrite' }, { dryRun: 'yes' }, { force: true }]) {
      await expect(tenant.access.import(model, options as object)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    }
    await expect(tenant.access.export({ users: true } as object)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('when it would end the last owner, or say more than the actor holds', async () => {
    const tenant = await furnished()
    const model = await tenant.access.export(EVERYTHING)
    const ownerless = { ...model, assignments: model.assignments!.filter(({ role }) => role !== 'owner') }
    await expect(tenant.access.import(ownerless, { mode: 'replace' })).rejects.toMatchObject({ code: 'LAST_OWNER' })
    const [robot] = (await tenant.serviceAccounts.list()).items
    const bound = tenant.as({ type: 'service_account', id: robot!.id })
    const rich = {
      format: model.format,
      roles: [role({ permissions: [{ resource: 'invoice', actions: ['refund'] }] })],
    }
    await expect(bound.access.import(rich)).rejects.toMatchObject({ code: 'GRANT_REFUSED' })
    const ann = await tenant.users.findByEmail('ann@example.test')
    // an owner, whom nobody has seen prove who they are
    const stale = tenant.as({ type: 'user', id: ann!.id })
    await expect(stale.access.import(rich)).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' })
    await expect(stale.access.import(rich, { dryRun: true })).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' })
    expect(await tenant.access.export(EVERYTHING)).toEqual(model)
  })

  it('and takes part in a transaction around it', async () => {
    const tenant = await house.globex()
    const document = { format: 'freehold.access/1', roles: [role({})] }
    const undone = tenant.transaction(async (tx) => {
      await tx.access.import(document)
      expect((await tx.access.export()).roles).toHaveLength(5)
      await tx.access.import({ ...document, roles: [role({ key: 'y' })] }, { dryRun: true })
      expect((await tx.access.export()).roles).toHaveLength(5)
      throw new Error('not after all')
    })
    await expect(undone).rejects.toThrow('not after all')
    expect((await tenant.access.export()).roles).toHaveLength(4)
    expect(permissions.has('note:read')).toBe(true)
  })
})
