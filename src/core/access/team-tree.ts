// The teams of a tenant as a write finds them: which are above and which are below which. Of any depth.

import type { TenantAccess } from '../storage/access-verbs.ts'

type TeamLoad = TenantAccess['teams'][number]

export interface TeamTree {
  find(id: string): TeamLoad | undefined
  /** The team and those above it, nearest first. None: there is no such team. */
  above(id: string): string[]
  /** The team and all that are below it. */
  below(id: string): string[]
  /** Every team of an organization. */
  inside(organization: string): string[]
}

export function createTeamTree(teams: readonly TeamLoad[]): TeamTree {
  let byId: ReadonlyMap<string, TeamLoad> | undefined
  let children: ReadonlyMap<string, readonly string[]> | undefined
  const find = (id: string): TeamLoad | undefined => {
    byId ??= new Map(teams.map((team) => [team.id, team]))
    return byId.get(id)
  }
  return {
    find,
    above(id) {
      // a ring, which no write of ours makes, ends where it began
      const found = new Set<string>()
      for (let at = find(id); at && !found.has(at.id); at = find(at.parent_team_id ?? '')) found.add(at.id)
      return [...found]
    },
    below(id) {
      children ??= childrenOf(teams)
      const found = new Set<string>(find(id) ? [id] : [])
      for (const at of found) for (const child of children.get(at) ?? []) found.add(child)
      return [...found]
    },
    inside: (organization) => teams.filter((team) => team.organization_id === organization).map(({ id }) => id),
  }
}

function childrenOf(teams: readonly TeamLoad[]): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>()
  for (const { id, parent_team_id } of teams) {
    if (parent_team_id === null) continue
    const others = children.get(parent_team_id)
    if (others) others.push(id)
    else children.set(parent_team_id, [id])
  }
  return children
}
