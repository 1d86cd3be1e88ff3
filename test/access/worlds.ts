// Generated tenants to ask about: few roles, places, people and values, so that they meet often.

import fc from 'fast-check'
import { definePermissions } from '../../src/core/access/permissions.ts'
import { conditionsOf, questions, TIMES } from './condition-arbitraries.ts'

export interface Entry {
  readonly resource: string
  readonly actions: readonly string[]
  readonly effect?: 'allow' | 'deny'
  readonly conditions?: Readonly<Record<string, unknown>>
  readonly fields?: readonly string[]
}

/** The id of a place, or a thing as the host names it. */
export type At = string | { readonly type: string; readonly id: string }

export interface Role {
  readonly id: string
  readonly key: string
  readonly parent: string | null
  /** What it holds whatever is stored: of a system role. */
  readonly byCode: readonly Entry[]
  readonly entries: readonly Entry[]
}

export interface World {
  /** The tenant is called `t`, and is above all. */
  readonly places: readonly { id: string; kind: 'tenant' | 'organization' | 'team' | 'project'; above: string | null }[]
  readonly roles: readonly Role[]
  /** Held by `me`, `everyone`, or a team. */
  readonly assignments: readonly {
    readonly id: string
    readonly holder: string
    readonly role: string
    readonly at: At
    readonly flow: 'descendants' | 'self'
    readonly startsAt: number | null
    readonly expiresAt: number | null
  }[]
  readonly memberships: readonly { id: string; team: string; role: string | null; entries: readonly Entry[] }[]
  /** Principals: `*`, `me`, or the id of a team or role. Actions: a permission, `note:*`, or `*`. */
  readonly policies: readonly {
    readonly key: string
    readonly effect: 'allow' | 'deny'
    readonly principals: readonly string[]
    readonly actions: readonly string[]
    readonly at: readonly At[]
    readonly conditions?: Readonly<Record<string, unknown>>
  }[]
  readonly active: boolean
  readonly principal: Readonly<Record<string, unknown>>
}

/** A question. */
export interface Ask {
  readonly permission: string
  /** Ids of places. */
  readonly places: readonly string[]
  readonly on?: { readonly type: string; readonly id: string }
  readonly fields?: readonly string[]
  readonly resource?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly now: number
}

export const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read'] })
/** The last one is the tenant's own. */
export const names = ['note:read', 'note:write', 'invoice:read', 'note:print'] as const
export const FIELDS = ['title', 'body', 'price']

