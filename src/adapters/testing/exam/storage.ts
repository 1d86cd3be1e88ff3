// The storage as a whole: migrations, findings, and what is left after it was closed.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { refused } from '../answers.ts'
import { examine } from '../question.ts'

export const storage = examine('storage', [
  {
    name: 'it names itself, its traits and the place that tenants share',
    async ask({ storage }) {
      ok(storage.name.length > 0)
      deepStrictEqual(Object.keys(storage.traits).toSorted(), ['concurrentTransactions', 'durable', 'rowLevelSecurity'])
      ok(storage.sharedLocation.database.length > 0)
      ok(storage.sharedLocation.schema.length > 0)
    },
  },
  {
    name: 'nothing is left to migrate, and applying again does nothing',
    async ask({ storage }) {
      deepStrictEqual((await storage.migrations.plan()).pending, [])
      ok((await storage.migrations.status()).every(({ state }) => state === 'done'))
      const events = await storage.migrations.apply()
      const last = events.at(-1)
      ok(last?.kind === 'finished')
      strictEqual(last.applied, 0)
      const seen: string[] = []
      for await (const { kind } of storage.migrations.apply()) seen.push(kind)
      strictEqual(seen.at(-1), 'finished')
    },
  },
  {
    name: 'a look at it finds no way through the wall',
    async ask({ storage }) {
      const findings = await storage.inspect()
      deepStrictEqual(
        findings.filter(({ severity }) => severity === 'refuse'),
        [],
      )
      strictEqual(
        findings.some(({ id }) => id === 'not-durable'),
        !storage.traits.durable,
      )
    },
  },
])

/** Asked last and of a storage of its own, since it ends it. */
export const closing = examine('closing', [
  {
    name: 'a storage that was closed answers CLOSED to everything, and closing again is nothing',
    async ask(room) {
      const { id } = await room.user()
      const stop = await room.storage.subscribe({ onNotice: () => undefined, onGap: () => undefined })
      await stop()
      await stop()
      ok(id)
    },
    async race({ storage, scope, system, tenant, id }) {
      await storage.close()
      await storage.close()
      await refused(scope.records.count('users'), 'CLOSED')
      await refused(scope.verbs.lookUpSession(id()), 'CLOSED')
      await refused(
        scope.transaction(async ({ records }) => records.count('users')),
        'CLOSED',
      )
      await refused(storage.tenant(tenant).records.count('users'), 'CLOSED')
      await refused(system.verbs.findTenant({ id: id() }), 'CLOSED')
      await refused(storage.subscribe({ onNotice: () => undefined, onGap: () => undefined }), 'CLOSED')
    },
  },
])
