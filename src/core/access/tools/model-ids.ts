// Names of a document -> ids, of what must be there.

import type { OrganizationId, ProjectId, ServiceAccountId, TeamId, UserId } from '../../kernel/ids.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { Principal } from '../access.ts'
import type { PlaceName } from '../asked.ts'
import type { PolicyDocument, PolicyPrincipal, PolicyResource } from '../policy-document.ts'
import type { ModelPerson, ModelPlace } from './model.ts'
import { findNames } from './model-names.ts'
import { fault } from './model-reading.ts'

/** Names -> ids, of what must be there. Each throws MODEL_INVALID. */
export function createIds(unit: TenantUnit) {
  const finder = findNames(unit)
  async function found<Id extends string>(look: Promise<string | undefined>, path: string, what: string): Promise<Id> {
    const id = await look
    if (id === undefined) throw fault(path, `there is no ${what}`)
    return id as Id
  }
  const organization = (key: string, path: string) =>
    found<OrganizationId>(finder.organization(key), path, `organization ${key}`)
  const team = (name: string, path: string) => found<TeamId>(finder.team(name), path, `team ${name}`)
  const project = (name: string, path: string) => found<ProjectId>(finder.project(name), path, `project ${name}`)
  async function person(one: ModelPerson, path: string): Promise<Exclude<Principal, string>> {
    const [kind, name] = Object.entries(one)[0] as [string, string]
    if (kind === 'user') return { kind, id: await found<UserId>(finder.person(one), path, `user ${name}`) }
    const id = await found<ServiceAccountId>(finder.person(one), path, `service account ${name}`)
    return { kind: 'service_account', id }
  }
  async function policyPrincipal(one: PolicyPrincipal, path: string): Promise<PolicyPrincipal> {
    if (!isNamed(one) || 'role' in one) return one
    if ('team' in one) return { team: await team(one.team, path) }
    if ('user' in one) return { user: (await person({ user: one.user }, path)).id }
    if (!('serviceAccount' in one)) return one
    return { serviceAccount: (await person({ serviceAccount: one.serviceAccount }, path)).id }
  }
  async function policyResource(one: PolicyResource, path: string): Promise<PolicyResource> {
    if (!isNamed(one) || 'type' in one) return one
    if ('organization' in one) return { organization: await organization(one.organization, path) }
    if ('team' in one) return { team: await team(one.team, path) }
    return 'project' in one ? { project: await project(one.project, path) } : one
  }
  async function each<One>(list: readonly One[], at: string, find: (one: One, path: string) => Promise<One>) {
    if (!Array.isArray(list)) return list
    const all: One[] = []
    for (const [i, one] of (list as readonly One[]).entries()) all.push(await find(one, `document.${at}[${i}]`))
    return all
  }
  return {
    organization,
    team,
    project,
    role: (key: string, path: string) => found<string>(finder.role(key), path, `role ${key}`),
    principal: person,
    /** A policy's document with ids; roles go by key there too, and what cannot be read is told by the policies' own room. */
    async document(document: PolicyDocument): Promise<PolicyDocument> {
      return {
        ...document,
        principals: await each(document.principals, 'principals', policyPrincipal),
        resources: await each(document.resources, 'resources', policyResource),
      }
    },
    async place(place: ModelPlace, path: string): Promise<PlaceName> {
      if ('organization' in place) return { organization: await organization(place.organization, path) }
      if ('team' in place) return { team: await team(place.team, path) }
      return { project: await project(place.project, path) }
    },
  }
}

/** As a document names something: what else it may be is told by the policies' own room. */
function isNamed<One>(one: One): one is Exclude<One, string> {
  return typeof one === 'object' && one !== null && Object.values(one).every((name) => typeof name === 'string')
}
