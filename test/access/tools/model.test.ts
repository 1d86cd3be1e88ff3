import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import { type House, makeHouse } from '../house.ts'
import { EVERYTHING, events, furnished, people } from './furnished.ts'

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

describe('the document of access', () => {
  it('names everything by key, is sorted, and is the same for the same access', async () => {
    const tenant = await furnished(house)
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
    const model = await (await furnished(house)).access.export(EVERYTHING)
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
    const tenant = await furnished(house)
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
    const tenant = await furnished(house)
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
    const tenant = await furnished(house)
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
