// What it takes to put a team elsewhere, or to take it away.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { fromNow } from '../storage/tables.ts'
import type { TeamRow } from '../storage/tree-tables.ts'
import { boundActor } from './authority.ts'
import type { AccessWriting } from './changes.ts'
import type { Scope } from './grants.ts'
import { demandReach, demandTeams } from './held.ts'
import type { PolicyPrincipal, PolicyResource } from './policy-document.ts'
import { demandDocument } from './policy-references.ts'
import { emptyPart, type PartCounts, projectsOf } from './tree-part.ts'

/** What becomes of the contents of a team that is removed. */
export type TeamContents = 'refuse' | 'lift' | 'remove'

/**
 * What is held at teams counts below them: who moves a team must hold that in it, of those that it leaves as of those that it
 * comes below. Its members gain and lose what these teams hold.
 * @throws GRANT_REFUSED
 */
export async function demandTeamMove(
  { actor }: TenantContext,
  writing: AccessWriting,
  team: TeamRow,
  parent: string | null,
): Promise<void> {
  if (!boundActor(actor)) return
  const { unit, tree } = writing
  const { left, joined, common } = await demandMove(writing, { kind: 'team', id: team.id }, team.parent_team_id, parent)
  const members = await unit.records.count('team_members', { team_id: { in: tree.below(team.id) } })
  if (members === 0) return
  if (left[0] !== undefined) demandTeams(writing, left[0], common, 'taken')
  if (joined[0] !== undefined) demandTeams(writing, joined[0], common, 'given')
}

/**
 * A place is put from below one team to below another, or none.
 * @throws GRANT_REFUSED
 */
export async function demandMove(
  writing: AccessWriting,
  place: Exclude<Scope, { readonly kind: 'resource' }>,
  from: string | null,
  to: string | null,
): Promise<{ readonly left: readonly string[]; readonly joined: readonly string[]; readonly common?: string }> {
  const { tree } = writing
  const [before, after] = [tree.above(from ?? ''), tree.above(to ?? '')]
  const [old, young] = [new Set(before), new Set(after)]
  const left = before.filter((id) => !young.has(id))
  const joined = after.filter((id) => !old.has(id))
  const common = before.find((id) => young.has(id))
  await demandReach(writing, place, left, 'taken')
  await demandReach(writing, place, joined, 'given')
  return { left, joined, ...(common === undefined ? {} : { common }) }
}

/** What policies say of the team, or in it, ends for what stays: whoever lifts that must hold it. @throws GRANT_REFUSED */
function demandLifted({ authority, book, now }: AccessWriting, team: string): void {
  const names = (one: PolicyPrincipal | PolicyResource) => typeof one === 'object' && 'team' in one && one.team === team
  for (const { document } of book.policies.all) {
    const inTeam = document.resources.filter(names)
    if (document.principals.some(names)) demandDocument(authority, book, document, now)
    else if (inTeam.length > 0) demandDocument(authority, book, { ...document, resources: inTeam }, now)
  }
}

/** Removes a team, and does with what is in it as is said. @throws TEAM_IN_USE, GRANT_REFUSED */
export async function removeTeam(
  context: TenantContext,
  writing: AccessWriting,
  team: TeamRow,
  contents: TeamContents,
): Promise<PartCounts & { readonly teams: number; readonly projects: number }> {
  const { unit, tree, source } = writing
  const { records } = unit
  const { id, parent_team_id, organization_id } = team
  if (contents === 'remove') {
    const teams = tree.below(id)
    const projects = projectsOf(writing, teams)
    const counts = await emptyPart(context, writing, { teams, projects })
    // each in one statement, as they refer to each other
    if (projects.length > 0) await records.remove('projects', { id: { in: projects } })
    await records.remove('teams', { id: { in: teams } })
    return { ...counts, teams: teams.length, projects: projects.length }
  }
  if (contents === 'refuse') {
    const teams = source.teams.filter((other) => other.parent_team_id === id).length
    const projects = projectsOf(writing, [id]).length
    const members = await records.count('team_members', { team_id: id })
    const resources = await records.count('resources', { team_id: id })
    if (teams + projects + members + resources > 0) {
      throw new FreeholdError('TEAM_IN_USE', { teams, members, projects, resources })
    }
  }
  demandLifted(writing, id)
  const lifted = { team_id: parent_team_id, updated_at: fromNow() }
  const up = parent_team_id === null ? { organization_id } : {}
  await records.update('resources', { team_id: id }, { ...lifted, ...up })
  // what counted in it counted in what is lifted: it is taken back from there too
  const counts = await emptyPart(context, writing, { teams: [id] })
  await records.update('teams', { parent_team_id: id }, { parent_team_id, updated_at: fromNow() })
  await records.update('projects', { team_id: id }, lifted)
  await records.remove('teams', { id })
  return { ...counts, teams: 1, projects: 0 }
}
