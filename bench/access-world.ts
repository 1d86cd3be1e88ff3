// Who may do what in one tenant, and the questions about it: 50 roles in chains of 5, 500 permissions, 1,000 users of
// 3 roles each; half of the questions are answered no, a fifth are about a condition. With an answer to each from
// plain data, which every rival is held against.

export interface Entry {
  readonly permission: number
  /** Only for the owner of the thing. */
  readonly own: boolean
  readonly deny?: boolean
}

export interface WorldRole {
  readonly key: string
  /** The role that it inherits from. */
  readonly parent: number | undefined
  readonly entries: readonly Entry[]
}

export interface Question {
  readonly user: number
  readonly permission: number
  readonly owner: number
  readonly expected: boolean
}

export interface World {
  readonly roles: readonly WorldRole[]
  readonly permissions: readonly { readonly resource: string; readonly action: string; readonly name: string }[]
  /** Roles of each user. */
  readonly users: readonly (readonly number[])[]
  readonly questions: readonly Question[]
}

const RESOURCES = 25
const ACTIONS = 20
const ROLES = 50
const CHAIN = 5
const USERS = 1000
const ENTRIES_PER_ROLE = 11
const QUESTIONS = 5_000

export const catalog: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Array.from({ length: RESOURCES }, (_, r) => [`thing-${r}`, Array.from({ length: ACTIONS }, (_, a) => `do-${a}`)]),
)

export function makeWorld(many = ROLES): World {
  const random = generator(20_261_122)
  const below = (n: number): number => Math.floor(random() * n)
  const permissions = Object.entries(catalog).flatMap(([resource, actions]) =>
    actions.map((action) => ({ resource, action, name: `${resource}:${action}` })),
  )
  const roles = Array.from({ length: many }, (_, n): WorldRole => {
    const held = new Set<number>()
    while (held.size < ENTRIES_PER_ROLE) held.add(below(permissions.length))
    return {
      key: `role-${n}`,
      parent: n % CHAIN === 0 ? undefined : n - 1,
      entries: [...held].map((permission) => ({ permission, own: below(5) === 0 })),
    }
  })
  const users = Array.from({ length: USERS }, () => {
    const held = new Set<number>()
    while (held.size < 3) held.add(below(many))
    return [...held]
  })
  const questions: Question[] = []
  // in turns yes and no, and of each every fifth about something that only its owner may do
  while (questions.length < QUESTIONS) {
    const wanted = questions.length % 2 === 0
    const conditional = questions.length % 10 < 2
    const user = below(USERS)
    const permission = below(permissions.length)
    const owner = below(2) === 0 ? user : below(USERS)
    const entries = entriesOf(roles, users[user]!).filter((entry) => entry.permission === permission)
    const hangs = entries.length > 0 && entries.every(({ own }) => own)
    const expected = entries.some(({ own }) => !own || owner === user)
    if (expected === wanted && hangs === conditional) questions.push({ user, permission, owner, expected })
  }
  return { roles, permissions, users, questions }
}

/** What these roles and their ancestors say. */
export function entriesOf(roles: readonly WorldRole[], held: readonly number[]): Entry[] {
  const entries: Entry[] = []
  for (const role of held) {
    for (let at: number | undefined = role; at !== undefined; at = roles[at]!.parent)
      entries.push(...roles[at]!.entries)
  }
  return entries
}

/** @throws when an engine answers a question otherwise than the plain data do */
export function holdAgainst(world: World, engine: string, answers: readonly boolean[]): void {
  const wrong = world.questions.findIndex(({ expected }, i) => i < answers.length && answers[i] !== expected)
  if (wrong >= 0) throw new Error(`${engine} answers ${JSON.stringify(world.questions[wrong])} with ${answers[wrong]}`)
}

/** mulberry32: the same world in every run. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
