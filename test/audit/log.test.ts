// The log as the host uses it: what it writes, lists, finds and checks, in and out of transactions.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../src/core/audit/audit.ts'
import type { AuditEventId, TenantHandle } from '../../src/index.ts'
import { refused } from '../setup/refusal.ts'
import { actionsOf, type House, logOf, openHouse, STORAGES } from './house.ts'

describe.each(STORAGES)('on %s', (storage) => {
  let house: House
  let acme: TenantHandle
  let now = Date.UTC(2026, 10, 22, 12)
  beforeAll(async () => {
    house = await openHouse(storage, { runtime: { now: () => now } })
  })
  afterAll(() => house.close())
  beforeEach(async () => {
    acme = await house.tenant()
  })
  const note = (n: number): AuditEntry => ({ action: 'note.written', targets: [{ type: 'note', id: String(n) }] })

  it('an event of the host is written as it is told, in the name of the handle', async () => {
    const user = await acme.users.create({ email: 'anna@example.test' })
    await acme.as({ type: 'user', id: user.id, requestId: 'r-7', ip: '192.0.2.7' }).audit.record({
      action: 'note.shared',
      targets: [{ type: 'note', id: '7' }],
      changes: { visibility: { from: 'private', to: 'team' } },
      details: { count: 3, ratio: 0.1 },
      complianceFlags: ['gdpr'],
    })
    const [event] = (await acme.audit.list({ limit: 1 })).items
    expect(event).toMatchObject({
      action: 'note.shared',
      at: new Date(now),
      actor: { type: 'user', id: user.id, requestId: 'r-7', ip: '192.0.2.7' },
      targets: [{ type: 'note', id: '7' }],
      outcome: 'success',
      changes: { visibility: { from: 'private', to: 'team' } },
      details: { count: 3, ratio: 0.1 },
      complianceFlags: ['gdpr'],
    })
    expect(await acme.audit.get(event!.id)).toEqual(event)
  })

  it('what is refused is not written, and a surrounding transaction lives', async () => {
    const details: Record<string, unknown> = {}
    details.self = details
    await acme.transaction(async (tx) => {
      await refused(() => tx.audit.record({ action: 'user.created' }), 'INPUT_INVALID')
      await refused(() => tx.audit.record({ action: 'note.written', details }), 'INPUT_INVALID')
      await refused(() => tx.audit.record({ action: 'note.written', details: { n: Number.NaN } }), 'INPUT_INVALID')
      await refused(() => tx.audit.record({ action: 'note.written', details: { n: 1n } }), 'INPUT_INVALID')
      await refused(() => tx.audit.record({ action: 'note.written', details: { n: '\udc00' } }), 'INPUT_INVALID')
      const text = 'x'.repeat(49_152)
      await refused(() => tx.audit.record({ action: 'note.written', details: { text } }), 'AUDIT_TOO_LARGE')
      await tx.audit.record({ action: 'note.kept' })
    })
    expect(await actionsOf(acme)).toEqual(['tenant.created', 'note.kept'])
  })

  it('an event is kept with its transaction, and goes with it', async () => {
    const stop = new Error('stop')
    const work = acme.transaction(async (tx) => {
      await tx.users.create({ email: 'a@example.test' })
      await tx.audit.record(note(1))
      throw stop
    })
    await expect(work).rejects.toBe(stop)
    expect(await actionsOf(acme)).toEqual(['tenant.created'])
    await acme.transaction(async (tx) => {
      await tx.audit.record(note(1))
      const part = tx.transaction(async (inner) => {
        await inner.audit.record(note(2))
        await inner.users.create({ email: 'a@example.test' })
        await inner.audit.record(note(3))
        throw stop
      })
      await expect(part).rejects.toBe(stop)
      await tx.transaction((inner) => inner.audit.record(note(4)))
      await tx.users.create({ email: 'a@example.test' })
      await tx.audit.record(note(5))
    })
    const written = (await logOf(acme)).slice(1)
    expect(written.map(({ action, targets }) => [action, targets[0]?.type === 'note' ? targets[0].id : ''])).toEqual([
      ['note.written', '1'],
      ['note.written', '4'],
      ['user.created', ''],
      ['note.written', '5'],
    ])
  })

  it('pages through everything once, though events come meanwhile', async () => {
    for (let n = 1; n <= 7; n++) {
      // some of them in one millisecond
      if (n % 3 === 0) now++
      await acme.audit.record(note(n))
    }
    const before = (await logOf(acme)).map(({ id }) => id).reverse()
    const seen: AuditEventId[] = []
    let cursor: string | null | undefined
    do {
      const page = await acme.audit.list({ limit: 3, ...(cursor ? { cursor } : {}) })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next
      now++
      await acme.audit.record({ action: 'note.meanwhile' })
    } while (cursor)
    expect(seen).toEqual(before)
  })

  it('finds by each of its filters, and by all of them', async () => {
    const users = [await acme.users.create({ email: 'a@x.test' }), await acme.users.create({ email: 'b@x.test' })]
    const [anna, ben] = users.map(({ id }) => id)
    const start = now
    for (const [n, user] of [anna, ben, anna].entries()) {
      now = start + 1000 * (n + 1)
      const outcome = n === 1 ? ('denied' as const) : ('success' as const)
      await acme.as({ type: 'user', id: user! }).audit.record({ ...note(n), outcome })
    }
    const about = {
      action: 'note.returned',
      targets: [
        { type: 'folder', id: '1' },
        { type: 'user', id: ben! },
      ],
    }
    await acme.as({ type: 'user', id: anna! }).audit.record(about)
    const found = async (filter: Parameters<typeof acme.audit.list>[0]) =>
      (await acme.audit.list(filter)).items.map(({ targets: [first] }) => `${first?.type} ${first?.id}`)
    expect(await found({ action: 'note.written' })).toEqual(['note 2', 'note 1', 'note 0'])
    expect(await found({ actorId: anna! })).toEqual(['folder 1', 'note 2', 'note 0'])
    expect(await found({ userId: ben! })).toEqual(['folder 1', 'note 1', `user ${ben}`])
    expect(await found({ resourceType: 'note', outcome: 'denied' })).toEqual(['note 1'])
    expect(await found({ resourceType: 'note', resourceId: '2' })).toEqual(['note 2'])
    // from is counted in, before is not
    const within = { resourceType: 'note', from: new Date(start + 1000), before: new Date(start + 3000) }
    expect(await found(within)).toEqual(['note 1', 'note 0'])
    const first = await acme.audit.list({ ...within, limit: 1 })
    expect(await found({ ...within, limit: 1, cursor: first.next! })).toEqual(['note 0'])
    expect(await found({ before: new Date(0) })).toEqual([])
    expect(await found({ actorId: anna!, action: 'note.written', outcome: 'success', ...within })).toEqual(['note 0'])
  })

  it.each<[string, object, 'INPUT_INVALID' | 'ID_INVALID' | 'CURSOR_INVALID']>([
    ['an unknown field', { user: 'x' }, 'INPUT_INVALID'],
    ['a user who is none', { userId: 'x' }, 'ID_INVALID'],
    ['an actor who is none', { actorId: '1' }, 'ID_INVALID'],
    ['an endless action', { action: 'x'.repeat(201) }, 'INPUT_INVALID'],
    ['a date that is none', { from: new Date(Number.NaN) }, 'INPUT_INVALID'],
    ['a date as text', { before: '2026-01-01' }, 'INPUT_INVALID'],
    ['an outcome that is none', { outcome: 'maybe' }, 'INPUT_INVALID'],
    ['a limit too far', { limit: 201 }, 'INPUT_INVALID'],
    ['a cursor of elsewhere', { cursor: 'eA' }, 'CURSOR_INVALID'],
  ])('refuses to list by %s', async (_, filter, code) => {
    await refused(() => acme.audit.list(filter), code)
  })

  it('another tenant sees, finds and gets nothing of it', async () => {
    const globex = await house.tenant()
    await acme.audit.record(note(1))
    const [event] = (await acme.audit.list({ limit: 1 })).items
    expect(await actionsOf(globex)).toEqual(['tenant.created'])
    expect((await globex.audit.list({ resourceId: acme.id })).items).toEqual([])
    await refused(() => globex.audit.get(event!.id), 'AUDIT_UNKNOWN')
    await refused(() => acme.audit.get(acme.id as string as AuditEventId), 'AUDIT_UNKNOWN')
    await refused(() => acme.audit.get('x' as AuditEventId), 'ID_INVALID')
    // a cursor of one is no key to the other
    const { next } = await acme.audit.list({ limit: 1 })
    expect((await globex.audit.list({ cursor: next! })).items.map(({ action }) => action)).not.toContain('note.written')
  })
})
