// The projects of one tenant: in an organization, or in one of its teams.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { type OrganizationId, type ProjectId, parseId, type TeamId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { ProjectRow } from '../storage/tree-tables.ts'
import { boundActor } from './authority.ts'
import { changeAccess, moveBook } from './changes.ts'
import { checkKey } from './key.ts'
import { organizationId } from './organizations.ts'
import type { Permissions } from './permissions.ts'
import { demandMove } from './team-moves.ts'
import { findTeam, type TeamKey, teamId } from './teams.ts'
import { emptyPart } from './tree-part.ts'

export interface Project {
  readonly id: ProjectId
  readonly organizationId: OrganizationId
  /** Null: directly in the organization. */
  readonly teamId: TeamId | null
  readonly key: string
  readonly name: string
  readonly description: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type ProjectKey = ProjectId | { readonly id: ProjectId }
type OrganizationKey = OrganizationId | { readonly id: OrganizationId }

export interface NewProject {
  readonly organization: OrganizationKey
  /** Unique in the organization: 1 to 63 of a-z, 0-9, `-`, `_`, and no UUID. */
  readonly key: string
  /** 1 to 200 characters. Default: the key. */
  readonly name?: string
  /** A team of the same organization. Left out: directly in the organization. */
  readonly team?: TeamKey
  /** At most 1,000 characters. */
  readonly description?: string
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface ProjectChange {
  readonly name?: string
  readonly description?: string | null
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Another team of the same organization; null: directly in the organization. */
  readonly team?: TeamKey | null
}

export interface ProjectFilter extends PageRequest {
  readonly organization?: OrganizationKey
  /** Null: those directly in their organization. */
  readonly team?: TeamKey | null
}

export interface Projects {
  /** @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_TAKEN, INPUT_INVALID (a team of another organization, too), ID_INVALID */
  create(project: NewProject): Promise<Project>
  /** By id, or by organization and key. @throws PROJECT_UNKNOWN, ID_INVALID */
  get(project: ProjectKey | { readonly organization: OrganizationKey; readonly key: string }): Promise<Project>
  /** Oldest first. */
  list(filter?: ProjectFilter): Promise<Page<Project>>
  /**
   * Bound to an actor who puts it into another team, the actor must hold, in the project, what is held at the teams that it
   * leaves and at those it comes below.
   * @throws PROJECT_UNKNOWN, TEAM_UNKNOWN, GRANT_REFUSED, INPUT_INVALID, ID_INVALID
   */
  update(project: ProjectKey, change: ProjectChange): Promise<Project>
  /**
   * What is registered in the project, and held in it, goes with it. Bound to an actor, the actor must be able to take that
   * back. @throws PROJECT_UNKNOWN, GRANT_REFUSED, ID_INVALID
   */
  remove(project: ProjectKey): Promise<void>
}

const LISTING: Listing<ProjectRow> = { name: 'projects', columns: { id: 'id' } }
const NAME = { maximum: 200 }
const DESCRIPTION = { minimum: 0, maximum: 1000 }

export function createProjects(context: TenantContext, permissions: Permissions): Projects {
  const { scope, runtime, tenant, actor, auditWriter } = context

  return {
    async create(project) {
      checkKeys(project, 'project', ['organization', 'key', 'name', 'team', 'description', 'metadata'])
      const { name, description, metadata } = project
      const organization = organizationId(project.organization)
      const key = checkKey(project.key)
      const team = project.team === undefined ? null : teamId(project.team)
      const row = {
        id: runtime.newId(),
        organization_id: organization,
        team_id: team,
        key,
        name: name === undefined ? key : checkText(name, 'name', NAME),
        description: description === undefined ? null : checkText(description, 'description', DESCRIPTION),
        metadata: metadata === undefined ? {} : checkJson(metadata, 'metadata'),
      }
      return scope.transaction(async (unit) => {
        // checks know the projects there are
        await unit.verbs.lockAccess()
        if (!(await unit.records.get('organizations', { id: organization }))) {
          throw new FreeholdError('ORGANIZATION_UNKNOWN')
        }
        if (team !== null) await teamIn(unit, team, organization)
        const [created] = await unit.records.insert('projects', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('PROJECT_TAKEN', { key })
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'project.created',
          targets: [{ type: 'project', id: created.id }],
          changes: { key: { to: key }, name: { to: row.name } },
          details: { organizationId: organization, teamId: team },
        })
        return projectFromRow(created)
      })
    },

    async get(project) {
      if (typeof project !== 'object' || project === null || 'id' in project || !('key' in project)) {
        return projectFromRow(await findProject(scope, projectId(project)))
      }
      checkKeys(project, 'project', ['organization', 'key'])
      const named = { organization_id: organizationId(project.organization), key: checkKey(project.key) }
      const row = await scope.records.get('projects', named)
      if (!row) throw new FreeholdError('PROJECT_UNKNOWN')
      return projectFromRow(row)
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'organization', 'team'])
      const { organization, team } = filter
      const query = pageQuery(LISTING, filter)
      const where = {
        ...(organization === undefined ? {} : { organization_id: organizationId(organization) }),
        ...(team === undefined ? {} : { team_id: team === null ? null : teamId(team) }),
      }
      return pageOf(LISTING, query, await scope.records.find('projects', { ...query, where }), projectFromRow)
    },

