// Users: created, found, changed, disabled, removed; what is refused changes nothing.

import { beforeEach, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { UserChange } from '../../src/core/identity/users.ts'
import type { UserId } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { makeTown, PASSWORD, refusal, type Town } from './town.ts'

const storage = memory()
const { newId } = systemRuntime()
let town: Town
beforeEach(async () => {
  town = await makeTown(storage)
})

const everyone = () => town.context.scope.records.find('users', { limit: 200 })

describe('create', () => {
  it('answers the user, without hash and epoch', async () => {
    const user = await town.users.create({
      email: ' Ana@ACME.test ',
      name: ' Ana  García ',
      password: PASSWORD,
      emailVerified: true,
      metadata: { plan: 'gold' },
    })
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'Ana@ACME.test',
      emailVerifiedAt: expect.any(Date),
      name: 'Ana  García',
      status: 'active',
      hasPassword: true,
      metadata: { plan: 'gold' },
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      disabledAt: null,
      deletedAt: null,
      phone: null,
      phoneVerifiedAt: null,
      lockedAt: null,
      lockReason: null,
    })
    expect(JSON.stringify(user)).not.toMatch(/quick|hash|epoch|velvet/)
    expect(await town.users.get(user)).toEqual(user)
  })

  it('leaves out what is not said', async () => {
    const user = await town.users.create({ email: 'ana@acme.test' })
    expect(user).toMatchObject({ name: null, emailVerifiedAt: null, hasPassword: false, metadata: {} })
  })

  it('takes an address once in a tenant, in whatever form, and again in another', async () => {
    await town.users.create({ email: 'Fiona@Example.Test' })
    for (const email of ['fiona@example.test', 'ﬁona@EXAMPLE．test', ' FIONA@example.test'])
      expect(await refusal(town.users.create({ email }))).toEqual({ code: 'EMAIL_TAKEN', details: {} })
    expect(await everyone()).toHaveLength(1)
    const other = await makeTown(storage)
    await expect(other.users.create({ email: 'fiona@example.test' })).resolves.toMatchObject({ status: 'active' })
  })

  it('that is refused leaves a surrounding transaction alive', async () => {
    await town.users.create({ email: 'ana@acme.test' })
    await town.context.scope.transaction(async (unit) => {
      const inside = town.usersIn(unit)
      expect((await refusal(inside.create({ email: 'ana@acme.test' }))).code).toBe('EMAIL_TAKEN')
      await inside.create({ email: 'bob@acme.test' })
    })
    expect(await everyone()).toHaveLength(2)
  })

  it.each([
    ['EMAIL_INVALID', { email: 'ana＠acme.test' }],
    ['EMAIL_INVALID', {}],
    ['PASSWORD_REJECTED', { email: 'a@acme.test', password: 'short' }],
    ['PASSWORD_REJECTED', { email: 'a@acme.test', password: '' }],
    ['PASSWORD_REJECTED', { email: 'velvet.tractor.omelette@acme.test', password: PASSWORD }],
    ['INPUT_INVALID', { email: 'a@acme.test', password: `${PASSWORD}\ud800` }],
    ['INPUT_INVALID', { email: 'a@acme.test', password: `${PASSWORD}\0` }],
    ['INPUT_INVALID', { email: 'a@acme.test', password: 7 }],
    ['INPUT_INVALID', { email: 'a@acme.test', name: ' ' }],
    ['INPUT_INVALID', { email: 'a@acme.test', name: 'x'.repeat(201) }],
    ['INPUT_INVALID', { email: 'a@acme.test', name: 'a\0b' }],
    ['INPUT_INVALID', { email: 'a@acme.test', metadata: { a: '\ud800' } }],
    ['INPUT_INVALID', { email: 'a@acme.test', metadata: { a: 'x'.repeat(20_000) } }],
    ['INPUT_INVALID', { email: 'a@acme.test', emailVerified: 'yes' }],
    // A04: what only Freehold sets cannot be handed in
    ['INPUT_INVALID', { email: 'a@acme.test', status: 'active' }],
    ['INPUT_INVALID', { email: 'a@acme.test', emailVerifiedAt: new Date() }],
    ['INPUT_INVALID', { email: 'a@acme.test', email_norm: 'b@acme.test' }],
    ['INPUT_INVALID', { email: 'a@acme.test', id: newId() }],
    ['INPUT_INVALID', { email: 'a@acme.test', session_epoch: 7 }],
  ])('refuses with %s: %j', async (code, input) => {
    expect((await refusal(town.users.create(input as { email: string }))).code).toBe(code)
    expect(await everyone()).toEqual([])
    expect(town.work).toEqual({ hashes: 0, verifications: 0, transactions: 0 })
  })

  it('says nothing secret when it refuses', async () => {
    const secret = 'hunter2-hunter2'
    for (const input of [
      { email: secret, password: secret },
      { email: 'a@acme.test', password: secret },
      { email: 'a@acme.test', password: `${secret}\ud800` },
    ]) {
      const error = await town.users.create(input).catch((thrown: Error) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect(`${error} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(secret)
    }
  })
})

describe('find', () => {
  it('finds by address in any form, and no deleted user', async () => {
    const user = await town.person()
    expect(await town.users.findByEmail(` ${user.email.toUpperCase()}`)).toEqual(user)
    expect(await town.users.findByEmail('nobody@acme.test')).toBeUndefined()
    expect((await refusal(town.users.findByEmail('nobody'))).code).toBe('EMAIL_INVALID')
    await town.users.remove(user)
    expect(await town.users.findByEmail(user.email)).toBeUndefined()
    expect((await town.users.get(user)).status).toBe('deleted')
  })

  it('A09: knows no id of another tenant, and says malformed ids apart', async () => {
    const foreign = await (await makeTown(storage)).person()
    for (const call of [
      town.users.get(foreign),
      town.users.update(foreign, { name: 'x' }),
      town.users.setPassword(foreign, PASSWORD),
      town.users.disable(foreign),
      town.users.enable(foreign),
      town.users.remove(foreign),
    ])
      expect(await refusal(call)).toEqual({ code: 'USER_UNKNOWN', details: {} })
    expect((await refusal(town.users.get(foreign.id.toUpperCase() as UserId))).code).toBe('ID_INVALID')
    expect((await refusal(town.users.get("' or 1=1 --" as UserId))).code).toBe('ID_INVALID')
  })

  it('lists in pages, oldest first; deleted users only when asked for', async () => {
    const made = []
    for (let i = 0; i < 5; i++) made.push(await town.person())
    const ids = made.map(({ id }) => id).sort()
    await town.users.remove({ id: ids[1]! })

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Town['users']['list']>> = await town.users.list({
        limit: 2,
        ...(cursor ? { cursor } : {}),
      })
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next
    } while (cursor)
    expect(seen).toEqual(ids.filter((_, i) => i !== 1))

    expect((await town.users.list({ deleted: true })).items.map(({ id }) => id)).toEqual(ids)
    expect((await refusal(town.users.list({ cursor: 'x' }))).code).toBe('CURSOR_INVALID')
    expect((await refusal(town.users.list({ limit: 0 }))).code).toBe('INPUT_INVALID')
  })
})

describe('update', () => {
  it('changes name and metadata, and nothing that is not said', async () => {
    const user = await town.users.create({ email: 'ana@acme.test', name: 'Ana', metadata: { a: 1 } })
    expect(await town.users.update(user, { metadata: { b: 2 } })).toMatchObject({ name: 'Ana', metadata: { b: 2 } })
    expect(await town.users.update(user, { name: null })).toMatchObject({ name: null, metadata: { b: 2 } })
    expect((await town.users.update(user, {})).email).toBe('ana@acme.test')
  })

  it('A04: cannot verify an address, set a status, or move an epoch', async () => {
    const user = await town.person()
    for (const change of [
      { emailVerified: true },
      { email_verified_at: new Date() },
      { emailVerifiedAt: new Date() },
      { status: 'deleted' },
      { session_epoch: 0 },
      { password_hash: 'x' },
      { email: 'other@acme.test' },
    ] as readonly object[])
      expect((await refusal(town.users.update(user, change as UserChange))).code).toBe('INPUT_INVALID')
    expect(await town.users.get(user)).toEqual(user)
  })

  it('A11: takes no __proto__ in metadata', async () => {
    const user = await town.person()
    const metadata: Record<string, unknown> = JSON.parse('{"__proto__":{"admin":true}}')
    expect((await refusal(town.users.update(user, { metadata }))).code).toBe('INPUT_INVALID')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})
