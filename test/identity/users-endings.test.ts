// What ends a user's sessions: a new password, disabling, removing. All in the transaction that says so.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { SessionId } from '../../src/core/kernel/ids.ts'
import { withLocalNotices } from '../../src/core/storage/local-notices.ts'
import type { Notice } from '../../src/core/storage/verbs.ts'
import { makeTown, PASSWORD, refusal, type Town } from './town.ts'

const notices: Notice[] = []
const storage = withLocalNotices(memory(), (notice) => notices.push(notice))
const NEW = 'copper giraffe lullaby'
let town: Town
beforeEach(async () => {
  town = await makeTown(storage)
  notices.length = 0
})

async function signedIn(times = 1) {
  const user = await town.person()
  const sessions: SessionId[] = []
  for (let i = 0; i < times; i++) {
    const entered = await town.enter(user)
    if (!entered.ok) throw new Error(entered.reason)
    sessions.push(entered.session.id)
  }
  notices.length = 0
  const { id: tenantId } = town.context.tenant
  return {
    user,
    sessions,
    everySession: { kind: 'session', tenantId, userId: user.id },
    held: { kind: 'access', tenantId, principalId: user.id },
  }
}

describe('setPassword', () => {
  it('replaces the password and ends every session', async () => {
    const { user, everySession } = await signedIn(2)
    await town.users.setPassword(user, NEW)
    expect(await town.alive(user)).toEqual([])
    expect(notices).toEqual([everySession])
    expect(await town.enter(user)).toEqual({ ok: false, reason: 'bad-credentials' })
    expect(await town.enter(user, NEW)).toMatchObject({ ok: true })
  })

  it('keeps the session it is told to keep', async () => {
    const { user, sessions, everySession } = await signedIn(3)
    await town.users.setPassword(user, NEW, { keep: sessions[1]! })
    expect(await town.alive(user)).toEqual([sessions[1]])
    expect(notices).toEqual([everySession])
  })

  it('gives a password to a user who had none', async () => {
    const user = await town.users.create({ email: 'ana@acme.test' })
    await town.users.setPassword(user, NEW)
    expect(await town.enter(user, NEW)).toMatchObject({ ok: true, user: { hasPassword: true } })
  })

  it('that is refused changes nothing', async () => {
    const { user, sessions } = await signedIn()
    const local = user.email.split('@')[0]!
    expect(await refusal(town.users.setPassword(user, 'qwertyuiop123456'))).toEqual({
      code: 'PASSWORD_REJECTED',
      details: { reason: 'common' },
    })
    expect((await refusal(town.users.setPassword(user, local))).details).toEqual({ reason: 'contextual' })
    expect((await refusal(town.users.setPassword(user, NEW, { keep: 'mine' as never }))).code).toBe('ID_INVALID')
    const others = await signedIn()
    notices.length = 0
    const [keep] = others.sessions
    expect((await refusal(town.users.setPassword(user, NEW, { keep: keep! }))).code).toBe('SESSION_UNKNOWN')
    expect(await town.alive(user)).toEqual(sessions)
    expect(await town.enter(user)).toMatchObject({ ok: true })
    expect(notices).toEqual([])
  })
})

