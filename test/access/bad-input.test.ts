// Every call of access with each part of what it is given replaced by what nobody should send: it is told with a code of ours
// and changes nothing, or it is a text that may be. Never is anybody allowed more by it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createMailbox } from '../../src/adapters/testing/index.ts'
import { customPermission } from '../../src/core/access/permissions.ts'
import { createFreehold, type Freehold, FreeholdError, type Storage } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { createTestDatabase } from '../setup/database.ts'
import { refused } from '../setup/refusal.ts'
import { FREE, isHarmless, UNTOLD, WRONG } from './bad-values.ts'
import { type Call, callsOf, type Furniture, furnish, type Tenant } from './calls.ts'
import { type P, permissions } from './house.ts'

type Path = readonly (string | number)[]
function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null || value instanceof Date) return
  for (const [key, item] of Object.entries(value))
    yield* pathsIn(item, [...path, Array.isArray(value) ? Number(key) : key])
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

const options = {
  keys: testKeys,
  permissions,
  passwordHasher: quickHasher,
  mailer: createMailbox(),
  messages: { baseUrl: 'https://a.test' },
}

class TakenBack extends Error {}

/** What came of it; whatever it did is taken back. */
async function attempt(acme: Tenant, eve: { readonly id: string }, { make }: Call, args: readonly unknown[]) {
  let said = ''
  await acme
    .transaction(async (unit) => {
      try {
        await make(unit as never, args as never)
        said = 'done'
      } catch (error) {
        // told, or a bug of ours
        said = FreeholdError.is(error) ? error.code : `${error}`
      }
      // eve holds nothing, and none of this is about her
      if (said === 'done') {
        const { allowed, conditional } = await unit.access.permissionsOf(eve.id as never)
        if (allowed.length + conditional.length > 0) said = `eve may ${allowed[0] ?? conditional[0]}`
      }
      throw new TakenBack()
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakenBack)) said ||= `${error}`
    })
  return said
}

