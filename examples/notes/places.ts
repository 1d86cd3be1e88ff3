// The tenant's tree as a page shows it: organizations, their teams with members, and projects, in so far as somebody may see
// them. What is done with them goes to Freehold's own routes.

import type { Assignment, Invitation, Organization, Project, Team, TeamMember } from 'freehold'
import { FreeholdError } from 'freehold'
import type { Context, Tenant } from './notes.ts'

/** More than these are not shown. */
const PAGE = { limit: 200 } as const

export interface Places {
  /** Those that one may see, or something in them. */
  readonly organizations: readonly Organization[]
  readonly teams: readonly Team[]
  readonly projects: readonly Project[]
  readonly members: readonly TeamMember[]
  /** Roles held anywhere but in the whole tenant. */
  readonly assignments: readonly Assignment[]
  readonly invitations: readonly Invitation[]
  /** By id: people, service accounts, roles and places. */
  readonly names: ReadonlyMap<string, string>
  /** Who can be added and given roles: everybody, to who may see them; else those in the teams. */
  readonly people: readonly { readonly id: string; readonly name: string }[]
}

export async function listPlaces(context: Context): Promise<Places> {
  const { tenant } = context
  const access = context.access!
  const found = await tenant.transaction(async (tx) => ({
    organizations: (await tx.organizations.list(PAGE)).items,
    teams: (await tx.teams.list(PAGE)).items,
    projects: (await tx.projects.list(PAGE)).items,
    members: (await tx.teams.members.list(PAGE)).items,
    assignments: (await tx.assignments.list(PAGE)).items,
    users: (await tx.users.list(PAGE)).items,
    accounts: (await tx.serviceAccounts.list(PAGE)).items,
    roles: (await tx.roles.list(PAGE)).items,
  }))
  const invitations = (await tenant.invitations.list({ ...PAGE, status: 'pending' })).items
  const teams = found.teams.filter((team) => access.can('team:read', { team }))
  const projects = found.projects.filter((project) => access.can('project:read', { project }))
  const holding = new Set([...teams, ...projects].map(({ organizationId }) => organizationId))
  const members = found.members.filter(({ teamId }) => teams.some(({ id }) => id === teamId))
  const crew = new Set<string>(members.map(({ principal }) => principal.id))
  const people = found.users.map(({ id, name, email }) => ({ id, name: name ?? email }))
  const named = [...found.organizations, ...found.teams, ...found.projects, ...found.accounts, ...people]
  return {
    organizations: found.organizations.filter(
      (organization) => holding.has(organization.id) || access.can('organization:read', { organization }),
    ),
    teams,
    projects,
    members,
    assignments: found.assignments.filter(
      ({ scope }) => scope.kind !== 'tenant' && mayIn(context, 'assignment:read', scope),
    ),
    invitations: invitations.filter(({ to }) => mayIn(context, 'invitation:read', to)),
    names: new Map<string, string>([
      ...named.map(({ id, name }) => [id, name] as const),
      ...found.roles.map(({ id, key }) => [id, key] as const),
    ]),
    people: access.can('user:read') ? people : people.filter(({ id }) => crew.has(id)),
  }
}

/** Whether this may be done in a place, as answers name it. A registered resource is none that these pages know. */
export function mayIn(
  { access }: Context,
  permission: 'assignment:read' | 'assignment:write' | 'invitation:read' | 'invitation:write',
  place: Assignment['scope'],
): boolean {
  if (place.kind === 'resource') return false
  return access!.can(permission, place.kind === 'tenant' ? {} : { [place.kind]: place.id })
}

/** Invitations to the address of whoever asks, once that is proven. */
export async function invitationsOf({ tenant, session }: Context): Promise<readonly Invitation[]> {
  const user = await tenant.users.get(session!.principal.id)
  if (!user.emailVerifiedAt) return []
  return (await tenant.invitations.list({ ...PAGE, status: 'pending', user })).items
}

/** What the demo begins with; the second start on a server finds what the first made. */
export async function buildFactory(tenant: Tenant, pilot: string): Promise<void> {
  const known = await tenant.organizations.get('factory').catch((error: unknown) => {
    if (FreeholdError.is(error, 'ORGANIZATION_UNKNOWN')) return undefined
    throw error
  })
  if (known) return
  const user = await tenant.users.findByEmail(pilot)
  await tenant.transaction(async (tx) => {
    const organization = await tx.organizations.create({ key: 'factory', name: 'The factory' })
    const rockets = await tx.teams.create({ organization, key: 'rockets', name: 'Rockets' })
    const flights = await tx.teams.create({ organization, key: 'flights', name: 'Test flights', parent: rockets })
    await tx.teams.create({ organization, key: 'anvils', name: 'Anvils' })
    await tx.projects.create({ organization, key: 'skates', name: 'Rocket skates', team: flights })
    if (user) await tx.teams.members.add(flights, { principal: user })
  })
}
