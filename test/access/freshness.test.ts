// How new an answer is: never older than a write of this process, whatever was written.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { CheckOptions } from '../../src/core/access/check-options.ts'
import { customPermission } from '../../src/core/access/permissions.ts'
import type { Organization, Project, Team, User } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { type House, makeHouse, type WatchedStorage, watchLoads } from './house.ts'

let watched: WatchedStorage
let house: House
let ana: User
let organization: Organization
let team: Team
let project: Project

beforeEach(async () => {
  watched = watchLoads(memory())
  house = await makeHouse(watched.storage)
  ana = await house.person()
  organization = await house.acme.organizations.create({ key: 'o', name: 'O' })
  team = await house.acme.teams.create({ organization, key: 'team' })
  project = await house.acme.projects.create({ organization, key: 'project', team })
})

type Write = (acme: House['acme']) => Promise<() => Promise<unknown>>

/** Each gives something, and answers what takes it away again. */
const writes: Readonly<Record<string, { readonly options?: () => CheckOptions; readonly write: Write }>> = {
  'an assignment': {
    async write({ assignments }) {
      const given = await assignments.grant({ principal: ana, role: 'viewer' })
      return () => assignments.revoke(given)
    },
  },
  'a role': {
    async write({ roles, assignments }) {
      await roles.create({ key: 'r' })
      await assignments.grant({ principal: ana, role: 'r' })
      await roles.update('r', { permissions: [{ resource: 'note', actions: ['read'] }] })
      return () => roles.update('r', { permissions: [] })
    },
  },
  'the parent of a role': {
    async write({ roles, assignments }) {
      await roles.create({ key: 'r' })
      await assignments.grant({ principal: ana, role: 'r' })
      await roles.update('r', { parent: 'viewer' })
      return () => roles.update('r', { parent: null })
    },
  },
  'an assignment of everyone': {
    async write({ assignments }) {
      const given = await assignments.grant({ principal: { kind: 'everyone' }, role: 'viewer' })
      return () => assignments.revoke(given)
    },
  },
  'an assignment of a team': {
    async write({ assignments, teams }) {
      await teams.members.add(team, { principal: ana })
      const given = await assignments.grant({ principal: team, role: 'viewer' })
      return () => assignments.revoke(given)
    },
  },
  'a membership': {
    async write({ assignments, teams }) {
      await assignments.grant({ principal: team, role: 'viewer' })
      await teams.members.add(team, { principal: ana })
      return () => teams.members.remove(team, ana)
    },
  },
  'the role of a member': {
    options: () => ({ team }),
    async write({ teams }) {
      await teams.members.add(team, { principal: ana })
      await teams.members.update(team, ana, { role: 'viewer' })
      return () => teams.members.update(team, ana, { role: null })
    },
  },
  'the permissions of a member': {
    options: () => ({ project }),
    async write({ teams }) {
      await teams.members.add(team, { principal: ana, permissions: [{ resource: 'note', actions: ['read'] }] })
      return () => teams.members.update(team, ana, { permissions: [] })
    },
  },
  'the team above a team': {
    async write({ assignments, teams }) {
      const above = await teams.create({ organization, key: 'above' })
      await assignments.grant({ principal: above, role: 'viewer' })
      await teams.members.add(team, { principal: ana })
      await teams.move(team, { parent: above })
      return () => teams.move(team, { parent: null })
    },
  },
  'the team of a project': {
    options: () => ({ project }),
    async write({ assignments, projects, teams }) {
      const other = await teams.create({ organization, key: 'other' })
      await assignments.grant({ principal: ana, role: 'viewer', scope: { team: other } })
      await projects.update(project, { team: other })
      return () => projects.update(project, { team: null })
    },
  },
  'a policy': {
    async write({ policies }) {
      const document = { effect: 'allow', principals: ['*'], actions: ['note:read'], resources: ['*'] } as const
      const policy = await policies.create({ key: 'p', document })
      return () => policies.disable(policy.key)
    },
  },
  'a denial by policy, taken back': {
    async write({ policies, assignments }) {
      await assignments.grant({ principal: ana, role: 'viewer' })
      const document = { effect: 'deny', principals: ['*'], actions: ['note:*'], resources: ['*'] } as const
      const policy = await policies.create({ key: 'p', document })
      expect(await house.acme.access.check(ana, 'note:read')).toBe(false)
      await policies.remove(policy.key)
      return () => policies.create({ key: 'q', document })
    },
  },
  'a resource that is no more, and comes again': {
    options: () => ({ on: { type: 'note', id: 'n1' } }),
    async write({ assignments, resources }) {
      const resource = await resources.register({ type: 'note', externalId: 'n1' })
      await assignments.grant({ principal: ana, role: 'viewer', scope: { resource } })
      return async () => {
        await resources.remove(resource)
        await resources.register({ type: 'note', externalId: 'n1' })
      }
    },
  },
  'who is active': {
    async write({ assignments, users }) {
      await assignments.grant({ principal: ana, role: 'viewer' })
      await users.disable(ana)
      expect(await house.acme.access.check(ana, 'note:read')).toBe(false)
      await users.enable(ana)
      return () => users.disable(ana)
    },
  },
  'what is known of somebody': {
    async write({ assignments, roles, users }) {
      const conditions = { 'principal.clearance': 3 }
      await roles.create({ key: 'r', permissions: [{ resource: 'note', actions: ['read'], conditions }] })
      await assignments.grant({ principal: ana, role: 'r' })
      await users.update(ana, { metadata: { clearance: 3 } })
      return () => users.update(ana, { metadata: { clearance: 2 } })
    },
  },
}

describe('after a write of this process, the next check knows', () => {
  it.each(Object.entries(writes))('%s', async (_, { options, write }) => {
    const { acme } = house
    // asked anew before each step, so that an answer is at hand
    const check = () => acme.access.check(ana, 'note:read', options?.())
    expect(await check()).toBe(false)
    const undo = await write(acme)
    expect(await check()).toBe(true)
    expect((await acme.access.principal(ana)).can('note:read', options?.())).toBe(true)
    const loads = watched.loads.length
    expect(await check()).toBe(true)
    expect(watched.loads.length, 'it was at hand').toBe(loads)
    await undo()
    expect(await check()).toBe(false)
    expect((await acme.access.principal(ana)).can('note:read', options?.())).toBe(false)
  })

  it('a permission that the tenant added', async () => {
    const { access, customPermissions, assignments } = house.acme
    await assignments.grant({ principal: ana, role: 'admin' })
    const name = customPermission('note:print')
    await refused(() => access.check(ana, name), 'PERMISSION_UNKNOWN')
    await customPermissions.create({ resource: 'note', action: 'print' })
    expect(await access.check(ana, name)).toBe(true)
    await customPermissions.remove(name)
    await refused(() => access.check(ana, name), 'PERMISSION_UNKNOWN')
  })

  it('a place that is new, and one that is gone', async () => {
    const { access, assignments, teams } = house.acme
    await assignments.grant({ principal: ana, role: 'viewer' })
    expect(await access.check(ana, 'note:read')).toBe(true)
    const made = await teams.create({ organization, key: 'made' })
    expect(await access.check(ana, 'note:read', { team: made })).toBe(true)
    await teams.remove(made)
    await refused(() => access.check(ana, 'note:read', { team: made }), 'TEAM_UNKNOWN')
  })
})
