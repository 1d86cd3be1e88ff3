// Where something is or is held: the tenant, or an organization, a team or a project in it. What a caller may name it by,
// the columns that say it, and how it is told.

import { FreeholdError } from '../kernel/errors.ts'
import { type OrganizationId, type ProjectId, parseId, type TeamId } from '../kernel/ids.ts'
import { invalid } from '../kernel/input.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { ResourceRow } from '../storage/tree-tables.ts'
import type { PlaceName } from './asked.ts'

export type PlaceView =
  | { readonly kind: 'tenant' }
  | { readonly kind: 'organization'; readonly id: OrganizationId }
  | { readonly kind: 'team'; readonly id: TeamId }
  | { readonly kind: 'project'; readonly id: ProjectId }

/** At most one is not null. */
export type PlaceColumns = Pick<ResourceRow, 'organization_id' | 'team_id' | 'project_id'>

const KINDS = ['organization', 'team', 'project'] as const

/** Undefined: the whole tenant. @throws INPUT_INVALID, ID_INVALID */
export function placeColumns(place: PlaceName | undefined, field = 'in'): PlaceColumns {
  if (place === undefined) return { organization_id: null, team_id: null, project_id: null }
  const entries = typeof place === 'object' && place !== null ? Object.entries(place) : []
  const [kind, name] = entries[0] ?? []
  if (entries.length !== 1 || !KINDS.some((known) => known === kind)) {
    throw invalid(field, 'it is { organization }, { team } or { project }')
  }
  const id = parseId<string>(idIn(name), kind!)
  return {
    organization_id: kind === 'organization' ? id : null,
    team_id: kind === 'team' ? id : null,
    project_id: kind === 'project' ? id : null,
  }
}

/** @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN */
export async function checkPlaceThere(
  { records }: Pick<TenantScope, 'records'>,
  { organization_id, team_id, project_id }: PlaceColumns,
): Promise<void> {
  if (organization_id !== null && !(await records.get('organizations', { id: organization_id }))) {
    throw new FreeholdError('ORGANIZATION_UNKNOWN')
  }
  if (team_id !== null && !(await records.get('teams', { id: team_id }))) throw new FreeholdError('TEAM_UNKNOWN')
  if (project_id !== null && !(await records.get('projects', { id: project_id }))) {
    throw new FreeholdError('PROJECT_UNKNOWN')
  }
}

export function placeOfRow({ organization_id, team_id, project_id }: PlaceColumns): PlaceView {
  if (organization_id !== null) return { kind: 'organization', id: organization_id as OrganizationId }
  if (team_id !== null) return { kind: 'team', id: team_id as TeamId }
  return project_id === null ? { kind: 'tenant' } : { kind: 'project', id: project_id as ProjectId }
}

function idIn(name: unknown): unknown {
  return typeof name === 'object' && name !== null ? (name as { readonly id?: unknown }).id : name
}
