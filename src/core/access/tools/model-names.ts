// What ids are called in a document, and which ids its names stand for.

import { readEmail } from '../../identity/email.ts'
import { isId } from '../../kernel/ids.ts'
import { everyRow } from '../../storage/every-row.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from '../policy-document.ts'
import type { ModelPerson, ModelPlace } from './model.ts'
import type { TenantRows } from './tenant-rows.ts'

export interface ModelNames {
  organization(id: string): string
  /** `organization/key` */
  team(id: string): string
  project(id: string): string
  role(id: string): string
  user(id: string): string
  serviceAccount(id: string): string
}

type NamedRows = Pick<TenantRows, 'organizations' | 'teams' | 'projects' | 'roles' | 'serviceAccounts'>

/** What is gone goes on under its id. `users`: id -> address. */
export function namesOf(rows: NamedRows, users: ReadonlyMap<string, string>): ModelNames {
  const organizations = new Map(rows.organizations.map(({ id, key }) => [id, key]))
  const within = (row: { readonly organization_id: string; readonly key: string }) =>
    `${organizations.get(row.organization_id) ?? row.organization_id}/${row.key}`
  const teams = new Map(rows.teams.map((row) => [row.id, within(row)]))
  const projects = new Map(rows.projects.map((row) => [row.id, within(row)]))
  const roles = new Map(rows.roles.map(({ id, key }) => [id, key]))
  const accounts = new Map(rows.serviceAccounts.map(({ id, name }) => [id, name]))
  const named = (known: ReadonlyMap<string, string>) => (id: string) => known.get(id) ?? id
  return {
    organization: named(organizations),
    team: named(teams),
    project: named(projects),
    role: named(roles),
    user: named(users),
    serviceAccount: named(accounts),
  }
}

const USERS_AT_ONCE = 500

/** The addresses of these users, by id. */
export async function addressesOf(unit: TenantUnit, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const all = [...ids].filter(isId)
  for (let i = 0; i < all.length; i += USERS_AT_ONCE) {
    const where = { id: { in: all.slice(i, i + USERS_AT_ONCE) }, status: { not: 'deleted' } } as const
    for (const { id, email_norm } of await everyRow(unit.records, 'users', { where })) found.set(id, email_norm)
  }
  return found
}

/** The users that rows name. */
export function usersIn(rows: TenantRows): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { user_id } of [...rows.assignments, ...rows.members]) if (user_id !== null) ids.add(user_id)
  for (const { document } of rows.policies) {
    const { principals } = document as unknown as Partial<PolicyDocument>
    for (const one of Array.isArray(principals) ? (principals as PolicyPrincipal[]) : []) {
      if (typeof one === 'object' && one !== null && 'user' in one) ids.add(one.user)
    }
  }
  return ids
}

/** The document of a policy with each id turned into a name, or back. */
export function renamed(
  document: PolicyDocument,
  names: Pick<ModelNames, 'organization' | 'team' | 'project' | 'role' | 'user' | 'serviceAccount'>,
): PolicyDocument {
  const principal = (one: PolicyPrincipal): PolicyPrincipal => {
    if (typeof one !== 'object' || one === null) return one
    if ('user' in one) return { user: names.user(one.user) }
    if ('serviceAccount' in one) return { serviceAccount: names.serviceAccount(one.serviceAccount) }
    if ('team' in one) return { team: names.team(one.team) }
    return 'role' in one ? { role: names.role(one.role) } : one
  }
  const resource = (one: PolicyResource): PolicyResource => {
    if (typeof one !== 'object' || one === null) return one
    if ('organization' in one) return { organization: names.organization(one.organization) }
    if ('team' in one) return { team: names.team(one.team) }
    return 'project' in one ? { project: names.project(one.project) } : one
  }
  const mapped = <One>(list: readonly One[], each: (one: One) => One) => (Array.isArray(list) ? list.map(each) : list)
  return {
    ...document,
    principals: mapped(document.principals, principal),
    resources: mapped(document.resources, resource),
  }
}

/** Names -> ids, each asked of the database when it is first needed; undefined: there is none. */
export interface NameFinder {
  organization(key: string): Promise<string | undefined>
  team(name: string): Promise<string | undefined>
  project(name: string): Promise<string | undefined>
  role(key: string): Promise<string | undefined>
  person(person: ModelPerson): Promise<string | undefined>
  place(place: ModelPlace): Promise<string | undefined>
}

export function findNames({ records }: TenantUnit): NameFinder {
  const organization = async (key: string) => (await records.get('organizations', { key }))?.id
  const within = (table: 'teams' | 'projects') => async (name: string) => {
    const [over = '', key = '', ...more] = name.split('/')
    const organization_id = more.length > 0 ? undefined : await organization(over)
    if (organization_id === undefined) return undefined
    const [row] = await records.find(table, { where: { organization_id, key }, limit: 1 })
    return row?.id
  }
  const finder: NameFinder = {
    organization,
    team: within('teams'),
    project: within('projects'),
    role: async (key) => (await records.get('roles', { key }))?.id,
    async person(person) {
      if ('serviceAccount' in person)
        return (await records.get('service_accounts', { name: person.serviceAccount }))?.id
      const living = { status: { not: 'deleted' } } as const
      const address = readEmail(person.user)
      if (!address && !isId(person.user)) return undefined
      const where = address ? { email_norm: address.emailNorm, ...living } : { id: person.user, ...living }
      const [row] = await records.find('users', { where, limit: 1 })
      return row?.id
    },
    async place(place) {
      if ('organization' in place) return organization(place.organization)
      return 'team' in place ? finder.team(place.team) : finder.project(place.project)
    },
  }
  return finder
}