describe('lock and unlock', () => {
  it('lock ends every session and refuses the right password until somebody unlocks', async () => {
    const { user, everySession, held } = await signedIn(2)
    const locked = await town.users.lock(user, { reason: ' a stolen laptop ' })
    expect(locked).toMatchObject({ status: 'locked', lockedAt: expect.any(Date), lockReason: 'a stolen laptop' })
    expect(await town.alive(user)).toEqual([])
    expect(notices).toEqual([held, everySession])
    expect(await town.enter(user)).toEqual({ ok: false, reason: 'bad-credentials' })
    expect(await town.users.findByEmail(user.email)).toMatchObject({ status: 'locked' })

    expect(await town.users.lock(user, { reason: 'another' })).toEqual(locked)
    expect((await town.users.enable(user)).status).toBe('locked')
    expect(await town.users.unlock(user)).toMatchObject({ status: 'active', lockedAt: null, lockReason: null })
    expect((await town.users.unlock(user)).status).toBe('active')
    expect(await town.alive(user)).toEqual([])
    expect(await town.enter(user)).toMatchObject({ ok: true })
  })

  it('a lock is no way out of being disabled, and disabling outlasts a lock', async () => {
    const { user } = await signedIn()
    await town.users.lock(user)
    expect(await town.users.disable(user)).toMatchObject({ status: 'disabled', lockedAt: null })
    expect((await town.users.lock(user)).status).toBe('disabled')
    expect((await town.users.unlock(user)).status).toBe('disabled')
    expect((await town.users.enable(user)).status).toBe('active')
  })

  it('a locked user can be removed, and a removed one not be locked', async () => {
    const { user } = await signedIn()
    await town.users.lock(user)
    expect((await town.users.remove(user)).status).toBe('deleted')
    for (const call of [town.users.lock(user), town.users.unlock(user)])
      expect((await refusal(call)).code).toBe('USER_UNKNOWN')
  })

  it('bad input changes nothing', async () => {
    const { user } = await signedIn()
    for (const options of [{ reason: '' }, { reason: 'x'.repeat(201) }, { reason: 1 }, { why: 'x' }])
      expect((await refusal(town.users.lock(user, options as never))).code).toBe('INPUT_INVALID')
    expect((await refusal(town.users.lock('x' as never))).code).toBe('ID_INVALID')
    expect((await town.users.get(user)).status).toBe('active')
  })
})

describe('disable, enable and remove', () => {
  it('disable ends every session and refuses the right password; enable allows it again', async () => {
    const { user, everySession, held } = await signedIn(2)
    expect(await town.users.disable(user)).toMatchObject({ status: 'disabled', disabledAt: expect.any(Date) })
    expect(await town.alive(user)).toEqual([])
    expect(notices).toEqual([held, everySession])
    expect(await town.enter(user)).toEqual({ ok: false, reason: 'bad-credentials' })

    const again = await town.users.disable(user)
    expect(again.status).toBe('disabled')
    expect(notices).toHaveLength(2)

    expect(await town.users.enable(user)).toMatchObject({ status: 'active', disabledAt: null })
    expect((await town.users.enable(user)).status).toBe('active')
    expect(await town.alive(user)).toEqual([])
    expect(await town.enter(user)).toMatchObject({ ok: true })
  })

  it('remove does as disable, frees the address, and is for good', async () => {
    const { user, everySession, held } = await signedIn()
    expect(await town.users.remove(user)).toMatchObject({ status: 'deleted', deletedAt: expect.any(Date) })
    expect(await town.alive(user)).toEqual([])
    expect(notices).toEqual([held, everySession])
    expect(await town.enter(user)).toEqual({ ok: false, reason: 'bad-credentials' })
    expect((await town.users.remove(user)).status).toBe('deleted')
    for (const call of [
      town.users.disable(user),
      town.users.enable(user),
      town.users.update(user, { name: 'x' }),
      town.users.setPassword(user, NEW),
    ])
      expect((await refusal(call)).code).toBe('USER_UNKNOWN')

    const next = await town.users.create({ email: user.email, password: NEW })
    expect(next.id).not.toBe(user.id)
    expect(await town.enter(next, NEW)).toMatchObject({ ok: true, user: { id: next.id } })
    expect(await town.enter(next, PASSWORD)).toMatchObject({ ok: false })
  })

  it('a disabled user can be removed', async () => {
    const { user } = await signedIn()
    await town.users.disable(user)
    expect((await town.users.remove(user)).status).toBe('deleted')
  })

  it('nothing of it has happened when the surrounding transaction rolls back', async () => {
    const { user, sessions } = await signedIn()
    const undone = town.context.scope.transaction(async (unit) => {
      const inside = town.usersIn(unit)
      await inside.setPassword(user, NEW)
      await inside.disable(user)
      await inside.remove(user)
      throw new Error('undo')
    })
    await expect(undone).rejects.toThrow('undo')
    expect(notices).toEqual([])
    expect(await town.alive(user)).toEqual(sessions)
    expect(await town.enter(user)).toMatchObject({ ok: true })
  })
})
