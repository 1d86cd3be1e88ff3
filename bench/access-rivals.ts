// CASL and casbin as their documentation sets them up, with the same roles.

import { entriesOf, type World } from './access-world.ts'

/** Answers the question of this number. */
export type Engine = (question: number) => boolean

interface Ability {
  can(action: string, subject: object): boolean
}

interface Enforcer {
  enforceSync(...request: readonly string[]): boolean
}

interface Peers {
  createMongoAbility(rules: readonly object[]): Ability
  subject(type: string, object: object): object
  StringAdapter: new (policy: string) => object
  newModelFromString(text: string): object
  newEnforcer(model: object, adapter: object): Promise<Enforcer>
}

const peers = (): Promise<Peers> => import(new URL('peers/access.js', import.meta.url).href)

/** An ability per user, built before anything is measured, and each thing told its type before too. */
export async function makeCasl({ roles, permissions, users, questions }: World): Promise<Engine> {
  const { createMongoAbility, subject } = await peers()
  const abilities = users.map((held, user) =>
    createMongoAbility(
      entriesOf(roles, held).map(({ permission, own }) => ({
        action: permissions[permission]!.action,
        subject: permissions[permission]!.resource,
        ...(own ? { conditions: { owner: user } } : {}),
      })),
    ),
  )
  const asked = questions.map(({ user, permission, owner }) => ({
    ability: abilities[user]!,
    action: permissions[permission]!.action,
    thing: subject(permissions[permission]!.resource, { owner }),
  }))
  return (question) => {
    const { ability, action, thing } = asked[question]!
    return ability.can(action, thing)
  }
}

/** The cheap comparisons first: the documented order takes longer. */
const MODEL = `
[request_definition]
r = sub, obj, act, owner
[policy_definition]
p = sub, obj, act, own
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && (p.own == "any" || r.owner == r.sub) && g(r.sub, p.sub)
`

export async function makeCasbin({ roles, permissions, users, questions }: World): Promise<Engine> {
  const { StringAdapter, newEnforcer, newModelFromString } = await peers()
  const lines = [
    ...roles.flatMap(({ key, entries }) =>
      entries.map(({ permission, own }) => {
        const { resource, action } = permissions[permission]!
        return `p, ${key}, ${resource}, ${action}, ${own ? 'own' : 'any'}`
      }),
    ),
    ...roles.flatMap(({ key, parent }) => (parent === undefined ? [] : [`g, ${key}, ${roles[parent]!.key}`])),
    ...users.flatMap((held, user) => held.map((role) => `g, user-${user}, ${roles[role]!.key}`)),
  ]
  const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter(lines.join('\n')))
  const asked = questions.map(({ user, permission, owner }) => {
    const { resource, action } = permissions[permission]!
    return [`user-${user}`, resource, action, `user-${owner}`] as const
  })
  return (question) => enforcer.enforceSync(...asked[question]!)
}
