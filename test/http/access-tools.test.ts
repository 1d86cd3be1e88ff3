// Lint, documents, diffs and previews over HTTP: what each asks for, and that none answers what its caller may not read.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ModelPart } from '../../src/core/access/tools/model.ts'
import { accessToolRoutes } from '../../src/core/http/access-tool-routes.ts'
import {
  type Answer,
  type Caller,
  type House,
  NOBODY,
  openHouse,
  outcome as outcomeOf,
  type Person,
} from './callers.ts'

const FORMAT = 'freehold.access/1'
const NOTES = [{ resource: 'note', actions: ['read'] }]
const POLICY = { effect: 'deny', principals: ['*'], actions: ['note:read'], resources: ['*'] } as const
const READ_ALL = ['role:read', 'policy:read', 'assignment:read', 'user:read', 'service-account:read']
const NAMES = ['user:read', 'service-account:read']
const WRITE_NOTHING = { document: { format: FORMAT }, dryRun: true }

/** A document has a `code`, too. */
const outcome = async (answer: Promise<Answer>) => ((await answer).status === 200 ? 200 : outcomeOf(answer))

let house: House
let owner: Person
beforeAll(async () => {
  house = await openHouse()
  owner = await house.person(house.acme, { role: 'owner' })
  await house.acme.roles.create({ key: 'idle', name: 'Idle', permissions: NOTES })
})
afterAll(() => house[Symbol.asyncDispose]())

let number = 0
/** Somebody who holds just this. */
async function holder(...names: readonly string[]): Promise<Person> {
  return house.person(house.acme, { role: await roleOf(names) })
}
async function roleOf(names: readonly string[]): Promise<string> {
  const key = `holder-${++number}`
  const permissions = names.map((name) => {
    const [resource = '', action = ''] = name.split(':')
    return { resource, actions: [action] }
  })
  await house.acme.roles.create({ key, permissions })
  return key
}

/** Route and body, and all that it asks for. */
const TOOLS: readonly (readonly [name: string, needs: readonly string[], body: object | undefined])[] = [
  ['GET access/lint', READ_ALL, undefined],
  ['GET access/model', ['role:read', 'policy:read', ...NAMES], undefined],
  [
    'GET access/model?places=true',
    ['role:read', 'policy:read', ...NAMES, 'organization:read', 'team:read', 'project:read'],
    undefined,
  ],
  ['GET access/model?assignments=true', [...READ_ALL, 'team:read', 'resource:read'], undefined],
  ['POST access/model', ['role:write'], WRITE_NOTHING],
  ['POST access/diff', READ_ALL, { roles: { remove: ['idle'] } }],
  ['POST policies/preview', ['policy:read', 'role:read', 'assignment:read'], { document: POLICY }],
]

function ask(who: Caller, name: string, body?: unknown) {
  const [method = '', path = ''] = name.split(' ')
  return who.ask(method, path, body)
}

