// What goes in comes out: text, JSON, bytes, lists, times, numbers. And nobody else's object is kept.

import { ok, strictEqual } from 'node:assert/strict'
import { refused, same } from '../answers.ts'
import { examine } from '../question.ts'
import { hash, sessionOpening } from '../room.ts'

export const fidelity = examine('fidelity', [
  {
    name: 'text keeps every character',
    async ask({ scope, user }) {
      const texts = [
        "it's",
        '"quoted"',
        'back\\slash',
        '$1 $$',
        '%s',
        ' spaced ',
        'Zoë',
        'ñ',
        'ﬀ',
        '日本',
        '👩‍👩‍👧',
        '\u202e',
        'a\nb\tc\r',
        'null',
        "';--",
      ]
      for (const name of texts) {
        const { id } = await user({ name })
        strictEqual((await scope.records.get('users', { id }))?.name, name)
        strictEqual(await scope.records.count('users', { name }), 1)
      }
      same(
        (await scope.records.find('users', { where: { name: { in: texts } }, limit: 100 })).map(({ name }) => name),
        texts,
      )
    },
  },
  {
    name: 'text compares by its characters: case, accents and forms are distinct',
    async ask({ scope, user }) {
      for (const name of ['e', 'E', 'é', 'e\u0301']) await user({ name })
      for (const name of ['e', 'E', 'é', 'e\u0301']) strictEqual(await scope.records.count('users', { name }), 1)
    },
  },
  {
    name: 'JSON keeps every value that JSON has',
    async ask({ scope, id }) {
      const odd = {
        '': 'empty key',
        'a.b': { $ref: '#' },
        'quote\'"\\': [[], {}, [[null]], [1, 'two', false]],
        numbers: [0, 1, -1, 1.5, 1e21, 1e-7, 5e-324, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE],
        texts: ['', ' ', 'null', '{"a":1}', '\u2028', 'é', '日本', '👍', '\\u0000', '\t\n'],
        nothing: null,
        in: ['looks like a condition'],
        fromNowMs: 5,
        add: 1,
        deep: nested(60),
      }
      const rows = [
        odd,
        JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
        {},
        { in: [1] },
        { fromNowMs: 5 },
      ]
      for (const details of rows) {
        const [stored] = await scope.records.insert('security_events', [{ id: id(), kind: 'exam', details }])
        same(stored!.details, details)
        same((await scope.records.get('security_events', { id: stored!.id }))!.details, details)
      }
      strictEqual(({} as { polluted?: boolean }).polluted, undefined)
    },
  },
  {
    name: 'JSON can be changed to any other, one that looks like a counter too',
    async ask({ scope, user }) {
      const { id } = await user({ metadata: { a: 1 } })
      for (const metadata of [{ add: 1 }, { not: null }, {}, { fromNowMs: 1 }]) {
        const [row] = await scope.records.update('users', { id }, { metadata })
        same(row!.metadata, metadata)
      }
    },
  },
  {
    name: 'JSON and text that the database cannot hold are refused',
    async ask({ scope, id, user }) {
      const kept = await user()
      for (const details of [{ a: 'nul \0' }, { 'key\0': 1 }, { a: '\ud800' }]) {
        await refused(
          scope.records.insert('security_events', [{ id: id(), kind: 'exam', details }]),
          'ROW_REFUSED',
          'INPUT_INVALID',
        )
      }
      await refused(scope.records.update('users', { id: kept.id }, { name: 'nul \0' }), 'ROW_REFUSED', 'INPUT_INVALID')
      strictEqual(await scope.records.count('security_events'), 0)
      same(await scope.records.get('users', { id: kept.id }), kept)
    },
  },
  {
    name: 'bytes keep every byte, and a view into a larger buffer is that view',
    async ask({ scope }) {
      const every = Uint8Array.from({ length: 256 }, (_, i) => i)
      const subjects = [
        every.subarray(0, 32),
        every.subarray(224),
        new Uint8Array(32),
        Buffer.from(every).subarray(90, 122),
      ]
      await scope.records.insert(
        'sign_in_attempts',
        subjects.map((subject) => ({ pool: 'exam', subject })),
      )
      for (const subject of subjects) {
        const found = await scope.records.get('sign_in_attempts', { pool: 'exam', subject })
        ok(found?.subject instanceof Uint8Array)
        same(found.subject, subject)
      }
      strictEqual(await scope.records.count('sign_in_attempts', { subject: { in: subjects.slice(0, 2) } }), 2)
    },
  },
  {
    name: 'lists of text keep their order, and what needs quoting',
    async ask({ scope, user, id }) {
      const lists = [
        [],
        ['pwd'],
        ['b', 'a', 'b'],
        ['', ' ', 'NULL', 'null', 'a,b', '{c}', '"d"', "e'", 'f\\', '日本', '\n'],
      ]
      for (const authenticationMethods of lists) {
        const { id: userId } = await user()
        const session = await scope.verbs.openSession(sessionOpening({ id: id(), userId, authenticationMethods }))
        same(session?.authentication_methods, authenticationMethods)
        const [row] = await scope.records.update(
          'sessions',
          { id: session!.id },
          { authentication_methods: [...authenticationMethods, 'otp'] },
        )
        same(row?.authentication_methods, [...authenticationMethods, 'otp'])
      }
    },
  },
  {
    name: 'times keep their milliseconds, far from today too',
    async ask({ scope, user }) {
      for (const text of [
        '1970-01-01T00:00:00.000Z',
        '2026-11-22T23:59:59.999Z',
        '2000-02-29T12:00:00.001Z',
        '1900-01-01T00:00:00.500Z',
        '9999-12-31T23:59:59.999Z',
      ]) {
        const { id, email_verified_at } = await user({ email_verified_at: new Date(text) })
        strictEqual(email_verified_at?.toISOString(), text)
        strictEqual(await scope.records.count('users', { id, email_verified_at: new Date(text) }), 1)
      }
      await refused(user({ email_verified_at: new Date(Number.NaN) }), 'ROW_REFUSED', 'INPUT_INVALID')
    },
  },
  {
    name: 'bigint counters are numbers, never text',
    async ask({ scope }) {
      const [row] = await scope.records.insert('sign_in_attempts', [{ pool: 'p', subject: hash('s'), failures: 10 }])
      strictEqual(row!.failures, 10)
      strictEqual((await scope.records.get('sign_in_attempts', { pool: 'p', subject: hash('s') }))!.failures, 10)
      strictEqual(await scope.records.count('sign_in_attempts', { failures: { from: 9 } }), 1)
      strictEqual(await scope.records.count('sign_in_attempts', { failures: { before: 9 } }), 0)
    },
  },
  {
    name: 'nobody can change what is stored by changing what they gave or got',
    async ask({ scope, user, id }) {
      const metadata = { list: [1] }
      const given = await user({ metadata })
      metadata.list.push(2)
      const currentHash = hash('mine')
      const session = await scope.verbs.openSession(sessionOpening({ id: id(), userId: given.id, currentHash }))
      currentHash.fill(0)
      const got = await scope.records.get('users', { id: given.id })
      Object.assign(got!, { name: 'changed' })
      Object.assign(got!.metadata, { list: 'changed' })
      got!.created_at.setTime(0)
      session!.current_hash.fill(0)
      session!.authentication_methods.push('changed')
      session!.absolute_expires_at.setTime(0)
      const again = await scope.records.get('users', { id: given.id })
      strictEqual(again!.name, null)
      same(again!.metadata, { list: [1] })
      ok(again!.created_at.getTime() > 0)
      const kept = await scope.records.get('sessions', { id: session!.id })
      same(kept!.current_hash, hash('mine'))
      same(kept!.authentication_methods, ['pwd'])
      ok(kept!.absolute_expires_at.getTime() > 0)
    },
  },
])

function nested(depth: number): unknown {
  return depth === 0 ? [] : { [depth]: [nested(depth - 1)] }
}
