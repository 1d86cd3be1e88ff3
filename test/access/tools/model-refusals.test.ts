import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import { type House, makeHouse } from '../house.ts'
import { EVERYTHING, events, furnished } from './furnished.ts'

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

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
    const tenant = await furnished(house)
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
  })
})