it('the table has every tool', () => {
  const named = new Set(TOOLS.map(([name]) => name.split('?')[0]))
  const routes = accessToolRoutes({ bodyOf: async () => ({}) })
  expect([...named].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

describe.each(TOOLS)('%s', (name, needs, body) => {
  it('is for who holds all that it asks for, and refuses who lacks any of it', async () => {
    expect(await outcome(ask(await holder(...needs), name, body))).toBe(200)
    for (const lacking of needs) {
      const answer = await ask(await holder(...needs.filter((one) => one !== lacking)), name, body)
      expect([answer.status, answer.code, answer.permission]).toEqual([403, 'FORBIDDEN', lacking])
    }
  })

  it('asks for it in the whole tenant, and takes no stranger', async () => {
    const [main] = (await house.acme.organizations.list()).items
    const local = await house.person(house.acme, { role: 'admin', scope: { organization: main! } })
    expect(await outcome(ask(local, name, body))).toBe('403 FORBIDDEN')
    expect(await outcome(ask(house.stranger(house.acme), name, body))).toBe('401 UNAUTHENTICATED')
  })

  it('takes an API key to read, and only one that is for all of it', async () => {
    const whole = await house.program(house.acme, undefined, { role: 'admin' })
    const part = await house.program(house.acme, needs.slice(0, -1), { role: 'admin' })
    const reads = name.startsWith('GET')
    expect(await outcome(ask(whole, name, body))).toBe(reads ? 200 : '401 UNAUTHENTICATED')
    expect(await outcome(ask(part, name, body))).toBe(reads ? '403 FORBIDDEN' : '401 UNAUTHENTICATED')
  })
})

const OWN = (kind: string) => [`${kind}:read`, `${kind}:write`]
const PARTS: Readonly<Record<ModelPart, readonly string[]>> = {
  permissions: OWN('role'),
  organizations: OWN('organization'),
  teams: OWN('team'),
  projects: OWN('project'),
  roles: OWN('role'),
  policies: [...OWN('policy'), ...NAMES],
  members: [...OWN('team'), ...NAMES],
  resources: OWN('resource'),
  assignments: [...OWN('assignment'), ...NAMES],
}

describe('an import', () => {
  it.each(Object.entries(PARTS))('of %s asks for that part, even when it is empty', async (part, needs) => {
    const body = { document: { format: FORMAT, [part]: [] }, dryRun: true }
    const all = ['role:write', ...needs]
    expect(await outcome(ask(await holder(...all), 'POST access/model', body))).toBe(200)
    for (const lacking of needs) {
      const answer = await ask(await holder(...all.filter((one) => one !== lacking)), 'POST access/model', body)
      expect([answer.status, answer.permission]).toEqual([403, lacking])
    }
  })

  it('that replaces organizations asks for what goes with them', async () => {
    const [document, needs] = [{ format: FORMAT, organizations: [] }, ['role:write', ...PARTS.organizations]]
    const almost = await holder(...needs, 'team:write', 'project:write')
    const answer = await ask(almost, 'POST access/model', { document, mode: 'replace', dryRun: true })
    expect([answer.status, answer.permission]).toEqual([403, 'resource:write'])
    expect(await outcome(ask(almost, 'POST access/model', { document, dryRun: true }))).toBe(200)
  })

  it('gives nothing that who imports does not hold, and then does nothing at all', async () => {
    const writer = await holder('role:read', 'role:write', 'assignment:read', 'assignment:write', ...NAMES)
    const rich = { key: 'rich', name: 'Rich', permissions: [{ resource: 'invoice', actions: ['refund'] }] }
    for (const document of [
      { format: FORMAT, roles: [{ key: 'modest', name: 'Modest', permissions: [] }, rich] },
      { format: FORMAT, assignments: [{ principal: { user: writer.user.email }, role: 'owner' }] },
    ]) {
      for (const dryRun of [true, false]) {
        const answer = await ask(writer, 'POST access/model', { document, dryRun })
        expect([answer.status, answer.code]).toEqual([403, 'GRANT_REFUSED'])
      }
    }
    expect(await outcome(owner.ask('GET', 'roles/modest'))).toBe('404 ROLE_UNKNOWN')
  })

  it('takes a fresh proof of who asks, with their second factor, also to see what it would do (M09)', async () => {
    const admin = await house.person(house.acme, { role: 'admin' })
    const { factor, secret } = await admin.ask('POST', 'factors/totp', { name: 'App' })
    const { generate } = await import('otplib')
    const code = await generate({ secret, epoch: Math.floor(Date.now() / 1000) })
    expect(await outcome(admin.ask('POST', `factors/${factor.id}/confirm`, { code }))).toBe(200)
    const document = { format: FORMAT, roles: [{ key: 'stale', name: 'Stale', permissions: [] }] }
    for (const dryRun of [true, false]) {
      expect(await outcome(ask(admin, 'POST access/model', { document, dryRun }))).toBe('401 STEP_UP_REQUIRED')
    }
    expect(await outcome(owner.ask('GET', 'roles/stale'))).toBe('404 ROLE_UNKNOWN')
  })

  it('is as the document says, once it is no dry run, and is audited as of who asks', async () => {
    const conditions = { $or: [{ $not: { $and: [{ $or: [{ 'resource.owner_id': { $ref: 'principal.id' } }] }] } }] }
    const role = { key: 'carried', name: 'Carried', permissions: [{ ...NOTES[0], conditions }] }
    const document = { format: FORMAT, roles: [role] }
    const steps = [{ part: 'roles', action: 'create', name: 'carried' }]
    const dry = await ask(owner, 'POST access/model', { document, dryRun: true })
    expect([dry.status, dry.steps, dry.dryRun]).toEqual([200, steps, true])
    expect(await outcome(owner.ask('GET', 'roles/carried'))).toBe('404 ROLE_UNKNOWN')
    expect((await ask(owner, 'POST access/model', { document })).steps).toEqual(steps)
    const [event] = (await house.acme.audit.list({ limit: 1 })).items
    expect([event!.action, event!.actor.id]).toEqual(['access.imported', owner.user.id])
    const { status, ...written } = await owner.ask('GET', 'access/model')
    expect(written.roles).toContainEqual(role)
    expect((await ask(owner, 'POST access/model', { document: written, mode: 'replace' })).steps).toEqual([])
  })
})

describe('what is read', () => {
  it('is what the methods answer', async () => {
    const { access } = house.acme
    const { status: linted, ...report } = await owner.ask('GET', 'access/lint')
    expect([linted, report]).toEqual([200, await access.lint()])
    expect(report.findings).toContainEqual(expect.objectContaining({ code: 'role-unused', path: 'roles/idle' }))
    for (const [query, options] of [
      ['', {}],
      ['?places=false&assignments=false', {}],
      ['?places=true&assignments=true', { places: true, assignments: true }],
    ] as const) {
      const { status, ...document } = await owner.ask('GET', `access/model${query}`)
      expect([status, document]).toEqual([200, await access.export(options)])
    }
  })

  it('has nothing of another tenant, nor anything secret', async () => {
    await house.globex.roles.create({ key: 'foreign' })
    const robot = await house.program(house.acme, undefined, { role: 'viewer' })
    const text = JSON.stringify(await owner.ask('GET', 'access/model?places=true&assignments=true'))
    expect(text).toContain(robot.account.name)
    expect(text).not.toMatch(/foreign|hash|secret|password|token/i)
  })
})

describe('a diff', () => {
  let reader: Person
  let watched: Person
  beforeEach(async () => {
    reader = await holder(...READ_ALL)
    watched = await house.person(house.acme)
  })

  it('tells what a grant would give, named as over HTTP, in pages, and changes nothing', async () => {
    const { length } = (await house.acme.audit.list({ limit: 200 })).items
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const grant = [{ principal: { kind: 'user', id: watched.user.id }, role: 'idle', expiresAt }]
    const seen = []
    let cursor: string | undefined
    do {
      const body = { assignments: { grant }, limit: 200, ...(cursor ? { cursor } : {}) }
      const answer = await ask(reader, 'POST access/diff', body)
      expect(answer.status).toBe(200)
      seen.push(...answer.items)
      cursor = answer.next ?? undefined
    } while (cursor)
    expect(seen).toEqual([
      {
        principal: { kind: 'user', id: watched.user.id, name: watched.user.email },
        gained: [expect.objectContaining({ permission: 'note:read', where: 'everywhere', after: 'allowed' })],
        lost: [],
        changed: [],
        complete: true,
      },
    ])
    expect((await house.acme.audit.list({ limit: 200 })).items).toHaveLength(length)
    const { items } = await house.acme.assignments.list({ principal: watched.user })
    expect(items).toEqual([])
  })

  it('takes a document, and looks at service accounts', async () => {
    const document = { format: FORMAT, roles: [{ key: 'idle', name: 'Idle', permissions: [] }] }
    const { account } = await house.program(house.acme, undefined, { role: 'idle' })
    const answer = await ask(reader, 'POST access/diff', { document, kind: 'service_account' })
    expect(answer.items).toMatchObject([{ principal: { id: account.id }, lost: [{ permission: 'note:read' }] }])
  })
})

it('A09: ids of another tenant and of nobody are answered alike', async () => {
  const foreigner = await house.person(house.globex, { role: 'owner' })
  const theirs = await house.acme.policies.create({ key: 'theirs', document: POLICY })
  const asked = (user: string, policy: string) => [
    ask(foreigner, 'POST access/diff', {
      assignments: { grant: [{ principal: { kind: 'user', id: user }, role: 'viewer' }] },
    }),
    ask(foreigner, 'POST access/diff', { policies: { remove: [policy] } }),
    ask(foreigner, 'POST policies/preview', { document: { ...POLICY, principals: [{ user }] } }),
    ask(foreigner, 'POST policies/preview', { document: null, policy }),
  ]
  const [foreign, nobody] = await Promise.all([
    Promise.all(asked(owner.user.id, theirs.id).map(outcome)),
    Promise.all(asked(NOBODY, NOBODY).map(outcome)),
  ])
  expect(foreign).toEqual(nobody)
  expect(foreign.map((one) => String(one).slice(0, 3))).toEqual(['404', '404', '404', '404'])
  const document = { format: FORMAT, assignments: [{ principal: { user: owner.user.email }, role: 'viewer' }] }
  expect(await outcome(ask(foreigner, 'POST access/model', { document }))).toBe('422 MODEL_INVALID')
  await house.acme.policies.remove('theirs')
})

it('a preview tells whom a policy would take what, and saves none', async () => {
  const reader = await holder('policy:read', 'role:read', 'assignment:read')
  const member = await house.person(house.acme, { role: 'idle' })
  const document = { ...POLICY, principals: [{ user: member.user.id }] }
  const answer = await ask(reader, 'POST policies/preview', { document })
  const changes = [{ scope: { kind: 'tenant' }, permission: 'note:read', before: 'allowed', after: 'refused' }]
  expect([answer.status, answer.items]).toEqual([200, [{ principal: { kind: 'user', id: member.user.id }, changes }]])
  expect((await owner.ask('GET', 'policies')).items).toEqual([])
})
