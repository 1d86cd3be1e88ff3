// A password that is known to have leaked is refused wherever one is chosen (ASVS 5.0, V6.2.12).

import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FreeholdError, LeakedPasswords, TenantHandle, User } from '../../src/index.ts'
import { STORAGES } from '../audit/house.ts'
import { refused } from '../setup/refusal.ts'
import { eachInPost, enter, NEW_PASSWORD, openPost, PASSWORD, type Post } from './house.ts'

const LEAKED = 'umbrella kazoo verandah'

/** Knows this one, answers as `state` says, and keeps what it was asked. */
function leakList() {
  const hash = createHash('sha1').update(LEAKED).digest('hex').toUpperCase()
  const asked: string[] = []
  const list = {
    failing: undefined as Error | undefined,
    asked,
    async suffixes(prefix: string) {
      asked.push(prefix)
      if (list.failing) throw list.failing
      return hash.startsWith(prefix) ? [`${'0'.repeat(35)}:0`, `${hash.slice(5)}:24`] : []
    },
  }
  return list satisfies LeakedPasswords
}

/** Every way to choose a password. */
const WAYS: readonly (readonly [
  string,
  (post: Post, acme: TenantHandle, ana: User, password: string) => Promise<unknown>,
])[] = [
  ['a user that the host makes', (_, { users }, __, password) => users.create({ email: 'new@example.test', password })],
  ['one that the host sets', (_, { users }, ana, password) => users.setPassword(ana, password)],
  ['a change', (_, { accounts }, ana, password) => accounts.changePassword(ana, { current: PASSWORD, next: password })],
  [
    'a reset',
    async (post, { accounts }, { email }, password) => {
      await accounts.requestPasswordReset({ email })
      return accounts.resetPassword({ token: await post.token('password-reset', email), password })
    },
  ],
  [
    'a sign-up',
    async (post, { accounts }, _, password) => {
      await accounts.requestSignUp({ email: 'new@example.test' })
      return accounts.confirmSignUp({ token: await post.token('sign-up'), password })
    },
  ],
  [
    'an invitation',
    async (post, { accounts }, _, password) => {
      // one is pending at a time
      const email = `new-${randomUUID()}@example.test`
      await accounts.invite({ email })
      return accounts.acceptInvitation({ token: await post.token('invitation', email), password })
    },
  ],
]

describe.each(STORAGES)('a leaked password on %s', (storage) => {
  const list = leakList()
  let post: Post
  let acme: TenantHandle
  let ana: User
  const ready = (...given: [Post, TenantHandle, User]) => {
    ;[post, acme, ana] = given
    list.failing = undefined
    list.asked.length = 0
  }
  eachInPost(storage, ready, { leakedPasswords: list })

  it.each(WAYS)('is refused: %s', async (_, choose) => {
    await expect(choose(post, acme, ana, LEAKED)).rejects.toMatchObject({
      code: 'PASSWORD_REJECTED',
      details: { reason: 'leaked' },
    })
    // the first five digits of its hash are all that leaves the process
    expect(list.asked.every((prefix) => /^[0-9A-F]{5}$/.test(prefix))).toBe(true)
    await enter(acme, ana)
    await choose(post, acme, ana, NEW_PASSWORD)
  })

  it('is not asked about before it is long enough and not common', async () => {
    await refused(() => acme.users.setPassword(ana, 'short'), 'PASSWORD_REJECTED')
    await refused(() => acme.users.setPassword(ana, 'passwordpassword'), 'PASSWORD_REJECTED')
    expect(list.asked).toEqual([])
  })

  it('passes while the list does not answer, and the host is told: that is the default', async () => {
    list.failing = new Error('the list is away')
    await acme.users.setPassword(ana, LEAKED)
    expect(post.told).toEqual([list.failing])
  })

  it.each(WAYS)('is refused while the list does not answer, where the host wants that: %s', async (_, choose) => {
    const own = leakList()
    const strict = await openPost('memory', { leakedPasswords: own, passwords: { whenLeakListFails: 'refuse' } })
    const handle = await strict.tenant()
    const bob = await strict.person(handle)
    own.failing = new Error('the list is away')
    const refusal = await choose(strict, handle, bob, NEW_PASSWORD).catch((error: FreeholdError) => error)
    expect(refusal).toMatchObject({ code: 'LEAK_LIST_UNAVAILABLE' })
    // signing in is not choosing
    await enter(handle, bob)
    own.failing = undefined
    await choose(strict, handle, bob, NEW_PASSWORD)
    await strict.close()
  })
})

it('without a list nothing is asked, and nothing refused', async () => {
  const plain = await openPost('memory', { passwords: { whenLeakListFails: 'refuse' } })
  const acme = await plain.tenant()
  await acme.users.setPassword(await plain.person(acme), LEAKED)
  await plain.close()
})
