// What an event is made of: the body and its leaf, the columns, the actor, and what neither the host nor we may write.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checkActor, inRequestOf } from '../../src/core/audit/actor.ts'
import type { Actor, AuditEntry } from '../../src/core/audit/audit.ts'
import { type OwnEntry, ownActions, ownWords } from '../../src/core/audit/catalog.ts'
import { checkHostEntry, checkOwnEntry } from '../../src/core/audit/entry.ts'
import { checkRow, eventFromRow, eventRow, MAXIMUM_BODY_BYTES } from '../../src/core/audit/event.ts'
import { createEventClock } from '../../src/core/audit/event-clock.ts'
import { isId } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { refused } from '../setup/refusal.ts'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const USER = '01890a5d-ac96-774b-bcce-b302099a8001'
const instant = { id: ID, at: Date.UTC(2026, 10, 22, 9, 30, 0, 7) }
const anna: Actor = checkActor({
  type: 'user',
  id: USER,
  sessionId: ID,
  requestId: 'r-1',
  ip: '192.0.2.1',
  riskScore: 0.25,
})
const row = (entry: AuditEntry, actor: Actor = anna) => eventRow(instant, actor, checkHostEntry(entry))

describe('an event', () => {
  const full = row({
    action: 'note.archived',
    targets: [
      { type: 'note', id: '7' },
      { type: 'user', id: ID },
    ],
    outcome: 'denied',
    changes: { status: { from: 'open', to: 'archived' }, title: {} },
    details: { reason: 'spring cleaning' },
    complianceFlags: ['gdpr'],
  })

  it('is its canonical body, and its leaf is that of RFC 6962', () => {
    expect(full.body).toBe(
      `{"action":"note.archived","actor":{"id":"${USER}","ip":"192.0.2.1","requestId":"r-1","riskScore":0.25,"sessionId":"${ID}","type":"user"},` +
        '"at":"2026-11-22T09:30:00.007Z","changes":{"status":{"from":"open","to":"archived"},"title":{}},"complianceFlags":["gdpr"],' +
        `"details":{"reason":"spring cleaning"},"id":"${ID}","outcome":"denied","targets":[{"id":"7","type":"note"},{"id":"${ID}","type":"user"}],"version":1}`,
    )
    expect(Buffer.from(full.leaf)).toEqual(createHash('sha256').update(`\0${full.body}`).digest())
  })

  it('is found by the columns that the body says', () => {
    const { body: _, leaf: __, ...columns } = full
    expect(columns).toEqual({
      id: ID,
      created_at: new Date('2026-11-22T09:30:00.007Z'),
      action: 'note.archived',
      actor_type: 'user',
      actor_id: USER,
      user_id: ID,
      outcome: 'denied',
      resource_type: 'note',
      resource_id: '7',
      session_id: ID,
      request_id: 'r-1',
      ip: '192.0.2.1',
      device_id: null,
      risk_score: 0.25,
      compliance_flags: ['gdpr'],
    })
  })

  it('reads back as it was told', () => {
    checkRow(full)
    expect(eventFromRow(full)).toMatchObject({
      id: ID,
      actor: { type: 'user', id: USER, requestId: 'r-1' },
      changes: { status: { from: 'open', to: 'archived' }, title: {} },
      details: { reason: 'spring cleaning' },
      leaf: Buffer.from(full.leaf).toString('hex'),
    })
    const bare = eventFromRow(row({ action: 'note.read' }, { type: 'system' }))
    expect(bare).toMatchObject({ outcome: 'success', targets: [], changes: {}, details: {}, complianceFlags: [] })
  })

  it('is about its actor where it is about no other user', () => {
    expect(row({ action: 'note.read', targets: [{ type: 'note', id: '1' }] }).user_id).toBe(USER)
    expect(row({ action: 'note.read' }, checkActor({ type: 'service_account', id: ID })).user_id).toBeNull()
    // who has no row is told by name, in the body alone
    const job = row({ action: 'note.swept' }, checkActor({ type: 'system', id: 'nightly-job' }))
    expect([job.actor_id, eventFromRow(job).actor]).toEqual([null, { type: 'system', id: 'nightly-job' }])
  })

  const alterations: readonly [what: string, change: Partial<typeof full>][] = [
    ['its body', { body: full.body.replace('archived', 'restored') }],
    ['its leaf', { leaf: new Uint8Array(32) }],
    ['a body that is no JSON', { body: 'x' }],
    ['a body that is another JSON', { body: '[]' }],
    ['its outcome column', { outcome: 'success' }],
    ['its user column', { user_id: USER }],
    ['its time', { created_at: new Date('2026-11-22T09:30:00.008Z') }],
    ['its flags', { compliance_flags: [] }],
    ['its id', { id: USER }],
  ]
  it.each(alterations)('that was altered in %s is refused', async (_, change) => {
    expect((await refused(() => checkRow({ ...full, ...change }), 'AUDIT_ALTERED')).details.id).toBe(change.id ?? ID)
  })

  it('has 48 KiB at most, actor and all', async () => {
    const rest = row({ action: 'note.read', details: { text: '' } }).body.length
    const text = 'x'.repeat(MAXIMUM_BODY_BYTES - rest)
    expect(row({ action: 'note.read', details: { text } }).body.length).toBe(MAXIMUM_BODY_BYTES)
    const { details } = await refused(
      () => row({ action: 'note.read', details: { text: `${text}x` } }),
      'AUDIT_TOO_LARGE',
    )
    expect(details.maximumBytes).toBe(MAXIMUM_BODY_BYTES)
  })
})

