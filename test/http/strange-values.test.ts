// What a body says in place of a text is refused as a client's mistake, be it even no text at all.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTown, type Town } from './callers.ts'

let house: Town
beforeAll(async () => {
  house = await openTown()
})
afterAll(() => house[Symbol.asyncDispose]())

it('answers 4xx to an object with a toString of its own', async () => {
  const { owner, crew } = house
  const strange = { toString: 1 }
  const member = { kind: 'user', id: owner.user.id }
  const bodies: [string, object][] = [
    ['roles', { key: 'one', parent: strange }],
    ['roles/keeper', { parent: strange }],
    [`teams/${crew.id}/members`, { principal: member, role: strange }],
    ['invitations', { email: 'x@example.test', roles: [strange] }],
    ['roles', { key: 'two', permissions: [{ resource: 'note', actions: [strange] }] }],
    ['assignments', { principal: member, role: 'viewer', scope: { kind: 'resource', type: strange, externalId: 'x' } }],
    ['assignments', { principal: member, role: 'viewer', flow: strange }],
    ['custom-permissions', { resource: strange, action: 'x' }],
    ['api-keys', { serviceAccountId: owner.user.id, name: 'x', permissions: [strange] }],
    ['policies', { key: 'x', document: { effect: 'allow', principals: ['*'], actions: [strange], resources: ['*'] } }],
  ]
  const answers = await Promise.all(
    bodies.map(async ([path, body]) => [path, (await owner.ask('POST', path, body)).status]),
  )
  expect(answers.filter(([, status]) => (status as number) >= 500)).toEqual([])
})
