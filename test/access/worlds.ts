// Generated tenants to ask about: few roles, places, people and values, so that they meet often.

import fc from 'fast-check'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { KnownPrincipal } from '../../src/core/access/principals.ts'
import { type BookSource, createTenantBook } from '../../src/core/access/tenant-book.ts'
import type { RoleAssignmentRow } from '../../src/core/storage/access-tables.ts'
import type { AccessLoad } from '../../src/core/storage/verbs.ts'
import type { Ask, At, Entry, World } from './reference.ts'
import { assignmentRow } from './rows.ts'

export const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read'] })
/** The last one is the tenant's own. */
export const names = ['note:read', 'note:write', 'invoice:read', 'note:print'] as const
export const FIELDS = ['title', 'body', 'price']

const scalar = fc.constantFrom<string | number | boolean | null>('a', 'b', 1, '1', true, null)
const path = fc.constantFrom(
  ...['principal.id', 'principal.team', 'resource.owner', 'resource.status', 'resource.deep.key', 'resource.list'],
  'context.ip',
)
const operand = fc.oneof({ weight: 3, arbitrary: scalar }, fc.record({ $ref: path }))
const test = fc.oneof(
  operand,
  fc.record({ $eq: operand }),
  fc.record({ $in: fc.oneof(fc.array(operand, { minLength: 1, maxLength: 11 }), fc.record({ $ref: path })) }),
  fc.record({ $eq: operand, $in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
)
const conditions = fc.dictionary(path, test, { minKeys: 1, maxKeys: 3 })
const effect = fc.constantFrom<'allow' | 'deny'>('allow', 'allow', 'deny')
const sometimes = <V>(value: fc.Arbitrary<V>, weight = 2) =>
  fc.oneof({ weight: weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const entry: fc.Arbitrary<Entry> = fc
  .record({
    what: fc.oneof(
      fc.record({ resource: fc.constant('note'), actions: fc.subarray(['read', 'write', 'print'], { minLength: 1 }) }),
      fc.record({ resource: fc.constant('invoice'), actions: fc.constant(['read']) }),
    ),
    effect: sometimes(effect, 1),
    conditions: sometimes(conditions, 1),
    fields: sometimes(fc.subarray(FIELDS, { minLength: 1 }), 3),
  })
  .map(({ what, ...rest }) => ({ ...what, ...given(rest) }))
const entries = fc.array(entry, { maxLength: 3 })
const moment = fc.option(fc.integer({ min: 0, max: 5 }), { nil: null, freq: 2 })

type PlaceRow = World['places'][number]

/** Two organizations with teams in teams, and projects in any of them. */
const places = fc
  .record({ teams: fc.array(fc.nat(), { maxLength: 5 }), projects: fc.array(fc.nat(), { maxLength: 4 }) })
  .map(({ teams, projects }) => {
    const made: PlaceRow[] = [
      { id: 't', kind: 'tenant', above: null },
      { id: 'o1', kind: 'organization', above: 't' },
      { id: 'o2', kind: 'organization', above: 't' },
    ]
    const add = (kind: 'team' | 'project', list: readonly number[]) => {
      const around = made.filter((place) => place.kind === 'organization' || place.kind === 'team')
      for (const [i, nat] of list.entries()) {
        const place: PlaceRow = { id: `${kind}${i}`, kind, above: around[nat % around.length]!.id }
        made.push(place)
        if (kind === 'team') around.push(place)
      }
    }
    add('team', teams)
    add('project', projects)
    return made
  })

const RESOURCES = [
  { type: 'note', id: 'n1' },
  { type: 'note', id: 'n2' },
  { type: 'invoice', id: 'n1' },
] as const
const resource = fc.constantFrom(...RESOURCES)

export const world: fc.Arbitrary<World> = fc
  .tuple(fc.array(fc.tuple(entries, fc.nat()), { minLength: 1, maxLength: 5 }), places)
  .chain(([made, tree]) => {
    const roles = made.map(([held, nat], i) => ({
      id: `r${i}`,
      key: `role-${i}`,
      // an earlier one, so that there is no ring
      parent: i > 0 && nat % 3 > 0 ? `r${nat % i}` : null,
      entries: held,
    }))
    const teams = tree.filter(({ kind }) => kind === 'team').map(({ id }) => id)
    const role = fc.constantFrom(...roles.map(({ id }) => id))
    const at = fc.oneof(
      { weight: 2, arbitrary: fc.constant<At>('t') },
      { weight: 4, arbitrary: fc.constantFrom<At>(...tree.map(({ id }) => id)) },
      { weight: 1, arbitrary: resource as fc.Arbitrary<At> },
    )
    const assignment = fc.record({
      holder: fc.constantFrom('me', 'me', 'everyone', ...teams),
      role,
      at,
      flow: fc.constantFrom<'descendants' | 'self'>('descendants', 'descendants', 'self'),
      startsAt: moment,
      expiresAt: moment,
    })
    const membership = fc.record({ team: fc.constantFrom('', ...teams), role: fc.option(role), entries })
    const policy = fc.record({
      effect,
      principals: fc.uniqueArray(fc.oneof(fc.constantFrom('*', 'me', 'other', ...teams), role), {
        minLength: 1,
        maxLength: 2,
      }),
      actions: fc.subarray<string>([...names], { minLength: 1 }),
      at: fc.array(at, { minLength: 1, maxLength: 2 }),
      conditions: sometimes(conditions, 1),
    })
    const numbered = <V extends object>(letter: string, list: readonly V[]) =>
      list.map((value, i) => ({ ...value, id: `${letter}${i}` }))
    return fc.record({
      places: fc.constant(tree),
      roles: fc.constant(roles),
      assignments: fc.array(assignment, { maxLength: 4 }).map((list) => numbered('a', list)),
      memberships: fc.uniqueArray(membership, { maxLength: 2, selector: ({ team }) => team }).map((list) =>
        numbered(
          'm',
          list.filter(({ team }) => team !== ''),
        ),
      ),
      policies: fc
        .array(policy, { maxLength: 2 })
        .map((list) => list.map((one, i) => ({ ...one, ...given(one), key: `p${i}` }) as World['policies'][number])),
      active: fc.integer({ min: 0, max: 29 }).map((n) => n > 0),
      principal: fc.record({ id: fc.constant('me'), team: scalar }, { requiredKeys: ['id'] }),
    })
  })

const facts = fc.record(
  {
    owner: fc.oneof(scalar, fc.constant('me')),
    status: scalar,
    deep: fc.oneof(scalar, fc.record({ key: scalar }, { requiredKeys: [] })),
    list: fc.array(scalar, { maxLength: 3 }),
  },
  { requiredKeys: [] },
)

export function asks({ places: tree }: World): fc.Arbitrary<Ask> {
  const inside = tree.filter(({ kind }) => kind !== 'tenant').map(({ id }) => id)
  return fc
    .record({
      permission: fc.constantFrom<string>(...names),
      places: fc.oneof(
        fc.constant([]),
        fc.constantFrom(...inside).map((id) => [id]),
        fc.uniqueArray(fc.constantFrom(...inside), { minLength: 1, maxLength: 3 }),
      ),
      on: sometimes(resource),
      fields: sometimes(fc.subarray(FIELDS, { minLength: 1 })),
      resource: fc.option(facts, { nil: undefined }),
      context: fc.option(fc.record({ ip: scalar }, { requiredKeys: [] }), { nil: undefined }),
      now: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ permission, places: where, now, ...rest }) => ({ permission, places: where, now, ...given(rest) }))
}

function given<Value extends object>(value: Value): { [K in keyof Value]: Exclude<Value[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as never
}

/** The world as the storage would answer it, loaded. */
export function load(built: World): KnownPrincipal {
  const own = built.assignments.filter(({ holder }) => holder === 'me').map(rowOf)
  const source = sourceOf(built)
  const answer: AccessLoad = {
    version: 7,
    writes: 7,
    tenant: null,
    principal: { version: 3, active: built.active, attributes: { metadata: built.principal } },
    assignments: own,
    memberships: built.memberships.map(({ id, team, role, entries: held }) => ({
      id,
      team_id: team,
      role_id: role,
      permissions: [...held],
    })),
    resources: resourceRows,
  }
  const book = createTenantBook(source, permissions)
  return new KnownPrincipal({ kind: 'user', id: 'me' }, answer, answer.principal!, book, 0)
}

const resourceRows = RESOURCES.map(({ type, id }) => ({ id: `${type}/${id}`, type, external_id: id }))

function sourceOf({ places: tree, roles, assignments, policies }: World): BookSource {
  const of = (kind: PlaceRow['kind']) => tree.filter((place) => place.kind === kind)
  const around = (place: PlaceRow): { organization_id: string; team: string | null } => {
    const next = tree.find(({ id }) => id === place.above)!
    if (next.kind === 'organization') return { organization_id: next.id, team: null }
    return { organization_id: around(next).organization_id, team: next.id }
  }
  const teamIds = new Set(of('team').map(({ id }) => id))
  const roleIds = new Set(roles.map(({ id }) => id))
  return {
    version: 7,
    writes: 7,
    roles: roles.map(({ id, key, parent, entries: held }) => ({
      ...{ id, key, parent_role_id: parent, system: false },
      permissions: [...held],
    })),
    organizations: of('organization').map(({ id }) => id),
    // whatever the order in which they come
    teams: of('team')
      .map((place) => ({ place, ...around(place) }))
      .map(({ place, organization_id, team }) => ({ id: place.id, organization_id, parent_team_id: team }))
      .reverse(),
    projects: of('project')
      .map((place) => ({ place, ...around(place) }))
      .map(({ place, organization_id, team }) => ({ id: place.id, organization_id, team_id: team })),
    assignments: assignments.filter(({ holder }) => holder !== 'me').map(rowOf),
    resources: resourceRows,
    policies: policies.map(({ key, effect: says, principals, actions, at, conditions: when }) => ({
      ...{ id: key, key, version: 1 },
      document: {
        effect: says,
        principals: principals.map((who) => {
          if (who === '*') return who
          return teamIds.has(who) ? { team: who } : roleIds.has(who) ? { role: who } : { user: who }
        }),
        actions: [...actions],
        resources: at.map((where) => {
          if (typeof where !== 'string') return where
          return where === 't' ? '*' : { [tree.find(({ id }) => id === where)!.kind]: where }
        }),
        ...(when ? { conditions: when } : {}),
      },
    })),
    customPermissions: [{ resource: 'note', action: 'print' }],
  }
}

function rowOf({
  id,
  role,
  at: where,
  holder,
  flow,
  startsAt,
  expiresAt,
}: World['assignments'][number]): RoleAssignmentRow {
  const time = (at: number | null) => (at === null ? null : new Date(at))
  const kind = typeof where === 'string' ? where.replace(/\d$/, '') : 'resource'
  const there = typeof where === 'string' ? where : `${where.type}/${where.id}`
  return assignmentRow({
    ...{ id, role_id: role, flow, starts_at: time(startsAt), expires_at: time(expiresAt) },
    ...(holder === 'me' ? { user_id: 'me' } : holder === 'everyone' ? { everyone: true } : { team_id: holder }),
    ...(kind === 'o' ? { organization_id: there } : {}),
    ...(kind === 'team' ? { scope_team_id: there } : {}),
    ...(kind === 'project' ? { project_id: there } : {}),
    ...(kind === 'resource' ? { resource_id: there } : {}),
  })
}