describe.each([
  [
    'in memory',
    async () => ({ storage: memory() as Storage<unknown>, end: async () => undefined }),
    Object.keys(WRONG),
  ],
  [
    'on PostgreSQL, what a text column or an id may choke on',
    async () => {
      const database = await createTestDatabase()
      return { storage: postgres({ pool: database.appPool }) as Storage<unknown>, end: () => database.close() }
    },
    ['NUL', 'half a pair', '__proto__key', 'no such id', 'infinity', 'a boxed text'],
  ],
] as const)('%s', (_, open, kinds) => {
  let freehold: Freehold<unknown, P>
  let end: () => Promise<unknown>
  let acme: Tenant
  let other: Tenant
  let furniture: Furniture
  beforeAll(async () => {
    const opened = await open()
    end = opened.end
    freehold = await createFreehold({ storage: opened.storage, ...options, onWarning: () => undefined })
    acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    other = await freehold.tenants.create({ slug: 'other', name: 'Other' })
    furniture = await furnish(acme, other)
  })
  afterAll(async () => {
    await freehold?.close()
    await end?.()
  })

  it('each call does something as it stands', async () => {
    for (const [name, call] of Object.entries(callsOf(furniture))) {
      const expected =
        name === 'roles.remove' ? 'ROLE_SYSTEM' : name === 'organizations.remove' ? 'LAST_ORGANIZATION' : 'done'
      expect(await attempt(acme, furniture.eve, call, call.args), name).toBe(expected)
    }
  })

  it('what nobody should send is told, and changes nothing', async () => {
    const before = await state(acme)
    const found: string[] = []
    let tried = 0
    for (const [name, call] of Object.entries(callsOf(furniture))) {
      for (const path of pathsIn(call.args)) {
        const where = path.join('.')
        for (const kind of kinds) {
          tried++
          const said = await attempt(acme, furniture.eve, call, replaced(call.args, path, WRONG[kind]) as unknown[])
          const free = FREE.test(where) || call.may?.some((one) => where === one)
          if (
            said === 'done' ? !free && !isHarmless(name, where, kind) : !/^[A-Z_]+$/.test(said) || UNTOLD.includes(said)
          ) {
            found.push(`${name} ${where} = ${kind}: ${said}`)
          }
        }
      }
    }
    expect(found).toEqual([])
    expect(tried).toBeGreaterThan(kinds.length * 100)
    expect(await state(acme)).toEqual(before)
  }, 120_000)

  it('what is another tenant’s is nobody’s here', async () => {
    const { foreign, team, organization, ana } = furniture
    const wrong: [string, () => Promise<unknown>, string][] = [
      ['user', () => acme.assignments.grant({ principal: foreign.user, role: 'clerk' }), 'PRINCIPAL_UNKNOWN'],
      [
        'account',
        () => acme.assignments.grant({ principal: { kind: 'service_account', id: foreign.account }, role: 'clerk' }),
        'PRINCIPAL_UNKNOWN',
      ],
      [
        'team that holds',
        () => acme.assignments.grant({ principal: { kind: 'team', id: foreign.team }, role: 'clerk' }),
        'TEAM_UNKNOWN',
      ],
      ['role', () => acme.assignments.grant({ principal: ana, role: foreign.role }), 'ROLE_UNKNOWN'],
      [
        'organization',
        () => acme.assignments.grant({ principal: ana, role: 'clerk', scope: { organization: foreign.organization } }),
        'ORGANIZATION_UNKNOWN',
      ],
      [
        'team',
        () => acme.assignments.grant({ principal: ana, role: 'clerk', scope: { team: foreign.team } }),
        'TEAM_UNKNOWN',
      ],
      [
        'project',
        () => acme.assignments.grant({ principal: ana, role: 'clerk', scope: { project: foreign.project } }),
        'PROJECT_UNKNOWN',
      ],
      [
        'resource',
        () => acme.assignments.grant({ principal: ana, role: 'clerk', scope: { resource: foreign.resource } }),
        'RESOURCE_UNKNOWN',
      ],
      ['parent of a role', () => acme.roles.create({ key: 'heir', parent: foreign.role }), 'ROLE_UNKNOWN'],
      ['member', () => acme.teams.members.add(team, { principal: foreign.user }), 'PRINCIPAL_UNKNOWN'],
      ['role of a member', () => acme.teams.members.update(team, ana, { role: foreign.role }), 'ROLE_UNKNOWN'],
      ['team above', () => acme.teams.move(team, { parent: foreign.team }), 'TEAM_UNKNOWN'],
      [
        'team of a project',
        () => acme.projects.create({ organization, key: 'new', team: foreign.team }),
        'TEAM_UNKNOWN',
      ],
      [
        'place of a thing',
        () => acme.resources.register({ type: 'note', externalId: 'new', in: { project: foreign.project } }),
        'PROJECT_UNKNOWN',
      ],
      [
        'organization invited to',
        () =>
          acme.invitations.send({
            email: 'x@example.test',
            to: { organization: foreign.organization },
            roles: ['clerk'],
          }),
        'ORGANIZATION_UNKNOWN',
      ],
      [
        'role invited to',
        () => acme.invitations.send({ email: 'x@example.test', roles: [foreign.role] }),
        'ROLE_UNKNOWN',
      ],
      ['who is asked about', () => acme.access.check(foreign.user, 'note:read'), 'PRINCIPAL_UNKNOWN'],
      ['place that is asked about', () => acme.access.check(ana, 'note:read', { team: foreign.team }), 'TEAM_UNKNOWN'],
      ['permission', () => acme.access.check(ana, customPermission('theirs:open')), 'PERMISSION_UNKNOWN'],
    ]
    for (const [name, work, code] of wrong) {
      const said = await work().then(
        () => 'done',
        (error: FreeholdError) => error.code,
      )
      expect(said, name).toBe(code)
    }
    const dangling = (one: object) => ({
      effect: 'allow' as const,
      principals: ['*' as const],
      actions: ['note:read'],
      resources: ['*' as const],
      ...one,
    })
    for (const one of [
      { principals: [{ user: foreign.user }] },
      { principals: [{ team: foreign.team }] },
      { principals: [{ role: foreign.role }] },
      { resources: [{ project: foreign.project }] },
    ]) {
      const call = {
        args: [{ key: 'dangling', document: dangling(one) }],
        make: (a: Tenant, [x]: readonly never[]) => a.policies.create(x!),
      }
      expect(await attempt(acme, furniture.eve, call, call.args), JSON.stringify(one)).toMatch(
        /_UNKNOWN$|POLICY_INVALID/,
      )
    }
  })

  it('a place that is no place is told from memory, too', async () => {
    const { ana } = furniture
    expect(await acme.access.check(ana, 'note:read')).toBe(true)
    const held = await acme.access.principal(ana)
    for (const options of [null, 'team', 5, true, () => ({})] as never[]) {
      await refused(() => acme.access.check(ana, 'note:read', options), 'INPUT_INVALID')
      await refused(() => held.can('note:read', options), 'INPUT_INVALID')
      await refused(() => held.explain('note:read', options), 'INPUT_INVALID')
    }
  })

  it('what is over gives nothing, and what is still to come nothing yet', async () => {
    const { bob } = furniture
    const past = { startsAt: new Date('2001-01-01'), expiresAt: new Date('2002-01-01') }
    const coming = { startsAt: new Date(Date.now() + 3_600_000) }
    for (const times of [past, coming]) {
      const held = await acme.assignments.grant({ principal: bob, role: 'owner', ...times })
      expect(await acme.access.permissionsOf(bob)).toEqual({ allowed: [], conditional: [] })
      await acme.assignments.revoke(held)
    }
    const wrong = [
      { startsAt: new Date('2031-01-01'), expiresAt: new Date('2030-01-01') },
      { startsAt: new Date('2031-01-01'), expiresAt: new Date('2031-01-01') },
      { expiresAt: new Date(-1) },
      { expiresAt: new Date(8.64e15) },
      { for: 999 },
      { for: 367 * 86_400_000 },
      { for: 5000, expiresAt: new Date('2031-01-01') },
    ]
    for (const times of wrong) {
      const call = {
        args: [{ principal: bob, role: 'clerk', ...times }],
        make: (a: Tenant, [x]: readonly never[]) => a.assignments.grant(x!),
      }
      expect(await attempt(acme, furniture.eve, call, call.args), JSON.stringify(times)).toBe('INPUT_INVALID')
    }
  })
})

/** All that there is, and how much was written about it. */
async function state(acme: Tenant) {
  const events = (await acme.audit.list({ limit: 200 })).items.map(({ id }) => id)
  return { model: await acme.access.export({ places: true, assignments: true }), events }
}
