// loadPrincipals: people in the order of their ids, with what each has of its own.

import { deepStrictEqual } from 'node:assert/strict'
import type { PrincipalsQuestion } from '../../../core/storage/access-verbs.ts'
import { same } from '../answers.ts'
import { examine } from '../question.ts'

const all = (more: Partial<PrincipalsQuestion> = {}): PrincipalsQuestion => ({
  ...{ kind: 'user', after: null, limit: 10, among: null },
  ...more,
})

export const principals = examine('principals', [
  {
    name: 'loadPrincipals answers who is active, by id, with all that is their own',
    async ask(room) {
      const { records, verbs } = room.scope
      const [ana, bob, gone] = [await room.user({ password_hash: '$secret$' }), await room.user(), await room.user()]
      await records.update('users', { id: gone.id }, { status: 'disabled' })
      const [account] = await records.insert('service_accounts', [{ id: room.id(), name: 'robot' }])
      const [organization] = await records.insert('organizations', [{ id: room.id(), key: 'o', name: 'O' }])
      const [team] = await records.insert('teams', [
        { id: room.id(), organization_id: organization!.id, key: 't', name: 'T' },
      ])
      const [role] = await records.insert('roles', [{ id: room.id(), key: 'r', name: 'R' }])
      const [note] = await records.insert('resources', [{ id: room.id(), type: 'note', external_id: 'n1' }])
      const held = await records.insert('role_assignments', [
        { id: room.id(), user_id: ana.id, role_id: role!.id, expires_at: new Date(0) },
        { id: room.id(), user_id: ana.id, role_id: role!.id, resource_id: note!.id },
      ])
      const [member] = await records.insert('team_members', [{ id: room.id(), team_id: team!.id, user_id: ana.id }])
      const { password_hash, ...open } = ana
      const loaded = await verbs.loadPrincipals(all())
      same(
        loaded.map(({ id }) => id),
        [ana.id, bob.id].sort(),
      )
      same(
        loaded.find(({ id }) => id === ana.id),
        {
          id: ana.id,
          principal: { version: 1, active: true, attributes: open },
          assignments: held,
          memberships: [{ id: member!.id, team_id: team!.id, role_id: null, permissions: [] }],
          resources: [{ id: note!.id, type: 'note', external_id: 'n1' }],
        },
      )
      const machines = await verbs.loadPrincipals(all({ kind: 'service_account' }))
      same(
        machines.map(({ principal }) => principal.attributes),
        [account],
      )
      same(await (await room.stranger()).verbs.loadPrincipals(all()), [])
    },
  },
  {
    name: 'of those with a role, also in a team, in a team, or named, each once; page by page',
    async ask(room) {
      const { records, verbs } = room.scope
      const users = [await room.user(), await room.user(), await room.user(), await room.user()]
      users.sort((a, b) => (a.id < b.id ? -1 : 1))
      const [first, second, third] = users
      const [organization] = await records.insert('organizations', [{ id: room.id(), key: 'o', name: 'O' }])
      const [team, other] = await records.insert('teams', [
        { id: room.id(), organization_id: organization!.id, key: 't', name: 'T' },
        { id: room.id(), organization_id: organization!.id, key: 'u', name: 'U' },
      ])
      const [role] = await records.insert('roles', [{ id: room.id(), key: 'r', name: 'R' }])
      await records.insert('role_assignments', [
        { id: room.id(), user_id: first!.id, role_id: role!.id },
        { id: room.id(), user_id: first!.id, role_id: role!.id, organization_id: organization!.id },
        { id: room.id(), team_id: team!.id, role_id: role!.id },
      ])
      await records.insert('team_members', [
        { id: room.id(), team_id: team!.id, user_id: first!.id },
        { id: room.id(), team_id: team!.id, user_id: second!.id },
        { id: room.id(), team_id: other!.id, user_id: second!.id, role_id: role!.id },
      ])
      const ids = async (more: Partial<PrincipalsQuestion>) =>
        (await verbs.loadPrincipals(all(more))).map(({ id }) => id)
      const nothing = { roles: [], teams: [], ids: [] }
      deepStrictEqual(await ids({ among: nothing }), [])
      deepStrictEqual(await ids({ among: { ...nothing, roles: [role!.id, room.id()] } }), [first!.id, second!.id])
      deepStrictEqual(await ids({ among: { ...nothing, teams: [team!.id] } }), [first!.id, second!.id])
      const some = { roles: [role!.id], teams: [team!.id], ids: [third!.id, second!.id, room.id()] }
      deepStrictEqual(await ids({ among: some }), [first!.id, second!.id, third!.id])
      deepStrictEqual(await ids({ among: some, limit: 2 }), [first!.id, second!.id])
      deepStrictEqual(await ids({ among: some, after: second!.id, limit: 2 }), [third!.id])
      deepStrictEqual(
        await ids({ limit: 3, after: first!.id }),
        users.slice(1).map(({ id }) => id),
      )
      deepStrictEqual(await ids({ kind: 'service_account', among: some }), [])
    },
  },
])
