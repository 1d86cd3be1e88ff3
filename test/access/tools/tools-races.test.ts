// Documents and diffs on PostgreSQL, with many connections at once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../../src/adapters/postgres/index.ts'
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { type House, makeHouse } from '../house.ts'
import { EVERYTHING, furnished, people } from './furnished.ts'

let database: TestDatabase
let house: House
beforeAll(async () => {
  database = await createTestDatabase()
  house = await makeHouse(postgres({ url: database.appUrl, connections: 12 }))
})
afterAll(async () => {
  await house?.close()
  await database?.close()
})

const FORMAT = 'freehold.access/1'
const role = (key: string, action: string) => ({
  key,
  name: key,
  permissions: [{ resource: 'note', actions: [action] }],
})

describe('on PostgreSQL', () => {
  it('a document goes out of one tenant and into another, which is the same then', async () => {
    const model = await (await furnished(house)).access.export(EVERYTHING)
    const other = await house.globex()
    await people(other)
    await other.access.import(JSON.parse(JSON.stringify(model)))
    expect(await other.access.export(EVERYTHING)).toEqual(model)
    expect(JSON.stringify(await other.access.export(EVERYTHING))).toBe(JSON.stringify(model))
  })

  it('of imports that cross, each is whole: the last one is what remains', async () => {
    const tenant = await house.globex()
    const system = (await tenant.access.export()).roles!
    const documents = Array.from({ length: 8 }, (_, i) => ({
      format: FORMAT,
      roles: [...system, role('shared', i % 2 ? 'read' : 'write'), role(`own-${i}`, 'read')],
    }))
    const done = await Promise.allSettled(documents.map((one) => tenant.access.import(one, { mode: 'replace' })))
    expect(done.map(({ status }) => status)).toEqual(documents.map(() => 'fulfilled'))
    const { roles } = await tenant.access.export()
    const own = roles!.map(({ key }) => key).filter((key) => key.startsWith('own-'))
    expect(own).toHaveLength(1)
    const last = documents[Number(own[0]?.slice(4))]!
    expect((await tenant.access.import(last, { mode: 'replace' })).steps).toEqual([])
  })

  it('diffs and dry runs beside changes leave no trace, and see a whole before and after', async () => {
    const tenant = await house.globex()
    const ann = await house.person([], tenant)
    const change = {
      roles: { create: [{ key: 'passing', permissions: [{ resource: 'note', actions: ['read'] }] }] },
      assignments: { grant: [{ principal: ann, role: 'passing' }] },
    } as const
    const keys = Array.from({ length: 6 }, (_, i) => `kept-${i}`)
    const [diffs] = await Promise.all([
      Promise.all(keys.map(() => tenant.access.diff(change))),
      Promise.all(keys.map((key) => tenant.access.import({ format: FORMAT, roles: [role(key, 'read')] }))),
      Promise.all(
        keys.map((key) =>
          tenant.access.import({ format: FORMAT, roles: [role(`dry-${key}`, 'read')] }, { dryRun: true }),
        ),
      ),
    ])
    for (const { items } of diffs) {
      expect(items.map(({ gained, lost }) => [gained.map(({ permission }) => permission), lost])).toEqual([
        [['note:read'], []],
      ])
    }
    const { roles } = await tenant.access.export()
    expect(roles!.filter(({ system }) => !system).map(({ key }) => key)).toEqual(keys)
    expect(await tenant.access.check(ann, 'note:read')).toBe(false)
    const said = (await tenant.audit.list({ limit: 200, action: 'access.imported' })).items
    expect(said).toHaveLength(keys.length)
  })
})
