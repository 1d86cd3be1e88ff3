// Many assignments and deep teams: each is read once, and a check looks at few of them.

import { describe, expect, it } from 'vitest'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { HeldAccess } from '../../src/core/access/principal-access.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { type BookSource, createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { OrganizationId, ProjectId, TeamId } from '../../src/core/kernel/ids.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import { assignmentRow } from './rows.ts'

const permissions = definePermissions({ note: ['read', 'write', 'sign'] })
const TENANT = '00000000-0000-7000-8000-000000000001'

const role = (id: string, action: string, effect?: 'deny') => ({
  ...{ id, key: id, parent_role_id: null, system: false },
  permissions: [{ resource: 'note', actions: [action], ...(effect ? { effect } : {}) }],
})

function accessOf(tenant: Partial<BookSource>, own: Partial<AccessLoad>) {
  const nothing = { assignments: [], resources: [], organizations: [], teams: [], projects: [], policies: [] }
  const roles = [role('reader', 'read'), role('writer', 'write'), role('silent', 'write', 'deny')]
  const versions = { version: 1, writes: 1 }
  const book = createTenantBook({ ...nothing, ...versions, customPermissions: [], roles, ...tenant }, permissions)
  const found = { version: 1, active: true, attributes: {} }
  const load = { ...versions, assignments: [], memberships: [], resources: [], ...own }
  const principal = new KnownPrincipal({ kind: 'user', id: 'u' }, load, found, book, 0)
  return new HeldAccess<(typeof permissions.names)[number]>(principal, TENANT, () => 0)
}

const given = (id: string, roleId: string, at: Partial<ReturnType<typeof assignmentRow>> = {}) =>
  assignmentRow({ id, role_id: roleId, user_id: 'u', ...at })

describe('resources', () => {
  const COUNT = 3000
  const resources = Array.from({ length: COUNT }, (_, n) => ({ id: `id-${n}`, type: 'note', external_id: `note-${n}` }))
  const assignments = resources.map(({ id }, n) => given(`assignment-${n}`, 'reader', { resource_id: id }))

  /** How often an element is read. */
  function watched<Item>(items: readonly Item[]) {
    const seen = { reads: 0 }
    const list = new Proxy(items, {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) seen.reads++
        return Reflect.get(target, name, receiver)
      },
    })
    return { list, seen }
  }

  it('are looked through once for all assignments of a principal', () => {
    const { list, seen } = watched(resources)
    const access = accessOf({}, { assignments, resources: list })
    expect(access.can('note:read', { on: { type: 'note', id: `note-${COUNT - 1}` } })).toBe(true)
    expect(access.can('note:read', { on: { type: 'note', id: `note-${COUNT}` } })).toBe(false)
    expect(seen.reads).toBeLessThanOrEqual(2 * COUNT)
  })

  it('are looked through once for all assignments of all teams', () => {
    const { list, seen } = watched(resources)
    const teams = resources.map((_, n) => ({ id: `team-${n}`, organization_id: 'o', parent_team_id: null }))
    const ofTeams = resources.map(({ id }, n) =>
      assignmentRow({ id: `assignment-${n}`, role_id: 'reader', team_id: `team-${n}`, resource_id: id }),
    )
    const tenant = { organizations: ['o'], teams, assignments: ofTeams, resources: list }
    const membership = { id: 'm', team_id: 'team-7', role_id: null, permissions: [] }
    const access = accessOf(tenant, { memberships: [membership] })
    expect(access.can('note:read', { on: { type: 'note', id: 'note-7' } })).toBe(true)
    expect(access.can('note:read', { on: { type: 'note', id: 'note-8' } })).toBe(false)
    expect(seen.reads).toBeLessThanOrEqual(2 * COUNT)
  })
})

describe('teams 1,000 deep', () => {
  const DEEP = 1000
  const teams = Array.from({ length: DEEP }, (_, n) => ({
    ...{ id: `team-${n}`, organization_id: 'o' },
    parent_team_id: n === 0 ? null : `team-${n - 1}`,
  }))
  const projects = [{ id: 'deepest', organization_id: 'o', team_id: `team-${DEEP - 1}` }]
  const tree = { organizations: ['o', 'p'], teams, projects }
  const team = (n: number) => ({ team: `team-${n}` as TeamId })
  const project = { project: 'deepest' as ProjectId }

  it('give the last what is held at the first, and what a team in between is denied is denied below it', () => {
    const access = accessOf(tree, {
      assignments: [
        given('a', 'reader', { scope_team_id: 'team-0' }),
        given('b', 'writer', { organization_id: 'o' }),
        given('c', 'silent', { scope_team_id: 'team-500' }),
      ],
    })
    expect(access.can('note:read', project)).toBe(true)
    expect(access.can('note:read', { organization: 'o' as OrganizationId })).toBe(false)
    expect([499, 500, 999].map((n) => access.can('note:write', team(n)))).toEqual([true, false, false])
    expect(access.can('note:write', project)).toBe(false)
    const { by } = access.explain('note:read', project)
    expect(by?.path).toHaveLength(DEEP + 1)
  })

  it('give whoever is in the last what each above it holds', () => {
    const assignments = teams.map(({ id }, n) =>
      assignmentRow({ id: `a-${n}`, role_id: n === 0 ? 'reader' : 'writer', team_id: id, scope_team_id: id }),
    )
    const membership = { id: 'm', team_id: `team-${DEEP - 1}`, role_id: null, permissions: [] }
    const access = accessOf({ ...tree, assignments }, { memberships: [membership] })
    expect(teams.every((_, n) => access.can('note:read', team(n)))).toBe(true)
    expect(access.can('note:write', team(0))).toBe(false)
    expect(access.can('note:write', project)).toBe(true)
    expect(access.can('note:read')).toBe(false)
  })
})

describe('100,000 assignments', () => {
  it('of one principal answer half a million checks, which would take minutes if each looked at all of them', () => {
    const HALF = 50_000
    const organizations = Array.from({ length: HALF + 1 }, (_, n) => `o-${n}`)
    const resources = Array.from({ length: HALF }, (_, n) => ({ id: `r-${n}`, type: 'note', external_id: `note-${n}` }))
    const inPlaces = organizations.slice(0, HALF).map((id, n) => given(`p-${n}`, 'reader', { organization_id: id }))
    const onThings = resources.map(({ id }, n) => given(`t-${n}`, 'writer', { resource_id: id }))
    const access = accessOf({ organizations }, { assignments: [...inPlaces, ...onThings], resources })
    let allowed = 0
    for (let i = 0; i < 250_000; i++) {
      const organization = organizations[(i * 7919) % organizations.length]! as OrganizationId
      if (access.can('note:read', { organization })) allowed++
      const id = `note-${(i * 7919) % (2 * HALF)}`
      if (access.can('note:write', { organization, on: { type: 'note', id } })) allowed++
    }
    // all places but one, and half of the things
    const places = Array.from({ length: 250_000 }, (_, i) => (i * 7919) % organizations.length !== HALF)
    const things = Array.from({ length: 250_000 }, (_, i) => (i * 7919) % (2 * HALF) < HALF)
    expect(allowed).toBe(places.filter(Boolean).length + things.filter(Boolean).length)
    expect(access.can('note:read', { organization: `o-${HALF}` as OrganizationId })).toBe(false)
    expect(access.can('note:sign', { organization: 'o-1' as OrganizationId })).toBe(false)
  }, 60_000)
})
