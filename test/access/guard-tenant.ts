// A generated tenant, founded: what its users write in it, and what each of them may at every place.

import type { AssignmentKey, CheckOptions, PlaceName, PolicyDocument } from '../../src/index.ts'
import { FreeholdError, type NewAssignment, type Team } from '../../src/index.ts'
import type { GrantTerms, MemberTerms, PolicyTerms, Spot, World, Write } from './guard-writes.ts'
import { NOTES, PERMISSIONS, SYSTEM_ROLES, USERS } from './guard-writes.ts'
import type { House } from './house.ts'

/** By user, the answer to every question; without those about places that are gone. */
export type Held = ReadonlyMap<string, ReadonlyMap<string, boolean>>

export interface GuardTenant {
  readonly users: readonly string[]
  /** In the name of one of the users. Answers the code with which it was refused. */
  write(by: number, write: Write): Promise<string | undefined>
  look(): Promise<Held>
}

type Handle = House['acme']

const FACTS: readonly CheckOptions[] = [{}, { context: { x: 1 } }, { context: { x: 2 } }, { fields: ['a'] }]
const LATER = new Date(Date.UTC(2100, 0, 1))

export async function foundTenant(house: House, world: World): Promise<GuardTenant> {
  const tenant = await house.globex()
  const users = await inOrder(Array(USERS).fill('u'), (_, n) => tenant.users.create({ email: `u${n}@example.test` }))
  const tree = await foundTree(tenant, world)
  const { organizations, teams, projects } = tree
  const notes = await inOrder(world.notes, (spot, n) => {
    const place = placeAt(spot)
    return tenant.resources.register({ type: 'note', externalId: NOTES[n]!, ...(place ? { in: place } : {}) })
  })
  const roles: string[] = [...SYSTEM_ROLES]
  for (const [n, { entries, parent }] of world.roles.entries()) {
    const above = parent === undefined ? {} : { parent: pick(roles, parent) }
    roles.push((await tenant.roles.create({ key: `role-${n}`, permissions: entries, ...above })).key)
  }
  // what was ever given or written: some of it is gone when it is chosen
  const assignments: AssignmentKey[] = []
  const members: Pick<MemberTerms, 'team' | 'user'>[] = []
  const policies: string[] = []

  function placeAt({ kind, which }: Spot): PlaceName | undefined {
    if (kind === 'organization') return { organization: organizations[which]!.id }
    if (kind === 'team') return { team: teams[which]!.id }
    return kind === 'project' ? { project: projects[which]!.id } : undefined
  }

  function holderOf({ kind, which }: GrantTerms['to']): NewAssignment['principal'] {
    if (kind === 'everyone') return { kind }
    return kind === 'team' ? { kind, id: teams[which]!.id } : users[which]!
  }

  async function grant(acme: Handle, { to, role, at, self, ends }: GrantTerms): Promise<void> {
    const scope = at.kind === 'note' ? { resource: notes[at.which]! } : placeAt({ ...at, kind: at.kind })
    const given = await acme.assignments.grant({
      ...{ principal: holderOf(to), role: roles[role]!, flow: self ? 'self' : 'descendants' },
      ...(scope ? { scope } : {}),
      ...(ends ? { expiresAt: LATER } : {}),
    })
    assignments.push(given)
  }

  async function addMember(acme: Handle, { team, user, role, entries }: MemberTerms): Promise<void> {
    const terms = { principal: users[user]!, permissions: entries }
    await acme.teams.members.add(teams[team]!, { ...terms, ...(role === undefined ? {} : { role: roles[role]! }) })
    members.push({ team, user })
  }

  function documentOf({ effect, about, action, at, conditional }: PolicyTerms): PolicyDocument {
    const { kind, which } = about
    const principal =
      kind === 'all'
        ? '*'
        : kind === 'role'
          ? { role: roles[which]! }
          : kind === 'team'
            ? { team: teams[which]!.id }
            : { user: users[which]!.id }
    const place =
      at.kind === 'note' ? { type: 'note', id: NOTES[at.which]! } : (placeAt({ ...at, kind: at.kind }) ?? '*')
    const terms = { effect, principals: [principal], actions: [action], resources: [place] }
    return { ...terms, ...(conditional ? { conditions: { 'context.x': 1 } } : {}) } as PolicyDocument
  }

  async function addPolicy(acme: Handle, terms: PolicyTerms, enabled = true): Promise<void> {
    const key = `policy-${policies.length}`
    policies.push(key)
    await acme.policies.create({ key, document: documentOf(terms), enabled })
  }

  function perform(acme: Handle, write: Write): Promise<unknown> {
    const teamOf = (n: number | null) => (n === null ? null : teams[n]!)
    const roleOf = (n: number | null) => (n === null ? null : roles[n]!)
    const change = (which: number, terms: { role: string | null } | Pick<MemberTerms, 'entries'>) => {
      const { team, user } = pick(members, which)
      const permissions = 'entries' in terms ? { permissions: terms.entries } : terms
      return acme.teams.members.update(teams[team]!, users[user]!, permissions)
    }
    switch (write.do) {
      case 'grant':
        return grant(acme, write.grant)
      case 'revoke':
        return acme.assignments.revoke(pick(assignments, write.which))
      case 'change role':
        return acme.roles.update(roles[write.role]!, { permissions: write.entries })
      case 'change parent':
        return acme.roles.update(roles[write.role]!, { parent: roleOf(write.parent) })
      case 'add policy':
        return addPolicy(acme, write.policy)
      case 'change policy':
        return acme.policies.update(pick(policies, write.which), { document: documentOf(write.policy) })
      case 'enable policy':
        return acme.policies.enable(pick(policies, write.which))
      case 'disable policy':
        return acme.policies.disable(pick(policies, write.which))
      case 'remove policy':
        return acme.policies.remove(pick(policies, write.which))
      case 'add member':
        return addMember(acme, write.member)
      case 'change member':
        return change(write.which, { role: roleOf(write.role) })
      case 'change entries':
        return change(write.which, { entries: write.entries })
      case 'remove member': {
        const { team, user } = pick(members, write.which)
        return acme.teams.members.remove(teams[team]!, users[user]!)
      }
      case 'move team':
        return acme.teams.move(teams[write.which]!, { parent: teamOf(write.to) })
      case 'move project':
        return acme.projects.update(projects[write.which]!, { team: teamOf(write.to) })
      case 'lift team':
        return acme.teams.remove(teams[write.which]!, { contents: 'lift' })
      case 'remove team':
        return acme.teams.remove(teams[write.which]!, { contents: 'remove' })
      case 'remove project':
        return acme.projects.remove(projects[write.which]!)
      case 'remove note':
        return acme.resources.remove(notes[write.which]!)
    }
  }

  for (const terms of world.grants) await grant(tenant, terms)
  for (const terms of world.members) await addMember(tenant, terms)
  for (const terms of world.policies) await addPolicy(tenant, terms, terms.enabled)

  const spots: Record<string, CheckOptions> = { 'in the tenant': {} }
  for (const [n, { id }] of organizations.entries()) spots[`in organization ${n}`] = { organization: id }
  for (const [n, { id }] of teams.entries()) spots[`in team ${n}`] = { team: id }
  for (const [n, { id }] of projects.entries()) spots[`in project ${n}`] = { project: id }
  // each where it was registered, and one that is nowhere
  for (const [n, id] of NOTES.entries()) {
    const spot = world.notes[n]
    spots[`on ${id}`] = { on: { type: 'note', id }, ...(spot ? placeAt(spot) : {}) }
  }

  return {
    users: users.map(({ id }) => id),
    async write(by, write) {
      try {
        await perform(tenant.as({ type: 'user', id: users[by]!.id }), write)
        return undefined
      } catch (error) {
        if (!FreeholdError.is(error) || error.status >= 500) throw error
        return error.code
      }
    },
    async look() {
      const held = new Map<string, Map<string, boolean>>()
      for (const user of users) {
        const answers = new Map<string, boolean>()
        for (const [where, spot] of Object.entries(spots)) {
          for (const facts of FACTS) {
            for (const permission of PERMISSIONS) {
              const answer = await tenant.access.check(user, permission, { ...spot, ...facts }).catch(goneOrThrow)
              if (answer !== undefined) answers.set(`${permission} ${where} ${JSON.stringify(facts)}`, answer)
            }
          }
        }
        held.set(user.id, answers)
      }
      return held
    },
  }
}

async function foundTree(tenant: Handle, world: World) {
  const organizations = [
    await tenant.organizations.get('main'),
    await tenant.organizations.create({ key: 'two', name: 'Two' }),
  ]
  const teams: Team[] = []
  const around = (n: number) => {
    const place = pick([...organizations, ...teams], n)
    return 'organizationId' in place ? { organization: place.organizationId, team: place } : { organization: place.id }
  }
  for (const [n, within] of world.teams.entries()) {
    const { organization, team } = around(within)
    teams.push(await tenant.teams.create({ key: `team-${n}`, organization, ...(team ? { parent: team } : {}) }))
  }
  const projects = await inOrder(world.projects, (within, n) =>
    tenant.projects.create({ key: `project-${n}`, ...around(within) }),
  )
  return { organizations, teams, projects }
}

async function inOrder<V, R>(list: readonly V[], make: (value: V, n: number) => Promise<R>): Promise<R[]> {
  const made: R[] = []
  for (const [n, value] of list.entries()) made.push(await make(value, n))
  return made
}

function pick<V>(list: readonly V[], n: number): V {
  return list[n % list.length]!
}

function goneOrThrow(error: unknown): undefined {
  if (!FreeholdError.is(error) || error.status !== 404) throw error
  return undefined
}
