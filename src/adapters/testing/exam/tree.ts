// The tree below an organization, and what loadAccess tells of it: teams and their members, projects, resources, what is
// given to teams and to everyone, policies, and permissions that the tenant added.

import { strictEqual } from 'node:assert/strict'
import type { NewRow, Row } from '../../../core/storage/tables.ts'
import type { AccessQuestion } from '../../../core/storage/verbs.ts'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

export const tree = examine('tree', [
  {
    name: 'loadAccess tells the tree, what teams and everyone hold, policies and added permissions with the tenant’s version',
    async ask(room) {
      const { records, verbs } = room.scope
      const { id: organization } = await organizationOf(room, 'o')
      const above = await teamOf(room, organization, 'above')
      const below = await teamOf(room, organization, 'below', above.id)
      const [project] = await records.insert('projects', [
        { id: room.id(), organization_id: organization, team_id: below.id, key: 'p', name: 'P' },
      ])
      const note = await resourceOf(room, 'n1', { project_id: project!.id })
      const { id: role } = await roleOf(room, 'r')
      const given = await records.insert('role_assignments', [
        { id: room.id(), team_id: above.id, role_id: role, scope_team_id: below.id, flow: 'self' },
        { id: room.id(), everyone: true, role_id: role, resource_id: note.id, expires_at: new Date(0) },
      ])
      const document = { effect: 'allow', actions: ['note:read'] }
      const [policy] = await records.insert('policies', [{ id: room.id(), key: 'on', document, version: 3 }])
      await records.insert('policies', [{ id: room.id(), key: 'off', document, enabled: false }])
      await records.insert('custom_permissions', [{ resource: 'note', action: 'stamp', description: 'what' }])
      const { tenant, assignments, memberships, resources } = await verbs.loadAccess(of(room.id()))
      same([assignments, memberships, resources], [[], [], []])
      same(tenant, {
        roles: await records.find('roles', { limit: 10 }),
        organizations: [organization],
        teams: [above, below].map(({ id, organization_id, parent_team_id }) => ({
          id,
          organization_id,
          parent_team_id,
        })),
        projects: [{ id: project!.id, organization_id: organization, team_id: below.id }],
        assignments: given,
        resources: [{ id: note.id, type: 'note', external_id: 'n1' }],
        policies: [{ id: policy!.id, key: 'on', version: 3, document }],
        customPermissions: [{ resource: 'note', action: 'stamp' }],
      })
      same((await verbs.loadAccess({ ...of(room.id()), knownVersion: 0 })).tenant, null)
      same((await (await room.stranger()).verbs.loadAccess(of(room.id()))).tenant, {
        ...{ roles: [], organizations: [], teams: [], projects: [], assignments: [] },
        ...{ resources: [], policies: [], customPermissions: [] },
      })
    },
  },
  {
    name: 'loadAccess tells a principal’s own memberships, and the resources of its own assignments',
    async ask(room) {
      const { records, verbs } = room.scope
      const { id: organization } = await organizationOf(room, 'o')
      const team = await teamOf(room, organization, 't')
      const [user, other] = [await room.user(), await room.user()]
      const [account] = await records.insert('service_accounts', [{ id: room.id(), name: 'robot' }])
      const { id: role } = await roleOf(room, 'r')
      const permissions = [{ resource: 'note', actions: ['read'], conditions: { a: 1 } }]
      const [mine] = await records.insert('team_members', [
        { id: room.id(), team_id: team.id, user_id: user.id, role_id: role, permissions },
      ])
      const [robots] = await records.insert('team_members', [
        { id: room.id(), team_id: team.id, service_account_id: account!.id },
      ])
      const [note, foreign] = [await resourceOf(room, 'n1'), await resourceOf(room, 'n2')]
      await records.insert('role_assignments', [
        { id: room.id(), user_id: user.id, role_id: role, resource_id: note.id },
        { id: room.id(), user_id: other.id, role_id: role, resource_id: foreign.id },
      ])
      const known = await verbs.loadAccess({ ...of(user.id), knownVersion: 0 })
      same(known.memberships, [{ id: mine!.id, team_id: team.id, role_id: role, permissions }])
      same(known.resources, [{ id: note.id, type: 'note', external_id: 'n1' }])
      const machine = await verbs.loadAccess(of(account!.id, 'service_account'))
      same(machine.memberships, [{ id: robots!.id, team_id: team.id, role_id: null, permissions: [] }])
      same(machine.resources, [])
      same((await (await room.stranger()).verbs.loadAccess(of(user.id))).memberships, [])
    },
  },
  {
    name: 'a team’s parent, and a project’s team, are of the same organization',
    async ask(room) {
      const { records } = room.scope
      const [here, there] = [await organizationOf(room, 'here'), await organizationOf(room, 'there')]
      const [root, stranger] = [await teamOf(room, here.id, 'root'), await teamOf(room, there.id, 'stranger')]
      const child = await teamOf(room, here.id, 'child', root.id)
      await refused(teamOf(room, here.id, 'lost', stranger.id), 'REFERENCE_MISSING')
      const move = (id: string, change: { parent_team_id?: string | null; organization_id?: string }) =>
        records.update('teams', { id }, change)
      await refused(move(child.id, { parent_team_id: stranger.id }), 'REFERENCE_MISSING')
      await refused(move(root.id, { organization_id: there.id }), 'REFERENCE_MISSING')
      await refused(move(child.id, { parent_team_id: child.id }), 'ROW_REFUSED')
      const project = (values: Partial<Row<'projects'>>) =>
        records.insert('projects', [{ id: room.id(), organization_id: here.id, key: 'p', name: 'P', ...values }])
      await refused(project({ team_id: stranger.id }), 'REFERENCE_MISSING')
      await project({ team_id: child.id })
      await refused(project({}), 'DUPLICATE')
      await refused(teamOf(room, here.id, 'child'), 'DUPLICATE')
      await teamOf(room, there.id, 'child')
      // a team that others are in, or a project is of, stays
      await refused(records.remove('teams', { id: root.id }), 'REFERENCE_MISSING')
      await refused(records.remove('teams', { id: child.id }), 'REFERENCE_MISSING')
      strictEqual((await move(child.id, { parent_team_id: null }))[0]?.parent_team_id, null)
      strictEqual(await records.remove('teams', { id: root.id }), 1)
    },
  },
  {
    name: 'a team moves with all that is below it, in one statement, and never below itself',
    async ask(room) {
      const { records, verbs } = room.scope
      const [here, there] = [await organizationOf(room, 'here'), await organizationOf(room, 'there')]
      const stranger = await teamOf(room, there.id, 'stranger')
      const [a, b] = [await teamOf(room, here.id, 'a'), await teamOf(room, here.id, 'b')]
      const below = await teamOf(room, here.id, 'below', a.id)
      let deep = below
      for (let i = 0; i < 30; i++) deep = await teamOf(room, here.id, `deep-${i}`, deep.id)
      for (const parent of [a.id, below.id, deep.id]) strictEqual(await verbs.moveTeam(a.id, parent), undefined)
      const moved = await verbs.moveTeam(a.id, b.id)
      same(moved, { ...a, parent_team_id: b.id, updated_at: moved!.updated_at })
      same(await records.get('teams', { id: a.id }), moved)
      strictEqual(await verbs.moveTeam(b.id, deep.id), undefined)
      strictEqual((await verbs.moveTeam(a.id, null))?.parent_team_id, null)
      strictEqual(await verbs.moveTeam(room.id(), null), undefined)
      await refused(verbs.moveTeam(a.id, stranger.id), 'REFERENCE_MISSING')
      await refused(verbs.moveTeam(a.id, room.id()), 'REFERENCE_MISSING')
      strictEqual(await (await room.stranger()).verbs.moveTeam(a.id, b.id), undefined)
      strictEqual((await records.get('teams', { id: a.id }))?.parent_team_id, null)
    },
    async race(room) {
      const { id: organization } = await organizationOf(room, 'raced')
      const teams = await Promise.all(Array.from({ length: 5 }, (_, i) => teamOf(room, organization, `raced-${i}`)))
      // each under the next: one of them would close the ring
      const move = (i: number) =>
        room.scope.transaction(async ({ verbs }) => {
          await verbs.lockAccess()
          return verbs.moveTeam(teams[i]!.id, teams[(i + 1) % teams.length]!.id)
        })
      const moved = await Promise.all(teams.map((_, i) => move(i)))
      strictEqual(moved.filter((row) => row === undefined).length, 1)
    },
  },
  {
    name: 'with an organization goes all that is below it, and what was held there',
    async ask(room) {
      const { records } = room.scope
      const { id: organization } = await organizationOf(room, 'o')
      const root = await teamOf(room, organization, 'root')
      const child = await teamOf(room, organization, 'child', root.id)
      const { id } = await room.user()
      const { id: role } = await roleOf(room, 'r')
      await records.insert('team_members', [{ id: room.id(), team_id: child.id, user_id: id, role_id: role }])
      const [project] = await records.insert('projects', [
        { id: room.id(), organization_id: organization, team_id: child.id, key: 'p', name: 'P' },
      ])
      const note = await resourceOf(room, 'n1', { project_id: project!.id })
      const at = (values: Partial<Row<'role_assignments'>>): NewRow<'role_assignments'> => ({
        id: room.id(),
        role_id: role,
        ...values,
      })
      await records.insert('role_assignments', [
        at({ user_id: id }),
        at({ user_id: id, scope_team_id: root.id }),
        at({ user_id: id, project_id: project!.id }),
        at({ user_id: id, resource_id: note.id }),
        at({ team_id: child.id }),
        at({ everyone: true, organization_id: organization }),
      ])
      await records.insert('invitations', [
        { ...invitation(room), team_id: root.id },
        { ...invitation(room), organization_id: organization },
      ])
      strictEqual(await records.remove('organizations', { id: organization }), 1)
      for (const table of ['teams', 'team_members', 'projects', 'resources', 'invitations'] as const) {
        strictEqual(await records.count(table), 0, table)
      }
      strictEqual(await records.count('role_assignments'), 1)
    },
  },
  {
    name: 'an assignment has one holder and one place, and is there once; so is a member',
    async ask(room) {
      const { records } = room.scope
      const { id: organization } = await organizationOf(room, 'o')
      const team = await teamOf(room, organization, 't')
      const { id } = await room.user()
      const { id: role } = await roleOf(room, 'r')
      const put = (values: Partial<Row<'role_assignments'>>) =>
        records.insert('role_assignments', [{ id: room.id(), role_id: role, ...values }])
      await refused(put({}), 'ROW_REFUSED')
      await refused(put({ everyone: true, team_id: team.id }), 'ROW_REFUSED')
      await refused(put({ user_id: id, team_id: team.id }), 'ROW_REFUSED')
      await refused(put({ user_id: id, organization_id: organization, scope_team_id: team.id }), 'ROW_REFUSED')
      await refused(put({ user_id: id, flow: 'up' as 'self' }), 'ROW_REFUSED')
      for (const values of [{ everyone: true }, { team_id: team.id }, { team_id: team.id, scope_team_id: team.id }]) {
        await put(values)
        await refused(put({ ...values, flow: 'self' }), 'DUPLICATE')
      }
      const member = () => records.insert('team_members', [{ id: room.id(), team_id: team.id, user_id: id }])
      await member()
      await refused(member(), 'DUPLICATE')
      await refused(records.insert('team_members', [{ id: room.id(), team_id: team.id }]), 'ROW_REFUSED')
    },
  },
  {
    name: 'one invitation to an address and a place is pending; those that ended are kept',
    async ask(room) {
      const { records } = room.scope
      const { id: organization } = await organizationOf(room, 'o')
      const invite = (values: Partial<Row<'invitations'>>) =>
        records.insert('invitations', [{ ...invitation(room), email_norm: 'nia@exam.test', ...values }])
      const [first] = await invite({})
      await refused(invite({}), 'DUPLICATE')
      await invite({ organization_id: organization })
      await records.update('invitations', { id: first!.id }, { status: 'declined' })
      await invite({})
      await invite({ status: 'revoked' })
      await refused(records.update('invitations', { id: first!.id }, { status: 'pending' }), 'DUPLICATE')
      await refused(records.update('invitations', { id: first!.id }, { status: 'lost' as 'pending' }), 'ROW_REFUSED')
    },
  },
])

