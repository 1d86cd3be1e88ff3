// Passkeys are named and removed by their owner, and by nobody else; the last way in stays.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { createPasskeys } from '../../src/core/authentication/passkeys/passkeys.ts'
import type { User } from '../../src/core/identity/user.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { fromNow } from '../../src/core/storage/tables.ts'
import { createDirectory } from '../../src/core/tenancy/directory.ts'
import { refusal } from '../identity/town.ts'
import { type House, openHouse } from './house.ts'

const { newId } = systemRuntime()
const storage = memory()
let house: House
let ana: User
beforeEach(async () => {
  house = await openHouse(storage)
  ana = await house.town.person()
})

const withoutPassword = () => house.town.users.create({ email: `${newId()}@example.test` })

describe('a passkey', () => {
  it('is renamed, which is told once', async () => {
    const { passkey } = await house.equip(ana)
    expect(await house.passkeys.rename(ana, passkey, ' Blue key ')).toEqual({ ...passkey, name: 'Blue key' })
    expect(await house.passkeys.rename(ana, passkey.id, 'Blue key')).toEqual({ ...passkey, name: 'Blue key' })
    expect((await refusal(house.passkeys.rename(ana, passkey, ' '))).code).toBe('INPUT_INVALID')
    expect((await house.events()).map(({ action }) => action)).toEqual(['passkey.registered', 'passkey.renamed'])
  })

  it('is removed, and signs nobody in after that', async () => {
    const { passkey, authenticator } = await house.equip(ana)
    await house.passkeys.remove(ana, passkey)
    expect(await house.passkeys.list(ana)).toEqual([])
    expect(await house.row(passkey)).toBeUndefined()
    expect(await house.enter(authenticator)).toEqual({ ok: false, reason: 'bad-credentials' })
    expect((await refusal(house.passkeys.remove(ana, passkey))).code).toBe('PASSKEY_UNKNOWN')
    expect((await house.events()).map(({ action }) => action)).toEqual(['passkey.registered', 'passkey.removed'])
  })

  it("W04: another user's is as one that does not exist", async () => {
    const { passkey } = await house.equip(ana)
    const ben = await house.town.person()
    const elsewhere = await openHouse(storage)
    const eve = await elsewhere.town.person()
    for (const [{ passkeys }, user] of [[house, ben] as const, [elsewhere, eve] as const]) {
      expect(await refusal(passkeys.rename(user, passkey, 'Mine'))).toMatchObject({ code: 'PASSKEY_UNKNOWN' })
      expect(await refusal(passkeys.remove(user, passkey))).toMatchObject({ code: 'PASSKEY_UNKNOWN' })
      expect(await passkeys.list(user)).toEqual([])
    }
    expect(await house.passkeys.list(ana)).toEqual([passkey])
    expect((await refusal(house.passkeys.rename(ben, newId() as never, 'Mine'))).code).toBe('PASSKEY_UNKNOWN')
    expect((await refusal(house.passkeys.remove(ana, 'no id' as never))).code).toBe('ID_INVALID')
  })
})

describe('in a user’s own name', () => {
  it('wants a session that was opened lately, with the factor that there is', async () => {
    const { passkey, authenticator } = await house.equip(ana)
    const own = (sessionId: string | undefined) => {
      const actor = { type: 'user', id: ana.id, ...(sessionId ? { sessionId } : {}) } as const
      return createPasskeys({ ...house.context, actor }, createDirectory(house.context))
    }
    const strong = await house.enter(authenticator)
    if (!strong.ok) throw new Error('the passkey was refused')
    const { id } = strong.session
    const weak = { assurance_level: 1 }
    for (const [sessionId, change] of [
      [undefined, weak],
      [id, weak],
      [id, { assurance_level: 2, authenticated_at: fromNow(-11 * 60_000) }],
      [id, { authenticated_at: fromNow(), impersonator_id: newId() }],
      [id, { impersonator_id: null, revoked_at: fromNow() }],
    ] as const) {
      await house.context.scope.records.update('sessions', { id }, change)
      const mine = own(sessionId)
      for (const work of [
        mine.registrationOptions(ana),
        mine.rename(ana, passkey, 'Mine'),
        mine.remove(ana, passkey),
      ]) {
        expect((await refusal(work)).code).toBe('STEP_UP_REQUIRED')
      }
    }
    await house.context.scope.records.update('sessions', { id }, { revoked_at: null })
    await own(id).remove(ana, passkey)
    expect(await house.passkeys.list(ana)).toEqual([])
  })

  it('takes the recovery codes along with the last factor', async () => {
    const { passkey } = await house.equip(ana)
    const second = await house.equip(ana)
    const row = { id: newId(), user_id: ana.id, code_hash: new Uint8Array(32) }
    await house.context.scope.records.insert('recovery_codes', [row])
    const left = () => house.context.scope.records.count('recovery_codes', { user_id: ana.id })
    await house.passkeys.remove(ana, passkey)
    expect(await left()).toBe(1)
    await house.passkeys.remove(ana, second.passkey)
    expect(await left()).toBe(0)
  })
})

describe('the last one', () => {
  it('stays where there is no password', async () => {
    const cleo = await withoutPassword()
    const { passkey } = await house.equip(cleo)
    expect((await refusal(house.passkeys.remove(cleo, passkey))).code).toBe('LAST_FACTOR')
    const second = await house.equip(cleo)
    await house.passkeys.remove(cleo, passkey)
    expect((await refusal(house.passkeys.remove(cleo, second.passkey))).code).toBe('LAST_FACTOR')
    expect(await house.passkeys.list(cleo)).toEqual([second.passkey])
  })

  it('stays where the tenant wants two factors of everybody', async () => {
    const settings = { authentication: { requiredAssurance: 2 } }
    const { tenant } = house.context
    const strict = await openHouse(storage)
    Object.assign(strict.context.tenant, { settings })
    const dan = await strict.town.person()
    const { passkey } = await strict.equip(dan)
    expect((await refusal(strict.passkeys.remove(dan, passkey))).code).toBe('LAST_FACTOR')
    expect(tenant.settings).toEqual({})
    // where one factor is enough, the password is
    const { passkey: free } = await house.equip(ana)
    await house.passkeys.remove(ana, free)
  })
})
