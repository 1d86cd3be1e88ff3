// Projects, in an organization or one of its teams; and the host's own things, registered under the names it has for them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { NewProject, NewResource, Project, Resource } from '../../src/index.ts'
import { logOf } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse } from './house.ts'

let house: House
let made = 0
const key = (): string => `p-${++made}`

beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

const organization = () => house.acme.organizations.create({ key: key(), name: 'Org' })

describe('projects', () => {
  it('are created, found by id and by key, listed, changed, moved and removed', async () => {
    const { projects, teams } = house.acme
    const one = await organization()
    const team = await teams.create({ organization: one, key: 'team' })
    const site = await projects.create({ organization: one, key: 'site', name: 'Site', metadata: { a: 1 } })
    expect(site).toEqual({
      id: expect.any(String),
      organizationId: one.id,
      teamId: null,
      key: 'site',
      name: 'Site',
      description: null,
      metadata: { a: 1 },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    const app = await projects.create({ organization: one.id, key: 'app', team, description: 'what' })
    expect(app).toMatchObject({ teamId: team.id, name: 'app', description: 'what' })
    expect([await projects.get(site), await projects.get(site.id)]).toEqual([site, site])
    expect(await projects.get({ organization: one, key: 'app' })).toEqual(app)
    const keys = async (filter: Parameters<typeof projects.list>[0]) =>
      (await projects.list(filter)).items.map((project) => project.key).sort()
    expect(await keys({ organization: one })).toEqual(['app', 'site'])
    expect(await keys({ organization: one, team: null })).toEqual(['site'])
    expect(await keys({ team })).toEqual(['app'])
    const moved = await projects.update(site, { team, name: 'Pages' })
    expect(moved).toMatchObject({ teamId: team.id, name: 'Pages' })
    expect(await projects.update(site, { team })).toEqual(moved)
    expect((await projects.update(app, { team: null })).teamId).toBeNull()
    await projects.remove(app)
    await refused(() => projects.get(app), 'PROJECT_UNKNOWN')
    await refused(() => projects.remove(app), 'PROJECT_UNKNOWN')
    const event = (await logOf(house.acme)).findLast(({ action }) => action === 'project.updated')
    expect(event?.changes).toEqual({ teamId: { from: team.id, to: null } })
  })

  it('have a key of their own in their organization, and a team of it', async () => {
    const { projects, teams } = house.acme
    const [one, other] = [await organization(), await organization()]
    const elsewhere = await teams.create({ organization: other, key: 'team' })
    await projects.create({ organization: one, key: 'site' })
    const { details } = await refused(() => projects.create({ organization: one, key: 'site' }), 'PROJECT_TAKEN')
    expect(details).toEqual({ key: 'site' })
    const { id } = await projects.create({ organization: other, key: 'site' })
    const wrong = [
      () => projects.create({ organization: one, key: 'x', team: elsewhere }),
      async () => projects.update(await projects.get({ organization: one, key: 'site' }), { team: elsewhere }),
    ]
    for (const work of wrong) expect((await refused(work, 'INPUT_INVALID')).details.field).toBe('team')
    expect((await projects.update(id, { team: elsewhere })).teamId).toBe(elsewhere.id)
  })

  const cases: [string, Partial<Record<keyof NewProject, unknown>>, string][] = [
    ['an unknown organization', { organization: crypto.randomUUID() }, 'ORGANIZATION_UNKNOWN'],
    ['an unknown team', { team: crypto.randomUUID() }, 'TEAM_UNKNOWN'],
    ['a prototype as key', { key: 'constructor' }, 'INPUT_INVALID'],
    ['a key with a colon', { key: 'a:b' }, 'INPUT_INVALID'],
    ['a key of look-alikes', { key: 'ѕite' }, 'INPUT_INVALID'],
    ['no name', { name: '' }, 'INPUT_INVALID'],
    ['metadata that is no object', { metadata: [] }, 'INPUT_INVALID'],
    ['a field that is not known', { parent: 'x' } as object, 'INPUT_INVALID'],
  ]
  it.each(cases)('refuse %s', async (_, given, code) => {
    const one = await organization()
    const project = { organization: one, key: key(), ...given } as NewProject
    await refused(() => house.acme.projects.create(project), code as 'INPUT_INVALID')
    expect((await house.acme.projects.list({ organization: one })).items).toEqual([])
  })

  it('of another tenant are none', async () => {
    const globex = await house.globex()
    const foreign = await globex.projects.create({
      organization: (await globex.organizations.get('main')).id,
      key: 'x',
    })
    const { projects } = house.acme
    await refused(() => projects.get(foreign), 'PROJECT_UNKNOWN')
    await refused(() => projects.update(foreign, { name: 'x' }), 'PROJECT_UNKNOWN')
    await refused(() => projects.remove(foreign), 'PROJECT_UNKNOWN')
    for (const wrong of [7, null, '', {}]) await refused(() => projects.get(wrong as unknown as Project), 'ID_INVALID')
  })
})

describe('resources', () => {
  it('are registered, found by id and by name, listed, changed, moved and removed', async () => {
    const { resources, teams, projects } = house.acme
    const one = await organization()
    const team = await teams.create({ organization: one, key: 'team' })
    const project = await projects.create({ organization: one, key: 'site' })
    const externalId = `Ünïcode/…:${key()}`
    const note = await resources.register({
      type: 'note',
      externalId,
      name: ' Note ',
      in: { team },
      metadata: { a: 1 },
    })
    expect(note).toEqual({
      id: expect.any(String),
      type: 'note',
      externalId,
      name: 'Note',
      in: { kind: 'team', id: team.id },
      metadata: { a: 1 },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    })
    expect([await resources.get(note), await resources.get(note.id)]).toEqual([note, note])
    expect(await resources.get({ type: 'note', externalId })).toEqual(note)
    expect((await resources.list({ in: { team } })).items).toEqual([note])
    expect((await resources.list({ in: { team }, type: 'invoice' })).items).toEqual([])
    const moved = await resources.update(note, { in: { project } })
    expect(moved.in).toEqual({ kind: 'project', id: project.id })
    expect((await resources.update(note, { in: { organization: one } })).in).toEqual({
      kind: 'organization',
      id: one.id,
    })
    expect(await resources.update(note, { in: null, name: null })).toMatchObject({ in: { kind: 'tenant' }, name: null })
    await resources.remove({ type: 'note', externalId })
    await refused(() => resources.get(note), 'RESOURCE_UNKNOWN')
    await refused(() => resources.remove(note), 'RESOURCE_UNKNOWN')
  })

  it('are registered once, by the name as it is', async () => {
    const { resources } = house.acme
    const composed = `\u00e9${key()}`
    await resources.register({ type: 'note', externalId: composed })
    const { details } = await refused(
      () => resources.register({ type: 'note', externalId: composed }),
      'RESOURCE_TAKEN',
    )
    expect(details).toEqual({ type: 'note', externalId: composed })
    // the host says which it means, and a look-alike is another
    const other = await resources.register({ type: 'note', externalId: composed.normalize('NFD') })
    expect(other.externalId).not.toBe(composed)
    await resources.register({ type: 'invoice', externalId: composed })
    await refused(() => resources.get({ type: 'note', externalId: composed.toUpperCase() }), 'RESOURCE_UNKNOWN')
  })

  const cases: [string, Partial<Record<keyof NewResource, unknown>>, string][] = [
    ['a type that no permission is about', { type: 'planet' }, 'RESOURCE_TYPE_UNKNOWN'],
    ['a prototype as type', { type: '__proto__' }, 'RESOURCE_TYPE_UNKNOWN'],
    ['a type that is no text', { type: 7 }, 'INPUT_INVALID'],
    ['no external id', { externalId: undefined }, 'INPUT_INVALID'],
    ['an empty external id', { externalId: '' }, 'INPUT_INVALID'],
    ['a long external id', { externalId: 'x'.repeat(201) }, 'INPUT_INVALID'],
    ['an external id with NUL', { externalId: 'a\0b' }, 'INPUT_INVALID'],
    ['half a character', { externalId: 'a\ud800' }, 'INPUT_INVALID'],
    ['two places', { in: { team: crypto.randomUUID(), project: crypto.randomUUID() } }, 'INPUT_INVALID'],
    ['a place that is none', { in: { tenant: 'x' } }, 'INPUT_INVALID'],
    ['an unknown organization', { in: { organization: crypto.randomUUID() } }, 'ORGANIZATION_UNKNOWN'],
    ['an unknown team', { in: { team: crypto.randomUUID() } }, 'TEAM_UNKNOWN'],
    ['an unknown project', { in: { project: crypto.randomUUID() } }, 'PROJECT_UNKNOWN'],
    ['a place that is no id', { in: { team: 'x' } }, 'ID_INVALID'],
  ]
  it.each(cases)('refuse %s', async (_, given, code) => {
    const before = (await house.acme.resources.list({ limit: 200 })).items.length
    const resource = { type: 'note', externalId: key(), ...given } as NewResource
    await refused(() => house.acme.resources.register(resource), code as 'INPUT_INVALID')
    expect((await house.acme.resources.list({ limit: 200 })).items).toHaveLength(before)
  })

  it('of another tenant are none', async () => {
    const globex = await house.globex()
    const foreign = await globex.resources.register({ type: 'note', externalId: 'x' })
    const { resources } = house.acme
    await refused(() => resources.get(foreign), 'RESOURCE_UNKNOWN')
    await refused(() => resources.get({ type: 'note', externalId: 'x' }), 'RESOURCE_UNKNOWN')
    await refused(() => resources.update(foreign, { name: 'x' }), 'RESOURCE_UNKNOWN')
    await refused(() => resources.remove(foreign), 'RESOURCE_UNKNOWN')
    for (const wrong of [7, null, '']) await refused(() => resources.get(wrong as unknown as Resource), 'ID_INVALID')
  })
})
