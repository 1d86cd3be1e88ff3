// The same workload with places: ten organizations with teams below teams and projects in them; assignments in all of
// these and on single resources, some that are over or will be, and roles that deny. With an answer to each question
// from plain data. No rival has places: what is measured beside it answers the questions without.

import type { CheckOptions } from 'freehold'
import { houseOf, idOf, permissions, rolesOf, WHOLE } from './access-loads.ts'
import { entriesOf, generator, holdAgainst, type World, type WorldRole } from './access-world.ts'

interface Place {
  readonly kind: 'organization' | 'team' | 'project'
  readonly id: string
  readonly above: Place | undefined
}
/** Undefined: the whole tenant. */
type Scope = Place | { readonly kind: 'resource'; readonly type: string; readonly id: string } | undefined
interface Assignment {
  readonly role: number
  readonly scope: Scope
  readonly over: boolean
  readonly ends: boolean
}
interface Question {
  readonly user: number
  readonly permission: number
  readonly owner: number
  readonly place: Place
  readonly resource: string | undefined
}

const DENYING_ROLES = 5
const QUESTIONS = 5000
const RESOURCES = 40
const DAY = 86_400_000

export interface CheckInPlaces {
  check(question: number): Promise<boolean>
  readonly questions: number
  close(): Promise<void>
}

/** @throws when an answer is another than the plain data give */
export async function checksInPlaces(world: World): Promise<CheckInPlaces> {
  const random = generator(20_261_128)
  const below = (n: number): number => Math.floor(random() * n)
  const roles = withDenials(world, below)
  const places = makePlaces()
  const users = world.users.map((held) => held.map((role) => assignmentOf(role, places, below)))
  // every tenth user is denied something somewhere
  for (let user = 0; user < users.length; user += 10) {
    users[user]!.push(assignmentOf(world.roles.length + below(DENYING_ROLES), places, below))
  }
  const asked: { readonly question: Question; readonly expected: boolean }[] = []
  while (asked.length < QUESTIONS) {
    const wanted = asked.length % 2 === 0
    const question = questionOf(users, roles, places, wanted, below)
    const expected = answerOf(users[question.user]!, roles, question)
    const other = { ...question, owner: question.owner === question.user ? -1 : question.user }
    const hangs = answerOf(users[question.user]!, roles, other) !== expected
    if (expected === wanted && hangs === asked.length % 10 < 2) asked.push({ question, expected })
  }
  const house = await houseOf({
    tenant: { ...treeOf(places), roles: rolesOf(roles) },
    users: users.map((held) => ({
      assignments: held.map(rowOf),
      resources: held.flatMap(({ scope }) =>
        scope?.kind === 'resource' ? { id: `${scope.type}/${scope.id}`, type: scope.type, external_id: scope.id } : [],
      ),
    })),
  })
  const checks = asked.map(({ question: { user, permission, owner, place, resource } }) => ({
    user: house.users[user]!,
    name: permissions.names[permission]!,
    options: {
      resource: { owner: house.users[owner] },
      [place.kind]: place.id,
      ...(resource === undefined ? {} : { on: { type: typeOf(permission), id: resource } }),
    } as CheckOptions,
  }))
  const check = (question: number) => {
    const { user, name, options } = checks[question]!
    return house.acme.access.check(user, name, options)
  }
  const answers: boolean[] = []
  for (const question of checks.keys()) answers.push(await check(question))
  const expected = asked.map(({ question, expected }) => ({ ...question, expected }))
  holdAgainst({ ...world, questions: expected }, 'access.check in places', answers)
  return { check, questions: checks.length, close: () => house.close() }
}

function withDenials({ roles }: World, below: (n: number) => number): readonly WorldRole[] {
  const denying = Array.from({ length: DENYING_ROLES }, (_, n): WorldRole => {
    const denied = new Set(Array.from({ length: 100 }, () => below(permissions.names.length)))
    const entries = [...denied].map((permission) => ({ permission, own: below(5) === 0, deny: true }))
    return { key: `denying-${n}`, parent: undefined, entries }
  })
  return [...roles, ...denying]
}

