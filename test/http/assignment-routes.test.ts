// Who holds which role, over HTTP: given, told and taken back where who asks may, and never beyond what they hold.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Organization, Team } from '../../src/index.ts'
import { NOBODY, openTown, outcome, type Person, type Town } from './callers.ts'

let house: Town
let owner: Person
let northerner: Person
let north: Organization
let south: Organization
let crew: Team

beforeAll(async () => {
  house = await openTown()
  ;({ owner, northerner, north, south, crew } = house)
})
afterAll(() => house[Symbol.asyncDispose]())

const inNorth = () => ({ kind: 'organization', id: north.id })
const someone = async () => ({ kind: 'user', id: (await house.person(house.acme)).user.id })

describe('assignments over HTTP', () => {
  it('are given, told, listed and taken back, each step audited as theirs', async () => {
    const principal = await someone()
    const made = await owner.ask('POST', 'assignments', {
      principal,
      role: 'viewer',
      scope: inNorth(),
      flow: 'self',
      startsAt: '2026-01-31T12:00:00Z',
      expiresAt: '2096-01-31',
      reason: 'a summer',
    })
    expect([made.status, made.assignment]).toEqual([
      201,
      {
        id: expect.any(String),
        principal,
        roleId: (await house.acme.roles.get('viewer')).id,
        scope: inNorth(),
        flow: 'self',
        startsAt: '2026-01-31T12:00:00.000Z',
        expiresAt: '2096-01-31T00:00:00.000Z',
        grantedBy: { type: 'user', id: owner.user.id },
        reason: 'a summer',
        createdAt: expect.any(String),
      },
    ])
    const path = `assignments/${made.assignment.id}`
    expect((await owner.ask('GET', path)).assignment).toEqual(made.assignment)
    for (const query of [
      `principalKind=user&principalId=${principal.id}`,
      `principalKind=user&principalId=${principal.id}&role=viewer`,
      `scopeKind=organization&scopeId=${north.id}&role=viewer`,
    ]) {
      expect((await owner.ask('GET', `assignments?${query}`)).items).toEqual([made.assignment])
    }
    const first = await owner.ask('GET', 'assignments?limit=1')
    const rest = await owner.ask('GET', `assignments?limit=200&cursor=${first.next}`)
    expect([...first.items, ...rest.items]).toContainEqual(made.assignment)
    expect(await outcome(owner.ask('DELETE', path))).toBe(204)
    expect(await outcome(owner.ask('GET', path))).toBe('404 ASSIGNMENT_UNKNOWN')
    expect(await outcome(owner.ask('DELETE', path))).toBe('404 ASSIGNMENT_UNKNOWN')
    const { items } = await house.acme.audit.list({ resourceType: 'assignment', resourceId: made.assignment.id })
    expect(items.map(({ action, actor }) => [action, actor.id])).toEqual([
      ['assignment.revoked', owner.user.id],
      ['assignment.granted', owner.user.id],
    ])
  })

  it('go to service accounts, teams and everyone, and end by themselves', async () => {
    const robot = await house.acme.serviceAccounts.create({ name: 'crane' })
    const holders = [{ kind: 'service_account', id: robot.id }, { kind: 'team', id: crew.id }, { kind: 'everyone' }]
    for (const principal of holders) {
      const { assignment } = await owner.ask('POST', 'assignments', { principal, role: 'viewer', forMs: 60_000 })
      expect(assignment).toMatchObject({ principal, scope: { kind: 'tenant' } })
      const left = Date.parse(assignment.expiresAt) - Date.now()
      expect(left > 0 && left <= 60_000).toBe(true)
      const id = 'id' in principal ? `&principalId=${principal.id}` : ''
      const found = await owner.ask('GET', `assignments?principalKind=${principal.kind}${id}`)
      expect(found.items).toEqual([assignment])
      expect(await outcome(owner.ask('DELETE', `assignments/${assignment.id}`))).toBe(204)
    }
  })

  it('take effect with the next request, and so does their end', async () => {
    const member = await house.person(house.acme)
    const principal = { kind: 'user', id: member.user.id }
    const may = async () => (await member.ask('GET', 'access/check?permission=note:read')).allowed
    expect(await may()).toBe(false)
    const { assignment } = await owner.ask('POST', 'assignments', { principal, role: 'viewer' })
    expect(await may()).toBe(true)
    await owner.ask('DELETE', `assignments/${assignment.id}`)
    expect(await may()).toBe(false)
  })

  it('are managed in an organization by who may there, and nowhere else', async () => {
    const principal = await someone()
    const { acme } = house
    const above = await acme.assignments.grant({ principal: owner.user, role: 'viewer' })
    const beside = await acme.assignments.grant({
      principal: owner.user,
      role: 'viewer',
      scope: { organization: south },
    })
    const below = await northerner.ask('POST', 'assignments', {
      principal,
      role: 'viewer',
      scope: { kind: 'team', id: crew.id },
    })
    expect(below.status).toBe(201)
    expect(await outcome(northerner.ask('GET', `assignments?scopeKind=team&scopeId=${crew.id}`))).toBe(200)
    for (const [method, path, body] of [
      ['POST', 'assignments', { principal, role: 'viewer' }],
      ['POST', 'assignments', { principal, role: 'viewer', scope: { kind: 'tenant' } }],
      ['POST', 'assignments', { principal, role: 'viewer', scope: { kind: 'organization', id: south.id } }],
      ['GET', 'assignments', undefined],
      ['GET', `assignments?principalKind=user&principalId=${principal.id}`, undefined],
      ['GET', `assignments?scopeKind=organization&scopeId=${south.id}`, undefined],
      ['GET', `assignments/${above.id}`, undefined],
      ['DELETE', `assignments/${above.id}`, undefined],
      ['DELETE', `assignments/${beside.id}`, undefined],
    ] as const) {
      expect([path, await outcome(northerner.ask(method, path, body))]).toEqual([path, '403 FORBIDDEN'])
    }
    expect(await outcome(northerner.ask('DELETE', `assignments/${below.assignment.id}`))).toBe(204)
    expect((await acme.assignments.get(beside)).id).toBe(beside.id)
  })

  it('give nobody more than who gives them holds there, and take nothing that they do not hold', async () => {
    const principal = await someone()
    const scope = inNorth()
    expect(await outcome(northerner.ask('POST', 'assignments', { principal, role: 'owner', scope }))).toBe(
      '403 GRANT_REFUSED',
    )
    const permissions = [{ resource: 'assignment', actions: ['read', 'write'] }]
    await house.acme.roles.create({ key: 'clerk', permissions })
    const clerk = await house.person(house.acme, { role: 'clerk' })
    const self = { kind: 'user', id: clerk.user.id }
    const refused = await clerk.ask('POST', 'assignments', { principal: self, role: 'viewer' })
    expect([refused.status, refused.code, refused.missing]).toEqual([
      403,
      'GRANT_REFUSED',
      ['note:read', 'invoice:read'],
    ])
    const [held] = (await house.acme.assignments.list({ principal: owner.user, role: 'owner' })).items
    expect(await outcome(clerk.ask('DELETE', `assignments/${held!.id}`))).toBe('403 GRANT_REFUSED')
    expect(await outcome(owner.ask('DELETE', `assignments/${held!.id}`))).toBe('409 LAST_OWNER')
  })

  it('are shared on one registered resource by who holds it there', async () => {
    const note = await house.acme.resources.register({ type: 'note', externalId: 'n/1', in: { organization: south } })
    const permissions = [
      { resource: 'note', actions: ['read'] },
      { resource: 'assignment', actions: ['read', 'write'] },
    ]
    await house.acme.roles.create({ key: 'author', permissions })
    await house.acme.roles.create({ key: 'peruser', permissions: permissions.slice(0, 1) })
    const author = await house.person(house.acme, { role: 'author', scope: { resource: note.id } })
    const friend = await house.person(house.acme)
    const give = { principal: { kind: 'user', id: friend.user.id }, role: 'peruser' }
    const scope = { kind: 'resource', type: 'note', externalId: 'n/1' }
    const made = await author.ask('POST', 'assignments', { ...give, scope })
    expect([made.status, made.assignment.scope]).toEqual([201, { kind: 'resource', id: note.id }])
    const asked = 'access/check?permission=note:read&resourceType=note&resourceId='
    expect((await friend.ask('GET', `${asked}n%2F1`)).allowed).toBe(true)
    expect((await friend.ask('GET', `${asked}n%2F2`)).allowed).toBe(false)
    const listed = await author.ask('GET', `assignments?scopeKind=resource&scopeId=${note.id}`)
    expect(listed.items).toHaveLength(2)
    const path = `assignments/${made.assignment.id}`
    expect((await author.ask('GET', path)).assignment).toEqual(made.assignment)
    expect(await outcome(author.ask('POST', 'assignments', give))).toBe('403 FORBIDDEN')
    expect(await outcome(friend.ask('DELETE', path))).toBe('403 FORBIDDEN')
    expect(await outcome(author.ask('DELETE', path))).toBe(204)
  })

  it('that were given to oneself are told to everybody', async () => {
    const member = await house.person(house.acme, { role: 'viewer', scope: { organization: south } })
    const { items } = await member.ask('GET', 'me/assignments')
    expect(items).toMatchObject([{ scope: { kind: 'organization', id: south.id } }])
    expect(await outcome(member.ask('GET', 'assignments'))).toBe('403 FORBIDDEN')
  })

  it('A09: ids of another tenant and of nobody are answered alike', async () => {
    const foreign = await house.globex.organizations.create({ key: 'abroad', name: 'Abroad' })
    const spy = await house.person(house.globex, { role: 'viewer', scope: { organization: foreign } })
    const [theirs] = (await house.globex.assignments.list({ principal: spy.user })).items
    for (const id of [theirs!.id, NOBODY]) {
      for (const method of ['GET', 'DELETE']) {
        expect(await outcome(owner.ask(method, `assignments/${id}`))).toBe('404 ASSIGNMENT_UNKNOWN')
        expect(await outcome(northerner.ask(method, `assignments/${id}`))).toBe('403 FORBIDDEN')
      }
    }
    const principal = await someone()
    for (const [kind, code] of [
      ['organization', 'ORGANIZATION_UNKNOWN'],
      ['team', 'TEAM_UNKNOWN'],
      ['project', 'PROJECT_UNKNOWN'],
      ['resource', 'RESOURCE_UNKNOWN'],
    ]) {
      for (const id of kind === 'organization' ? [foreign.id, NOBODY] : [NOBODY]) {
        const give = { principal, role: 'viewer', scope: { kind, id } }
        expect(await outcome(owner.ask('POST', 'assignments', give))).toBe(`404 ${code}`)
        expect(await outcome(northerner.ask('POST', 'assignments', give))).toBe('403 FORBIDDEN')
        const query = `assignments?scopeKind=${kind}&scopeId=${id}`
        expect(await outcome(owner.ask('GET', query))).toBe(`404 ${code}`)
        expect(await outcome(northerner.ask('GET', query))).toBe('403 FORBIDDEN')
      }
    }
    const give = { principal: { kind: 'user', id: spy.user.id }, role: 'viewer' }
    expect(await outcome(owner.ask('POST', 'assignments', give))).toBe('404 PRINCIPAL_UNKNOWN')
    expect((await house.globex.assignments.list({ principal: spy.user })).items).toEqual([theirs])
  })
})
