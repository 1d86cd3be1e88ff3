// Access in words: why something is so, and what would be needed.

import type { Cause, Explanation, Need, PlaceOptions, ProjectId, Scope, TeamId, TenantHandle } from '../../index.ts'
import type { AccessCase } from './access-cases.ts'
import { faulty } from './files.ts'

/** A line of an explanation: what it is, as `because`, and what is so. */
export type Line = readonly [label: string, text: string]

/** Places are named as a file of cases names them: `team main/sales`. */
export async function explanationLines(tenant: TenantHandle, { by, missing, needed }: Explanation): Promise<Line[]> {
  const words = inWords(await placesOf(tenant, [...(by ? [by] : []), ...needed]))
  return [
    ...(by ? [['because', words.cause(by)] as const] : []),
    ...(missing.length > 0 ? [['missing', missing.join(', ')] as const] : []),
    ...needed.map((need) => ['needed', words.need(need)] as const),
  ]
}

export function expected({ expect, reason }: AccessCase): string {
  return reason ? `${expect} (${reason})` : expect
}

export function got({ allowed, reason }: Explanation): string {
  return allowed ? 'allow' : `deny (${reason})`
}

type Name = (scope: Scope) => string

/** The names of all places that are spoken of. One that is gone meanwhile keeps its id. */
async function placesOf(tenant: TenantHandle, said: readonly (Cause | Need)[]): Promise<Name> {
  const scopes = said.flatMap((one): readonly Scope[] => {
    if (!('kind' in one)) return [one.scope]
    return one.kind === 'place' ? one.scopes : one.kind === 'removal' ? [one.of.scope] : []
  })
  const names = new Map<string, string>()
  for (const scope of scopes) {
    if (scope.kind === 'tenant' || scope.kind === 'resource' || names.has(scope.id)) continue
    names.set(scope.id, await nameOf(tenant, scope).catch(() => scope.id))
  }
  return (scope) => {
    if (scope.kind === 'tenant') return 'in the whole tenant'
    if (scope.kind === 'resource') return `on ${scope.type} ${scope.id}`
    return `in ${scope.kind} ${names.get(scope.id)}`
  }
}

async function nameOf(
  tenant: TenantHandle,
  { kind, id }: Extract<Scope, { kind: 'organization' | 'team' | 'project' }>,
) {
  if (kind === 'organization') return (await tenant.organizations.get(id)).key
  const { organizationId, key } = await (kind === 'team'
    ? tenant.teams.get(id as TeamId)
    : tenant.projects.get(id as ProjectId))
  return `${(await tenant.organizations.get(organizationId)).key}/${key}`
}

function inWords(name: Name) {
  const cause = ({ source, roles, scope, flow, effect, conditions, fields }: Cause): string => {
    const what =
      source.kind === 'policy' ? `the policy “${source.key}” (version ${source.version})` : `the ${source.kind}`
    const through = roles.length > 0 ? ` by role ${roles.join(' < ')}` : ''
    return [
      `${what}${through} ${effect === 'deny' ? 'denies' : 'allows'} it ${name(scope)}`,
      flow === 'self' ? ', and not below it' : '',
      conditions ? `, where ${JSON.stringify(conditions)}` : '',
      fields ? `, for ${fields.join(', ')}` : '',
    ].join('')
  }
  const need = (need: Need): string => {
    switch (need.kind) {
      case 'role':
        return need.roles.length > 0
          ? `a role that allows it, as ${need.roles.join(', ')}`
          : 'a role that allows it; there is none'
      case 'place':
        return `to ask where it is held: ${need.scopes.map(name).join(', ')}`
      case 'removal':
        return `that this goes: ${cause(need.of)}`
      case 'conditions':
        return `that this holds: ${JSON.stringify(need.conditions)}`
      case 'facts':
        return `to be told ${need.paths.join(', ')}`
      case 'fields':
        return `the fields ${need.fields.join(', ')}`
      case 'time':
        return `to wait until ${need.from.toISOString()}`
      case 'renewal':
        return `that it is given again; it ended at ${need.endedAt.toISOString()}`
      case 'activation':
        return 'that the principal is active'
      default:
        return 'a credential that was made for this too'
    }
  }
  return { cause, need }
}

/** `{ team: 'main/sales' }` as checks take it. @throws FILE_INVALID */
export async function findPlace(
  tenant: TenantHandle,
  place: Readonly<Record<string, string>>,
  at: string,
): Promise<PlaceOptions> {
  const [kind = '', name = ''] = Object.entries(place)[0] ?? []
  const [over = '', key = ''] = name.split('/')
  try {
    const organization = await tenant.organizations.get(over)
    if (kind === 'organization') return { organization }
    if (kind === 'team') return { team: await tenant.teams.get({ organization, key }) }
    return { project: await tenant.projects.get({ organization, key }) }
  } catch (cause) {
    throw faulty(at, `there is no ${kind} ${name}`, cause)
  }
}