    async update(project, change) {
      const id = projectId(project)
      checkKeys(change, 'change', ['name', 'description', 'metadata', 'team'])
      const { name, description, metadata } = change
      const team = change.team === undefined || change.team === null ? change.team : teamId(change.team)
      const given = {
        ...(name === undefined ? {} : { name: checkText(name, 'name', NAME) }),
        ...(description === undefined
          ? {}
          : { description: description === null ? null : checkText(description, 'description', DESCRIPTION) }),
        ...(metadata === undefined ? {} : { metadata: checkJson(metadata, 'metadata') }),
        ...(team === undefined ? {} : { team_id: team }),
      }
      return changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const before = await findProject(unit, id)
        const columns = differing(before, given)
        if (Object.keys(columns).length === 0) return projectFromRow(before)
        if (columns.team_id !== undefined) {
          if (columns.team_id !== null) await teamIn(unit, columns.team_id, before.organization_id)
          if (boundActor(actor)) await demandMove(writing, { kind: 'project', id }, before.team_id, columns.team_id)
          await moveBook(unit, tenant.id)
        }
        const [after] = await unit.records.update('projects', { id }, { ...columns, updated_at: fromNow() })
        await auditWriter.append(unit, actor, {
          action: 'project.updated',
          targets: [{ type: 'project', id }],
          changes: {
            ...(before.name === after!.name ? {} : { name: { from: before.name, to: after!.name } }),
            ...('team_id' in columns ? { teamId: { from: before.team_id, to: after!.team_id } } : {}),
          },
          details: { fields: Object.keys(columns) },
        })
        return projectFromRow(after!)
      })
    },

    async remove(project) {
      const id = projectId(project)
      await changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const before = await findProject(unit, id)
        const { members: _, ...gone } = await emptyPart(context, writing, { projects: [id] })
        await unit.records.remove('projects', { id })
        await auditWriter.append(unit, actor, {
          action: 'project.removed',
          targets: [{ type: 'project', id }],
          changes: { key: { from: before.key }, name: { from: before.name } },
          details: { organizationId: before.organization_id, ...gone },
        })
      })
    },
  }
}

/** @throws PROJECT_UNKNOWN */
export async function findProject({ records }: Pick<TenantScope, 'records'>, id: ProjectId): Promise<ProjectRow> {
  const row = await records.get('projects', { id })
  if (!row) throw new FreeholdError('PROJECT_UNKNOWN')
  return row
}

/** @throws ID_INVALID */
export function projectId(project: ProjectKey): ProjectId {
  return parseId<ProjectId>(typeof project === 'object' && project !== null ? project.id : project, 'project')
}

/** @throws TEAM_UNKNOWN, INPUT_INVALID */
async function teamIn(unit: Pick<TenantScope, 'records'>, team: TeamId, organization: string): Promise<void> {
  const { organization_id } = await findTeam(unit, team)
  if (organization_id !== organization) throw invalid('team', 'it is of another organization')
}

function projectFromRow(row: ProjectRow): Project {
  return {
    id: row.id as ProjectId,
    organizationId: row.organization_id as OrganizationId,
    teamId: row.team_id as TeamId | null,
    key: row.key,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