const scalar = fc.constantFrom<string | number | boolean | null>('a', 'b', 1, '1', true, null)
const known = ['principal.id', 'principal.team', 'context.ip'] as const
const path = fc.constantFrom(...known, 'resource.owner', 'resource.status', 'resource.deep.key', 'resource.list')
const outside = fc.constantFrom(...known)
const operand = fc.oneof({ weight: 3, arbitrary: scalar }, fc.record({ $ref: path }))
const list = fc.oneof(fc.array(operand, { minLength: 1, maxLength: 11 }), fc.record({ $ref: path }))
/** What most conditions ask, and sometimes holds; and now and then every other operator. */
const test = fc.oneof(
  { weight: 3, arbitrary: operand },
  { weight: 1, arbitrary: fc.record({ $eq: operand }) },
  { weight: 1, arbitrary: fc.record({ $in: list }) },
  { weight: 1, arbitrary: fc.record({ $eq: operand, $in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: questions(path, outside) },
)
const flat = fc.dictionary(path, test, { minKeys: 1, maxKeys: 3 })
const conditions = fc.oneof(
  { weight: 6, arbitrary: flat },
  { weight: 1, arbitrary: fc.record({ 'context.time': test }) },
  { weight: 1, arbitrary: conditionsOf(path, outside) },
)
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
const entries = fc.array(entry, { minLength: 1, maxLength: 3 })
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

export const THINGS = [
  { type: 'note', id: 'n1' },
  { type: 'note', id: 'n2' },
  { type: 'invoice', id: 'n1' },
  { type: 'note', id: '7' },
  { type: 'note', id: '07' },
  { type: 'invoice', id: '0189aaaa-0000-7000-8000-00000000000a' },
  { type: 'note', id: '0189aaaa-0000-7000-8000-00000000000a' },
  { type: 'note', id: '0189AAAA-0000-7000-8000-00000000000A' },
] as const
const resource = fc.constantFrom(...THINGS)

const SYSTEM_ROLES = ['owner', 'member', 'viewer'] as const
const read = (resource: string) => ({ resource, actions: ['read'] })
const BY_CODE: { readonly [R in (typeof SYSTEM_ROLES)[number]]: readonly Entry[] } = {
  owner: [
    { resource: 'note', actions: ['*'] },
    { resource: 'invoice', actions: ['*'] },
  ],
  member: [read('note'), { resource: 'note', actions: ['write'] }, read('invoice')],
  viewer: [read('note'), read('invoice')],
}

export const world: fc.Arbitrary<World> = fc
  .tuple(fc.array(fc.tuple(entries, fc.nat()), { minLength: 1, maxLength: 5 }), places)
  .chain(([made, tree]) => {
    const roles = made.map(([held, nat], i): Role => {
      const system = i === 0 ? SYSTEM_ROLES[nat % 8] : undefined
      return {
        id: `r${i}`,
        key: system ?? `role-${i}`,
        // an earlier one, so that there is no ring
        parent: i > 0 && nat % 3 > 0 ? `r${nat % i}` : null,
        byCode: system ? BY_CODE[system] : [],
        entries: held,
      }
    })
    const teams = tree.filter(({ kind }) => kind === 'team').map(({ id }) => id)
    const role = fc.constantFrom(...roles.map(({ id }) => id))
    const at = fc.oneof(
      { weight: 2, arbitrary: fc.constant<At>('t') },
      { weight: 4, arbitrary: fc.constantFrom<At>(...tree.map(({ id }) => id)) },
      { weight: 1, arbitrary: resource as fc.Arbitrary<At> },
    )
    const assignment = fc
      .record({
        holder: fc.constantFrom('me', 'me', 'everyone', ...teams),
        role,
        at,
        flow: fc.constantFrom<'descendants' | 'self'>('descendants', 'descendants', 'self'),
        startsAt: moment,
        expiresAt: moment,
      })
      // what ended before it began is never written
      .filter(({ startsAt, expiresAt }) => (startsAt ?? -1) < (expiresAt ?? 6))
    const membership = fc.record({ team: fc.constantFrom('', ...teams), role: fc.option(role), entries })
    const policy = fc.record({
      effect,
      principals: fc.uniqueArray(fc.oneof(role, fc.constantFrom('*', 'me', 'other', ...teams)), {
        minLength: 1,
        maxLength: 2,
      }),
      actions: fc.subarray<string>([...names, 'note:*', '*'], { minLength: 1, maxLength: 3 }),
      at: fc.array(at, { minLength: 1, maxLength: 2 }),
      conditions: sometimes(conditions, 1),
    })
    const numbered = <V extends object>(letter: string, list: readonly V[]) =>
      list.map((value, i) => ({ ...value, id: `${letter}${i}` }))
    return fc.record({
      places: fc.constant(tree),
      roles: fc.constant(roles),
      assignments: fc.array(assignment, { minLength: 1, maxLength: 4 }).map((list) => numbered('a', list)),
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

export function asks({ places: tree, roles, assignments, memberships }: World): fc.Arbitrary<Ask> {
  const inside = tree.filter(({ kind }) => kind !== 'tenant').map(({ id }) => id)
  const spoken = [...assignments.map(({ at }) => at), ...memberships.map(({ team }) => team)]
  const said = roles.flatMap(({ entries: of }) =>
    of.flatMap(({ resource: type, actions }) => actions.map((action) => `${type}:${action}`)),
  )
  const lively = inside.filter((id) => spoken.includes(id))
  return fc
    .record({
      permission: fc.constantFrom<string>(...names, ...said),
      places: fc.oneof(
        fc.constant([]),
        fc.constantFrom(...inside).map((id) => [id]),
        // where something is held
        fc.constantFrom(...(lively.length > 0 ? lively : inside)).map((id) => [id]),
        fc.uniqueArray(fc.constantFrom(...inside), { minLength: 1, maxLength: 3 }),
      ),
      on: sometimes(resource),
      fields: sometimes(fc.subarray(FIELDS, { minLength: 1 })),
      resource: fc.option(facts, { nil: undefined }),
      context: fc.option(fc.record({ ip: scalar, time: fc.constantFrom(...TIMES) }, { requiredKeys: [] }), {
        nil: undefined,
      }),
      now: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ permission, places: where, now, ...rest }) => ({ permission, places: where, now, ...given(rest) }))
}

function given<Value extends object>(value: Value): { [K in keyof Value]: Exclude<Value[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as never
}
