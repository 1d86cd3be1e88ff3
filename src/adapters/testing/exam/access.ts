// loadAccess, lockAccess and moveAccess: what a principal holds, as of one moment, and the lock that its writers take.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Row } from '../../../core/storage/tables.ts'
import type { AccessQuestion } from '../../../core/storage/verbs.ts'
import { isKind, same } from '../answers.ts'
import { examine } from '../question.ts'
import { type Room, rotation as step } from '../room.ts'

export const access = examine('access', [
  {
    name: 'loadAccess answers roles, organizations, the principal and what it holds, as the rows are',
    async ask(room) {
      const { records, verbs } = room.scope
      const user = await room.user({ password_hash: '$secret$', metadata: { region: 'mx', n: 1.5 } })
      const account = await serviceAccount(room)
      const organization = await anOrganization(room)
      const parent = await role(room, 'parent', {
        permissions: [{ resource: 'note', actions: ['read'], effect: 'deny' }],
      })
      const child = await role(room, 'child', { parent_role_id: parent.id, description: 'all “of” it' })
      const soon = new Date(Date.UTC(2030, 0, 2, 3, 4, 5, 678))
      const held = await records.insert('role_assignments', [
        { id: room.id(), user_id: user.id, role_id: child.id, starts_at: new Date(0), expires_at: soon },
        { id: room.id(), user_id: user.id, role_id: child.id, organization_id: organization.id, reason: 'why' },
      ])
      await records.insert('role_assignments', [{ id: room.id(), service_account_id: account.id, role_id: parent.id }])
      const { password_hash, ...open } = user
      same(await verbs.loadAccess(of(user.id)), {
        version: 0,
        writes: 0,
        tenant: {
          roles: [parent, child],
          organizations: [organization.id],
          teams: [],
          projects: [],
          assignments: [],
          resources: [],
          policies: [],
          customPermissions: [],
        },
        principal: { version: 1, active: true, attributes: open },
        assignments: held,
        memberships: [],
        resources: [],
      })
      const machine = await verbs.loadAccess({ ...of(account.id, 'service_account'), knownVersion: 0 })
      same(machine.principal, { version: 1, active: true, attributes: account })
      deepStrictEqual(
        machine.assignments.map(({ role_id }) => role_id),
        [parent.id],
      )
    },
  },
  {
    name: 'roles come when their version is another than the caller’s',
    async ask(room) {
      const { verbs } = room.scope
      const { id } = await room.user()
      const [first] = [await role(room, 'first')]
      const ask = (knownVersion: number | null) => verbs.loadAccess({ ...of(id), knownVersion })
      same((await ask(null)).tenant?.roles, [first])
      const known = await ask(0)
      same([known.version, known.tenant], [0, null])
      strictEqual(await verbs.moveAccess(), 1)
      strictEqual(await verbs.moveAccess(), 2)
      same([(await ask(2)).tenant, (await ask(2)).version], [null, 2])
      for (const other of [0, 1, 3]) same((await ask(other)).tenant?.roles, [first], `known: ${other}`)
    },
  },
  {
    name: 'nobody is who is unknown, of another kind, or of another tenant; who is not active says so',
    async ask(room) {
      const { records, verbs } = room.scope
      const { id } = await room.user()
      const { id: roleId } = await role(room, 'r')
      await records.insert('role_assignments', [{ id: room.id(), user_id: id, role_id: roleId }])
      const nobody = { principal: null, assignments: [] }
      const who = async (question: AccessQuestion, scope = room.scope) => {
        const { principal, assignments } = await scope.verbs.loadAccess(question)
        return { principal, assignments }
      }
      same(await who(of(room.id())), nobody)
      same(await who(of(id, 'service_account')), nobody)
      const stranger = await room.stranger()
      same(await who(of(id), stranger), nobody)
      same((await stranger.verbs.loadAccess(of(id))).tenant?.roles, [])
      await records.update('users', { id }, { status: 'disabled', access_version: { add: 3 } })
      const { principal } = await verbs.loadAccess(of(id))
      same([principal?.active, principal?.version], [false, 4])
      const { id: account } = await serviceAccount(room, { status: 'disabled' })
      strictEqual((await verbs.loadAccess(of(account, 'service_account'))).principal?.active, false)
    },
  },
  {
    name: 'a session comes with the version of its tenant',
    async ask(room) {
      const { verbs } = room.scope
      const { id } = await room.session()
      strictEqual((await verbs.lookUpSession(id))?.accessVersion, 0)
      await verbs.moveAccess()
      strictEqual((await verbs.lookUpSession(id))?.accessVersion, 1)
      const rotate = () => verbs.rotateSession(step(id, 0, { eventId: room.id() }))
      strictEqual(isKind(await rotate(), 'rotated').accessVersion, 1)
      await verbs.moveAccess()
      strictEqual(isKind(await rotate(), 'repeated').accessVersion, 2)
      strictEqual((await (await room.stranger()).verbs.loadAccess(of(room.id()))).version, 0)
    },
  },
  {
    name: 'writes are counted beside the version, and by the tenant',
    async ask(room) {
      const { verbs } = room.scope
      const counts = async (scope = room.scope) => {
        const { version, writes } = await scope.verbs.loadAccess(of(room.id()))
        return [version, writes]
      }
      same(await counts(), [0, 0])
      strictEqual(await verbs.lockAccess(), 1)
      strictEqual(await verbs.lockAccess(), 2)
      same(await counts(), [0, 2])
      strictEqual(await verbs.moveAccess(), 1)
      same(await counts(), [1, 2])
      same(await counts(await room.stranger()), [0, 0])
    },
  },
  {
    name: 'lockAccess lets writers in one after the other, and a number that was rolled back is not seen',
    async ask(room) {
      const { verbs } = room.scope
      const lost = room.scope.transaction(async (unit) => {
        strictEqual(await unit.verbs.lockAccess(), 1)
        throw new Error('stop')
      })
      await lost.catch(() => undefined)
      strictEqual(await verbs.lockAccess(), 1)
    },
    async race(room) {
      const most = 5
      // looked at and then written, which is right only when nobody else writes meanwhile
      const add = (i: number) =>
        room.scope.transaction(async ({ records, verbs }) => {
          const version = await verbs.lockAccess()
          const there = await records.count('roles')
          if (there < most) await records.insert('roles', [{ id: room.id(), key: `r${i}`, name: 'Raced' }])
          return version
        })
      const versions = await Promise.all(Array.from({ length: 20 }, (_, i) => add(i)))
      strictEqual(await room.scope.records.count('roles'), most)
      deepStrictEqual(
        versions.toSorted((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => i + 1),
      )
    },
  },
  {
    name: 'what is loaded is of one moment: the roles are those of the version',
    async ask(room) {
      strictEqual((await room.scope.verbs.loadAccess(of(room.id()))).tenant?.roles.length, 0)
    },
    async race(room) {
      const { scope } = room
      const { id } = await room.user()
      let writing = true
      const read = async () => {
        while (writing) {
          const { version, tenant } = await scope.verbs.loadAccess(of(id))
          same([tenant?.roles.length, tenant?.organizations.length], [version, version])
        }
      }
      const write = async () => {
        for (let i = 0; i < 15; i++) {
          await scope.transaction(async ({ records, verbs }) => {
            await records.insert('organizations', [{ id: room.id(), key: `o${i}`, name: 'Raced' }])
            await verbs.moveAccess()
            await records.insert('roles', [{ id: room.id(), key: `r${i}`, name: 'Raced' }])
          })
        }
        writing = false
      }
      await Promise.all([read(), read(), write().finally(() => (writing = false))])
      ok((await scope.verbs.loadAccess(of(id))).version === 15)
    },
  },
])

function of(id: string, kind: 'user' | 'service_account' = 'user'): AccessQuestion {
  return { principal: { kind, id }, knownVersion: null }
}

async function role(room: Room, key: string, values: Partial<Row<'roles'>> = {}): Promise<Row<'roles'>> {
  const [row] = await room.scope.records.insert('roles', [{ id: room.id(), key, name: key, ...values }])
  return row!
}

async function anOrganization(room: Room): Promise<Row<'organizations'>> {
  const [row] = await room.scope.records.insert('organizations', [{ id: room.id(), key: 'main', name: 'Main' }])
  return row!
}

async function serviceAccount(
  room: Room,
  values: Partial<Row<'service_accounts'>> = {},
): Promise<Row<'service_accounts'>> {
  const id = room.id()
  const [row] = await room.scope.records.insert('service_accounts', [{ id, name: `robot ${id}`, ...values }])
  return row!
}