function makePlaces(): readonly Place[] {
  const places: Place[] = []
  const add = (kind: Place['kind'], above: Place | undefined): Place => {
    const place = { kind, id: crypto.randomUUID(), above }
    places.push(place)
    return place
  }
  for (let n = 0; n < 10; n++) {
    let at = add('organization', undefined)
    for (let depth = 0; depth < 3; depth++) {
      at = add('team', at)
      for (let project = 0; project < 2; project++) add('project', at)
    }
  }
  return places
}

function treeOf(places: readonly Place[]) {
  const of = (kind: Place['kind']) => places.filter((place) => place.kind === kind)
  const organizationOf = (place: Place): string => (place.above ? organizationOf(place.above) : place.id)
  return {
    organizations: of('organization').map(({ id }) => id),
    teams: of('team').map((team) => ({
      id: team.id,
      organization_id: organizationOf(team),
      parent_team_id: team.above?.kind === 'team' ? team.above.id : null,
    })),
    projects: of('project').map((project) => ({
      id: project.id,
      organization_id: organizationOf(project),
      team_id: project.above!.id,
    })),
  }
}

function assignmentOf(role: number, places: readonly Place[], below: (n: number) => number): Assignment {
  const which = below(10)
  const scope: Scope =
    which < 2
      ? undefined
      : which < 3
        ? { kind: 'resource', type: typeOf(below(permissions.names.length)), id: `r${below(RESOURCES)}` }
        : places[below(places.length)]
  const time = below(10)
  return { role, scope, over: time === 0, ends: time === 1 }
}

function rowOf({ role, scope, over, ends }: Assignment): object {
  const on = {
    ...(scope?.kind === 'organization' ? { organization_id: scope.id } : {}),
    ...(scope?.kind === 'team' ? { scope_team_id: scope.id } : {}),
    ...(scope?.kind === 'project' ? { project_id: scope.id } : {}),
    ...(scope?.kind === 'resource' ? { resource_id: `${scope.type}/${scope.id}` } : {}),
  }
  const expires_at = over ? Date.now() - DAY : ends ? Date.now() + DAY : null
  return { ...WHOLE, ...on, id: crypto.randomUUID(), role_id: idOf(role), expires_at }
}

/** One that is likely to be allowed where that is wanted, and any where not. */
function questionOf(
  users: readonly (readonly Assignment[])[],
  roles: readonly WorldRole[],
  places: readonly Place[],
  wanted: boolean,
  below: (n: number) => number,
): Question {
  const user = below(users.length)
  const owner = below(2) === 0 ? user : below(users.length)
  const held = users[user]![below(users[user]!.length)]!
  const said = entriesOf(roles, [held.role])
  const permission = wanted || below(2) === 0 ? said[below(said.length)]!.permission : below(permissions.names.length)
  const { scope } = held
  const inside = places.filter((place) => scope && isIn(place, scope))
  const place = inside.length > 0 && below(4) > 0 ? inside[below(inside.length)]! : places[below(places.length)]!
  const resource = scope?.kind === 'resource' ? scope.id : below(10) === 0 ? `r${below(RESOURCES)}` : undefined
  return { user, permission, owner, place, resource }
}

function answerOf(
  held: readonly Assignment[],
  roles: readonly WorldRole[],
  { user, permission, owner, place, resource }: Question,
): boolean {
  let allowed = false
  for (const { role, scope, over } of held) {
    if (over) continue
    const counts =
      scope === undefined ||
      (scope.kind === 'resource' ? scope.type === typeOf(permission) && scope.id === resource : isIn(place, scope))
    if (!counts) continue
    for (const entry of entriesOf(roles, [role])) {
      if (entry.permission !== permission || (entry.own && owner !== user)) continue
      if (entry.deny) return false
      allowed = true
    }
  }
  return allowed
}

function isIn(place: Place, scope: NonNullable<Scope>): boolean {
  for (let at: Place | undefined = place; at; at = at.above) if (at === scope) return true
  return false
}

function typeOf(permission: number): string {
  return permissions.names[permission]!.split(':')[0]!
}
