// What doctor says of the inbox of webhooks.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { brief, look } from './look.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const about = 'freehold.webhook_inbox'
const found = async (url = database.appUrl) => brief(await look(url))

it.each([
  ['to freehold_auditor', 'select'],
  ['to public', 'select'],
  ['to freehold_auditor', 'select (payload)'],
])('a right %s to %s it is told', async (whom, right) => {
  expect(await found()).toEqual([])
  await database.admin(`grant ${right} on ${about} ${whom}`)
  expect(await found()).toEqual([`warn inbox-readable ${about}`])
  await database.admin(`revoke ${right} on ${about} ${whom.replace('to', 'from')}`)
  expect(await found()).toEqual([])
})

it('events that are dead, and those that wait for long, are told; what came just now is not', async () => {
  const insert = (state: string, age: string) =>
    database.admin(
      `insert into ${about} (id, provider, livemode, event_id, event_type, occurred_at, payload, state, received_at)
       values ($1::text::uuid, 'x', false, $1::text, 'x', now(), '', $2, now() - $3::interval)`,
      [randomUUID(), state, age],
    )
  await insert('pending', '5 hours')
  await insert('done', '9 days')
  expect(await found()).toEqual([])
  await insert('dead', '1 minute')
  expect(await found()).toEqual([`warn inbox-dead ${about}`])
  await insert('pending', '7 hours')
  expect(await found(database.ownerUrl)).toEqual(
    expect.arrayContaining([`warn inbox-dead ${about}`, `warn inbox-waiting ${about}`]),
  )
})
