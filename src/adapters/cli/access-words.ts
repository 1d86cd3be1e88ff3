// Access in words: why something is so, and what would be needed.

import type { Cause, Explanation, Need, PlaceOptions, TenantHandle } from '../../index.ts'
import { wrong } from './access-files.ts'

export function explanationLines({ by, missing, needed }: Explanation): string[] {
  return [
    ...(by ? [`because  ${causeWords(by)}`] : []),
    ...(missing.length > 0 ? [`missing  ${missing.join(', ')}`] : []),
    ...needed.map((need) => `needed   ${needWords(need)}`),
  ]
}

function causeWords({ source, roles, scope, flow, effect, conditions, fields }: Cause): string {
  const what = source.kind === 'policy' ? `the policy ${source.key} (version ${source.version})` : `the ${source.kind}`
  const through = roles.length > 0 ? ` by role ${roles.join(' < ')}` : ''
  const where = scope.kind === 'tenant' ? 'in the whole tenant' : `in ${scope.kind} ${scope.id}`
  return [
    `${what}${through} ${effect === 'deny' ? 'denies' : 'allows'} it ${where}`,
    flow === 'self' ? ', and not below it' : '',
    conditions ? `, where ${JSON.stringify(conditions)}` : '',
    fields ? `, for ${fields.join(', ')}` : '',
  ].join('')
}

function needWords(need: Need): string {
  switch (need.kind) {
    case 'role':
      return need.roles.length > 0
        ? `a role that allows it, as ${need.roles.join(', ')}`
        : 'a role that allows it; there is none'
    case 'place':
      return `to ask where it is held: ${need.scopes.map((one) => ('id' in one ? `${one.kind} ${one.id}` : one.kind)).join(', ')}`
    case 'removal':
      return `that this goes: ${causeWords(need.of)}`
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

/** `{ team: 'main/sales' }` as checks take it. @throws CONFIG_INVALID */
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
    throw wrong(at, `there is no ${kind} ${name}`, cause)
  }
}