/** With a member that is there and not listed. */
const hiding = <T extends object>(value: T): T => Object.defineProperty(value, 'hidden', { value: 1 })
const fail = (): never => {
  throw new Error('boo')
}
const throwing = (): object => Object.defineProperty({}, 'boo', { enumerable: true, get: fail })

describe('an entry of the host', () => {
  const bad: readonly [what: string, entry: unknown, field: string][] = [
    ['no object', 'note.read', 'entry'],
    ['no action', {}, 'action'],
    ['an action without a verb', { action: 'note' }, 'action'],
    ['an action in capitals', { action: 'Note.read' }, 'action'],
    ['a long action', { action: `note.${'x'.repeat(96)}` }, 'action'],
    ['an action of ours', { action: 'user.created' }, 'action'],
    ['one that only starts as ours do', { action: 'user.renamed' }, 'action'],
    ['one that may be ours one day', { action: 'passkey.added' }, 'action'],
    ['a forged actor', { action: 'note.read', actor: { type: 'operator' } }, 'actor'],
    ['a forged time', { action: 'note.read', at: new Date(0) }, 'at'],
    ['a forged id', { action: 'note.read', id: ID }, 'id'],
    ['a forged leaf', { action: 'note.read', leaf: '00' }, 'leaf'],
    ['an unknown outcome', { action: 'note.read', outcome: 'maybe' }, 'outcome'],
    ['targets that are no list', { action: 'note.read', targets: { type: 'note' } }, 'targets'],
    ['too many targets', { action: 'note.read', targets: Array(101).fill({ type: 'note' }) }, 'targets'],
    ['a target without a type', { action: 'note.read', targets: [{ id: '1' }] }, 'targets.0.type'],
    ['a long target', { action: 'note.read', targets: [{ type: 'note', id: 'x'.repeat(201) }] }, 'targets.0.id'],
    ['a target with more to say', { action: 'note.read', targets: [{ type: 'note', name: 'x' }] }, 'name'],
    ['changes that are no object', { action: 'note.read', changes: [] }, 'changes'],
    ['a change that is none', { action: 'note.read', changes: { a: 1 } }, 'changes'],
    ['a change with more to say', { action: 'note.read', changes: { a: { was: 1 } } }, 'was'],
    ['details that are no object', { action: 'note.read', details: 'x' }, 'details'],
    ['a flag with spaces', { action: 'note.read', complianceFlags: ['pci dss'] }, 'complianceFlags.0'],
    ['a hidden field', Object.defineProperty({ action: 'note.read' }, 'details', { value: {} }), 'entry'],
    ['a field named by a symbol', { action: 'note.read', [Symbol('s')]: 1 }, 'entry'],
    ['a target with a hidden member', { action: 'note.read', targets: [hiding({ type: 'note' })] }, 'targets.0'],
    ['a list of targets with a name', { action: 'note.read', targets: Object.assign([], { a: 1 }) }, 'targets'],
    ['a hole for a flag', { action: 'note.read', complianceFlags: Array(1) }, 'complianceFlags'],
    ['a hidden change', { action: 'note.read', changes: hiding({}) }, 'changes'],
    ['a change with a hidden member', { action: 'note.read', changes: { a: hiding({ to: 1 }) } }, 'changes.a'],
    ['a list with a name', { action: 'note.read', details: { list: Object.assign([1], { a: 1 }) } }, 'details.list'],
    ['a getter that throws', { action: 'note.read', details: throwing() }, 'details.boo'],
    ['a field that throws', Object.defineProperty(throwing(), 'action', { enumerable: true, value: 'a.b' }), 'boo'],
    ['nothing but a proxy that throws', new Proxy({}, { getPrototypeOf: fail }), 'entry'],
    ['NaN', { action: 'note.read', details: { n: Number.NaN } }, 'details.n'],
    ['a BigInt', { action: 'note.read', details: { n: [1n] } }, 'details.n.0'],
    ['a lone surrogate', { action: 'note.read', changes: { a: { to: '\ud800' } } }, 'changes.a.to'],
    ['a Date', { action: 'note.read', details: { at: new Date(0) } }, 'details.at'],
    ['A11 __proto__', { action: 'note.read', details: JSON.parse('{"__proto__":{"a":1}}') }, 'details.__proto__'],
  ]
  it.each(bad)('with %s is refused', async (_, entry, field) => {
    expect((await refused(() => row(entry as AuditEntry), 'INPUT_INVALID')).details.field).toBe(field)
  })

  it('that contains itself is refused', async () => {
    const details: Record<string, unknown> = {}
    details.self = details
    expect((await refused(() => row({ action: 'note.read', details }), 'INPUT_INVALID')).details.problem).toMatch(
      /itself/,
    )
  })
})