function of(id: string, kind: 'user' | 'service_account' = 'user'): AccessQuestion {
  return { principal: { kind, id }, knownVersion: null }
}

async function organizationOf(room: Room, key: string): Promise<Row<'organizations'>> {
  const [row] = await room.scope.records.insert('organizations', [{ id: room.id(), key, name: key }])
  return row!
}

async function teamOf(room: Room, organization: string, key: string, parent?: string): Promise<Row<'teams'>> {
  const row = { id: room.id(), organization_id: organization, parent_team_id: parent ?? null, key, name: key }
  const [team] = await room.scope.records.insert('teams', [row])
  return team!
}

async function roleOf(room: Room, key: string): Promise<Row<'roles'>> {
  const [row] = await room.scope.records.insert('roles', [{ id: room.id(), key, name: key }])
  return row!
}

async function resourceOf(room: Room, name: string, values: Partial<Row<'resources'>> = {}): Promise<Row<'resources'>> {
  const row = { id: room.id(), type: 'note', external_id: name, ...values }
  const [resource] = await room.scope.records.insert('resources', [row])
  return resource!
}

function invitation(room: Room): NewRow<'invitations'> {
  const id = room.id()
  const hash = Buffer.from(id.replaceAll('-', '').repeat(2), 'hex')
  return { id, email: `${id}@exam.test`, email_norm: `${id}@exam.test`, token_hash: hash, expires_at: new Date() }
}
