// Projects and registered resources over HTTP: for who may manage them where they are.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Organization, Team } from '../../src/index.ts'
import { openTown, outcome, type Person, type Town } from './callers.ts'

let house: Town
let owner: Person
let northerner: Person
let captain: Person
let north: Organization
let south: Organization
let crew: Team

beforeAll(async () => {
  house = await openTown()
  ;({ owner, northerner, captain, north, south, crew } = house)
})
afterAll(() => house[Symbol.asyncDispose]())

describe('projects over HTTP', () => {
  it('are made, told, changed, put into a team and removed', async () => {
    const made = await northerner.ask('POST', 'projects', { organizationId: north.id, key: 'sail', name: 'Sail' })
    expect([made.status, made.project]).toMatchObject([201, { organizationId: north.id, teamId: null, key: 'sail' }])
    const path = `projects/${made.project.id}`
    expect((await northerner.ask('GET', path)).project).toEqual(made.project)
    const changed = await northerner.ask('POST', path, { teamId: crew.id, metadata: { knots: 9 } })
    expect(changed.project).toMatchObject({ teamId: crew.id, name: 'Sail', metadata: { knots: 9 } })
    expect((await captain.ask('GET', `projects?teamId=${crew.id}`)).items).toEqual([changed.project])
    expect((await northerner.ask('GET', `projects?organizationId=${north.id}&teamId=none`)).items).toEqual([])
    // out of the team that they manage, into the organization that they do not
    expect(await outcome(captain.ask('POST', path, { teamId: null }))).toBe('403 FORBIDDEN')
    expect(await outcome(captain.ask('POST', path, { name: 'Sails' }))).toBe(200)
    expect(await outcome(captain.ask('DELETE', path))).toBe(204)
    expect(await outcome(northerner.ask('GET', path))).toBe('403 FORBIDDEN')
    expect(await outcome(owner.ask('GET', path))).toBe('404 PROJECT_UNKNOWN')
  })

  it('are managed in one alone by who may there', async () => {
    const dock = await house.acme.projects.create({ organization: south, key: 'dock' })
    const quay = await house.acme.projects.create({ organization: south, key: 'quay' })
    const docker = await house.person(house.acme, { role: 'admin', scope: { project: dock } })
    expect(await outcome(docker.ask('POST', `projects/${dock.id}`, { name: 'Dock' }))).toBe(200)
    for (const [method, path, body] of [
      ['POST', `projects/${quay.id}`, { name: 'Mine' }],
      ['GET', `projects/${quay.id}`, undefined],
      ['GET', `projects?organizationId=${south.id}`, undefined],
      ['POST', 'projects', { organizationId: south.id, key: 'mine' }],
    ] as const) {
      expect(await outcome(docker.ask(method, path, body))).toBe('403 FORBIDDEN')
    }
  })
})

describe('registered resources over HTTP', () => {
  const register = (who: Person, externalId: string, more = {}) =>
    who.ask('POST', 'resources', { type: 'note', externalId, ...more })

  it('are registered, told, changed and forgotten', async () => {
    const made = await register(owner, 'log', { name: 'Log', in: { kind: 'team', id: crew.id } })
    expect([made.status, made.resource]).toMatchObject([
      201,
      { type: 'note', externalId: 'log', name: 'Log', in: { kind: 'team', id: crew.id } },
    ])
    const path = `resources/${made.resource.id}`
    expect((await captain.ask('GET', path)).resource).toEqual(made.resource)
    expect((await captain.ask('GET', `resources?teamId=${crew.id}&type=note`)).items).toEqual([made.resource])
    expect((await captain.ask('POST', path, { name: null, metadata: { pages: 7 } })).resource).toMatchObject({
      name: null,
      metadata: { pages: 7 },
    })
    expect((await owner.ask('POST', path, { in: { kind: 'tenant' } })).resource.in).toEqual({ kind: 'tenant' })
    expect(await outcome(captain.ask('GET', path))).toBe('403 FORBIDDEN')
    expect(await outcome(owner.ask('DELETE', path))).toBe(204)
    expect(await outcome(owner.ask('GET', path))).toBe('404 RESOURCE_UNKNOWN')
  })

  it('are where who may in the whole tenant says: nobody claims one for the place that they manage', async () => {
    const { resource } = await register(owner, 'treasure', { in: { kind: 'organization', id: south.id } })
    const own = { in: { kind: 'organization', id: north.id } }
    expect(await outcome(register(northerner, 'unregistered', own))).toBe('403 FORBIDDEN')
    expect(await outcome(northerner.ask('POST', `resources/${resource.id}`, own))).toBe('403 FORBIDDEN')
    const { resource: chest } = await register(owner, 'chest', own)
    const elsewhere = { in: { kind: 'organization', id: south.id } }
    expect(await outcome(northerner.ask('POST', `resources/${chest.id}`, elsewhere))).toBe('403 FORBIDDEN')
    expect(await outcome(northerner.ask('POST', `resources/${chest.id}`, { name: 'Chest' }))).toBe(200)
  })

  it('are managed one by one by who holds that on just this one', async () => {
    const { resource } = await register(owner, 'diary')
    const { resource: other } = await register(owner, 'ledger')
    const author = await house.person(house.acme, { role: 'admin', scope: { resource: resource.id } })
    expect(await outcome(author.ask('POST', `resources/${resource.id}`, { name: 'Diary' }))).toBe(200)
    expect(await outcome(author.ask('GET', `resources/${other.id}`))).toBe('403 FORBIDDEN')
    expect(await outcome(author.ask('GET', 'resources'))).toBe('403 FORBIDDEN')
  })
})
