// The methods of the tree of a tenant: organizations, teams and their members, projects, resources; see instance.ts.

import type { Project, Resource, Team, TenantHandle, TenantServices, User } from '../../../src/index.ts'
import { name, organization, type Table, user, type World } from './parts.ts'

const team = async (world: World, handle: TenantHandle) =>
  handle.teams.create({ organization: await organization(world, handle), key: name('team') })
const project = async (world: World, handle: TenantHandle) =>
  handle.projects.create({ organization: await organization(world, handle), key: name('project') })
const resource = (_: World, { resources }: TenantHandle) =>
  resources.register({ type: 'note', externalId: name('note') })
const manned = async (world: World, handle: TenantHandle) => {
  const one = await user(world, handle)
  const to = await team(world, handle)
  await handle.teams.members.add(to, { principal: one, role: 'viewer' })
  return { one, to }
}
interface Manned {
  readonly one: User
  readonly to: Team
}

export const tree: Table<TenantServices> = {
  'organizations.create': {
    writes: 'organization.created',
    act: ({ organizations }) => organizations.create({ key: name('org'), name: 'Org' }),
  },
  'organizations.get': 'reads',
  'organizations.list': 'reads',
  'organizations.update': {
    writes: 'organization.updated',
    given: organization,
    act: ({ organizations }, { id }: { id: string }) => organizations.update(id, { name: 'Renamed' }),
    again: 'nothing',
  },
  'organizations.remove': {
    writes: 'organization.removed',
    given: organization,
    act: ({ organizations }, { id }: { id: string }) => organizations.remove(id),
  },
  'teams.create': {
    writes: 'team.created',
    given: organization,
    act: ({ teams }, one: Awaited<ReturnType<typeof organization>>) =>
      teams.create({ organization: one, key: name('team') }),
  },
  'teams.get': 'reads',
  'teams.list': 'reads',
  'teams.update': {
    writes: 'team.updated',
    given: team,
    act: ({ teams }, one: Team) => teams.update(one, { name: 'Renamed', description: 'what' }),
    again: 'nothing',
  },
  'teams.move': {
    writes: 'team.moved',
    given: async (world, handle) => {
      const above = await team(world, handle)
      const one = await handle.teams.create({ organization: above.organizationId, key: name('team') })
      return { one, above }
    },
    act: ({ teams }, { one, above }: { one: Team; above: Team }) => teams.move(one, { parent: above }),
    again: 'nothing',
  },
  'teams.remove': {
    writes: 'team.removed',
    given: manned,
    act: ({ teams }, { to }: Manned) => teams.remove(to, { contents: 'remove' }),
  },
  'teams.members.add': {
    writes: 'team.member_added',
    given: async (world, handle) => ({ one: await user(world, handle), to: await team(world, handle) }),
    act: ({ teams }, { one, to }: Manned) => teams.members.add(to, { principal: one, role: 'member' }),
  },
  'teams.members.get': 'reads',
  'teams.members.list': 'reads',
  'teams.members.update': {
    writes: 'team.member_updated',
    given: manned,
    act: ({ teams }, { one, to }: Manned) => teams.members.update(to, one, { role: 'member' }),
    again: 'nothing',
  },
  'teams.members.remove': {
    writes: 'team.member_removed',
    given: manned,
    act: ({ teams }, { one, to }: Manned) => teams.members.remove(to, one),
    again: 'nothing',
  },
  'projects.create': {
    writes: 'project.created',
    given: organization,
    act: ({ projects }, one: Awaited<ReturnType<typeof organization>>) =>
      projects.create({ organization: one, key: name('project') }),
  },
  'projects.get': 'reads',
  'projects.list': 'reads',
  'projects.update': {
    writes: 'project.updated',
    given: project,
    act: ({ projects }, one: Project) => projects.update(one, { name: 'Renamed', description: 'what' }),
    again: 'nothing',
  },
  'projects.remove': {
    writes: 'project.removed',
    given: project,
    act: ({ projects }, one: Project) => projects.remove(one),
  },
  'resources.register': {
    writes: 'resource.registered',
    act: ({ resources }) => resources.register({ type: 'note', externalId: name('note') }),
  },
  'resources.get': 'reads',
  'resources.list': 'reads',
  'resources.update': {
    writes: 'resource.updated',
    given: resource,
    act: ({ resources }, one: Resource) => resources.update(one, { name: 'Renamed' }),
    again: 'nothing',
  },
  'resources.remove': {
    writes: 'resource.removed',
    given: resource,
    act: ({ resources }, one: Resource) => resources.remove(one),
  },
}