describe('an entry of ours', () => {
  it('carries the flags of the catalog, whose first words no host may use', () => {
    expect(checkOwnEntry({ action: 'user.created' }).complianceFlags).toEqual(['gdpr', 'soc2'])
    for (const action of Object.keys(ownActions)) {
      expect(action).toMatch(/^[a-z_]+\.[a-z_]+$/)
      expect(ownWords).toContain(action.split('.')[0])
    }
  })

  it.each(['password', 'password_hash', 'refreshToken', 'clientSecret', 'api_key', 'currentHash'])(
    'that names %s is refused',
    async (name) => {
      const entries: OwnEntry[] = [
        { action: 'user.updated', changes: { [name]: {} } },
        { action: 'user.updated', details: { [name]: 'x' } },
      ]
      for (const entry of entries) await refused(() => checkOwnEntry(entry), 'INTERNAL')
    },
  )
})

describe('an actor', () => {
  const bad: readonly [what: string, actor: unknown, code: 'INPUT_INVALID' | 'ID_INVALID', field: string][] = [
    ['no object', undefined, 'INPUT_INVALID', 'actor'],
    ['of no type', {}, 'INPUT_INVALID', 'actor.type'],
    ['of another type', { type: 'root' }, 'INPUT_INVALID', 'actor.type'],
    ['a user by name', { type: 'user', id: 'anna' }, 'ID_INVALID', 'actor.id'],
    ['with a long name', { type: 'provider', id: 'x'.repeat(201) }, 'INPUT_INVALID', 'actor.id'],
    ['with a session that is none', { type: 'user', sessionId: 'x' }, 'ID_INVALID', 'actor.sessionId'],
    ['with an endless address', { type: 'user', ip: '1'.repeat(65) }, 'INPUT_INVALID', 'actor.ip'],
    ['with more to say', { type: 'user', admin: true }, 'INPUT_INVALID', 'admin'],
    ['riskier than risk', { type: 'user', riskScore: 1.01 }, 'INPUT_INVALID', 'actor.riskScore'],
    ['of no known risk', { type: 'user', riskScore: Number.NaN }, 'INPUT_INVALID', 'actor.riskScore'],
  ]
  it.each(bad)('%s is refused', async (_, actor, code, field) => {
    expect((await refused(() => checkActor(actor as Actor), code)).details.field).toBe(field)
  })

  it('is a copy that nobody changes, with a user agent that fits', () => {
    const given = { type: 'user' as const, userAgent: `${'a'.repeat(511)}\ud83d\ude00` }
    const actor = checkActor(given)
    given.userAgent = 'another'
    expect(actor.userAgent).toBe('a'.repeat(511))
    expect(Object.isFrozen(actor)).toBe(true)
  })

  it('who is another in the same request keeps the request', () => {
    const request = checkActor({ type: 'system', id: 'web', requestId: 'r-1', ip: '192.0.2.1' })
    expect(inRequestOf(request, { type: 'user', id: USER }, { userAgent: 'x' })).toEqual({
      type: 'user',
      id: USER,
      requestId: 'r-1',
      ip: '192.0.2.1',
      userAgent: 'x',
    })
  })
})

describe('the clock of events', () => {
  it('sorts what is told in one millisecond as it was told, and keeps id and moment the same', () => {
    let now = 1_000_000
    const tick = createEventClock(systemRuntime({ now: () => now }))
    const told = Array.from({ length: 10_000 }, (_, i) => {
      // stands still, runs, and is put back a little
      if (i % 1000 === 999) now += i % 2000 === 999 ? 1 : -1
      return tick()
    })
    expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).sort())
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
    for (const { id, at } of told)
      expect([isId(id), Number.parseInt(id.replace('-', '').slice(0, 12), 16)]).toEqual([true, at])
    // 4,096 to a millisecond; the rest borrows from the next
    expect(told.at(-1)!.at - told[0]!.at).toBeLessThan(10)
    now -= 60_000
    expect(tick().at).toBe(now)
  })
})
