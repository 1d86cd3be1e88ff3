// What it takes to put a team elsewhere, or to take it away.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { everyRow } from '../storage/every-row.ts'
import { fromNow } from '../storage/tables.ts'
import type { TeamRow } from '../storage/tree-tables.ts'
import { boundActor, type PlaceKey } from './authority.ts'
import type { AccessWriting } from './changes.ts'
import { demandAll, type Held, heldByAssignments, heldByMembers, heldByTeam, type Way } from './held.ts'
import { emptyPart, type PartCounts, projectsOf } from './tree-part.ts'

/** What becomes of the contents of a team that is removed. */
export type TeamContents = 'refuse' | 'lift' | 'remove'

/**
 * What is held at teams above counts in a team below them: who moves it must hold that there, of those that it leaves as of
 * those that it comes below. Its members gain and lose what these teams hold.
 * @throws GRANT_REFUSED
 */
export async function demandMove(writing: AccessWriting, team: string, parent: string | null): Promise<void> {
  const { tree } = writing
  const place = { kind: 'team', id: team } as const
  const before = tree.above(team).slice(1)
  const after = parent === null ? [] : tree.above(parent)
  await demandReach(writing, place, before, after)
  const manned = await hasMembers(writing, tree.below(team))
  if (!manned) return
  for (const [teams, way] of leftAndJoined(before, after)) demandAll(writing, await heldByTeam(writing, teams, way))
}

/**
 * What is held at the teams that are above a place before or after, and not both, and counts below them: to be held at the place.
 * @throws GRANT_REFUSED
 */
export async function demandReach(
  writing: AccessWriting,
  place: PlaceKey,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  for (const [teams, way] of leftAndJoined(before, after)) {
    if (teams.length === 0) continue
    const { records } = writing.unit
    const where = { scope_team_id: { in: teams }, flow: 'descendants' } as const
    const assignments = await everyRow(records, 'role_assignments', { where })
    const members = await everyRow(records, 'team_members', { where: { team_id: { in: teams } } })
    const held = [...(await heldByAssignments(writing, assignments, way)), ...heldByMembers(writing, members, way)]
    demandAll(
      writing,
      held.map(({ said, extent }): Held => ({ said, extent: { ...extent, place } })),
    )
  }
}

/** Removes a team, and does with what is in it as is said. @throws TEAM_IN_USE, GRANT_REFUSED */
export async function removeTeam(
  context: TenantContext,
  writing: AccessWriting,
  team: TeamRow,
  contents: TeamContents,
): Promise<PartCounts & { readonly teams: number; readonly projects: number }> {
  const { unit, tree, tenant } = writing
  const { records } = unit
  const { id, parent_team_id, organization_id } = team
  if (contents === 'remove') {
    const teams = tree.below(id)
    const projects = projectsOf(writing, teams)
    await demandLeaving(context, writing, id, teams)
    const counts = await emptyPart(context, writing, { teams, projects })
    await removeAll(writing, 'projects', projects)
    await removeAll(writing, 'teams', teams)
    return { ...counts, teams: teams.length, projects: projects.length }
  }
  const subTeams = tenant.teams.filter((other) => other.parent_team_id === id).length
  const projects = projectsOf(writing, [id]).length
  if (contents === 'refuse') {
    const members = await records.count('team_members', { team_id: id })
    const resources = await records.count('resources', { team_id: id })
    if (subTeams + projects + members + resources > 0) {
      throw new FreeholdError('TEAM_IN_USE', { teams: subTeams, members, projects, resources })
    }
  }
  await demandLeaving(context, writing, id, [id])
  // with it goes what counted in all of these
  const lifted = { updated_at: fromNow() }
  await records.update(
    'resources',
    { team_id: id },
    {
      ...lifted,
      team_id: parent_team_id,
      ...(parent_team_id === null ? { organization_id } : {}),
    },
  )
  const counts = await emptyPart(context, writing, { teams: [id] })
  await records.update('teams', { parent_team_id: id }, { ...lifted, parent_team_id })
  await records.update('projects', { team_id: id }, { ...lifted, team_id: parent_team_id })
  await records.remove('teams', { id })
  return { ...counts, teams: 1, projects: 0 }
}

/** Members of these teams lose what the teams above hold. @throws GRANT_REFUSED */
async function demandLeaving(
  { actor }: TenantContext,
  writing: AccessWriting,
  team: string,
  teams: readonly string[],
): Promise<void> {
  if (!boundActor(actor) || !(await hasMembers(writing, teams))) return
  demandAll(writing, await heldByTeam(writing, writing.tree.above(team).slice(1), 'taken'))
}

function leftAndJoined(before: readonly string[], after: readonly string[]): [string[], Way][] {
  const [old, young] = [new Set(before), new Set(after)]
  return [
    [before.filter((id) => !young.has(id)), 'taken'],
    [after.filter((id) => !old.has(id)), 'given'],
  ]
}

async function hasMembers({ unit }: AccessWriting, teams: readonly string[]): Promise<boolean> {
  return (await unit.records.count('team_members', { team_id: { in: teams } })) > 0
}

/** In one statement, as they refer to each other. */
async function removeAll({ unit }: AccessWriting, table: 'projects' | 'teams', ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await unit.records.remove(table, { id: { in: ids } })
}
