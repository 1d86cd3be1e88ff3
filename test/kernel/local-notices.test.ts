// What this process hears of its own notices: of what is committed, of what may be, and never of what was taken back.

import { expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { withLocalNotices } from '../../src/core/storage/local-notices.ts'
import { publish, remove } from '../../src/core/storage/steps.ts'
import type { Storage, TenantRef, TenantScope } from '../../src/core/storage/storage.ts'
import { refused } from '../setup/refusal.ts'

const id = '00000000-0000-7000-8000-000000000001'
const notice = { kind: 'access', tenantId: id } as const
const lost = () => new FreeholdError('STORAGE_UNAVAILABLE')

/** Commits, and loses the answer. */
function deaf(storage: Storage<unknown>): Storage<unknown> {
  const silent = (scope: TenantScope): TenantScope => ({
    records: scope.records,
    verbs: scope.verbs,
    read: (work) => scope.read(work),
    async transaction(work) {
      await scope.transaction(work)
      throw lost()
    },
    async atOnce(steps) {
      await scope.atOnce(steps)
      throw lost()
    },
  })
  return { ...storage, system: storage.system, tenant: (ref) => silent(storage.tenant(ref)) }
}

it('what was committed, or may have been, is heard; what was taken back is not', async () => {
  const plain = memory()
  const heard: unknown[] = []
  const ref: TenantRef = { id, location: plain.sharedLocation }
  const [good, bad] = [plain, deaf(plain)].map((storage) =>
    withLocalNotices(storage, (one) => heard.push(one)).tenant(ref),
  ) as [TenantScope, TenantScope]
  const heardOf = async (work: () => Promise<unknown>) => {
    heard.length = 0
    await work()
    return heard.length
  }
  const say = (scope: TenantScope) => scope.transaction((unit) => unit.verbs.publish(notice))
  const steps = () => [remove('roles', { key: 'none' }), publish(notice)]
  expect(await heardOf(() => say(good))).toBe(1)
  expect(await heardOf(() => good.atOnce(steps()))).toBe(1)
  expect(await heardOf(() => refused(() => say(bad), 'STORAGE_UNAVAILABLE'))).toBe(1)
  expect(await heardOf(() => refused(() => bad.atOnce(steps()), 'STORAGE_UNAVAILABLE'))).toBe(1)
  const failing = () =>
    good.transaction(async (unit) => {
      await unit.verbs.publish(notice)
      throw lost()
    })
  expect(await heardOf(() => refused(failing, 'STORAGE_UNAVAILABLE'))).toBe(0)
})
