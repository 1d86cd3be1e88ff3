// Two at the same counter, one still under way: the other waits, and then decides by what it left.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import type { TenantScope } from '../../src/core/storage/storage.ts'
import { createTenantRow, createTestDatabase, type TestDatabase } from '../setup/database.ts'

let database: TestDatabase
let scope: TenantScope
beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(async () => {
  scope = postgres({ pool: database.appPool, listen: false }).tenant(await createTenantRow(database))
})
afterAll(() => database?.close())

const take = ({ verbs }: Pick<TenantScope, 'verbs'>) => verbs.takeLimit({ name: 'seats', amount: 1, maximum: 2 })

/** Runs `first` in a transaction that is still open when `second` is asked, and answers what `second` said. */
async function during<R>(first: () => Promise<R>, keep = true): Promise<R> {
  let second: Promise<R> | undefined
  await scope
    .transaction(async (unit) => {
      await take(unit)
      await unit.verbs.lockAccess()
      second = first()
      await sleep(100)
      if (!keep) throw new Error('stop')
    })
    .catch(() => undefined)
  return second!
}

it('the last place that is taken and kept is refused, with the number that is true by then', async () => {
  await take(scope)
  expect(await during(() => take(scope))).toEqual({ taken: false, used: 2 })
})

it('the last place that is taken and given up is had', async () => {
  await take(scope)
  expect(await during(() => take(scope), false)).toEqual({ taken: true, used: 2 })
})

it('the first of a counter likewise, when its row is not there yet', async () => {
  expect(await during(() => scope.verbs.takeLimit({ name: 'seats', amount: 2, maximum: 2 }))).toEqual({
    taken: false,
    used: 1,
  })
})

it('lockAccess waits, and counts on', async () => {
  expect(await during(async () => ({ taken: true, used: await scope.verbs.lockAccess() }))).toMatchObject({ used: 2 })
  const lost = during(async () => ({ taken: true, used: await scope.verbs.lockAccess() }), false)
  expect(await lost).toMatchObject({ used: 3 })
})
