// The teams of one tenant: a tree of any depth below each organization. What is held in a team counts below it, and what a
// team holds its members hold, and those of the teams below it.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { type OrganizationId, parseId, type TeamId } from '../kernel/ids.ts'
import { checkJson, checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { TeamRow } from '../storage/tree-tables.ts'
import { changeAccess, moveBook } from './changes.ts'
import { checkKey } from './key.ts'
import { organizationId } from './organizations.ts'
import type { Permissions } from './permissions.ts'
import { createTeamMembers, type TeamMembers } from './team-members.ts'
import { demandTeamMove, removeTeam, type TeamContents } from './team-moves.ts'

export interface Team {
  /** So that the team itself can be named as a principal. */
  readonly kind: 'team'
  readonly id: TeamId
  readonly organizationId: OrganizationId
  /** Null: directly below the organization. */
  readonly parentTeamId: TeamId | null
  readonly key: string
  readonly name: string
  readonly description: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type TeamKey = TeamId | { readonly id: TeamId }
type OrganizationKey = OrganizationId | { readonly id: OrganizationId }

export interface NewTeam {
  readonly organization: OrganizationKey
  /** Unique in the organization: 1 to 63 of a-z, 0-9, `-`, `_`, and no UUID. */
  readonly key: string
  /** 1 to 200 characters. Default: the key. */
  readonly name?: string
  /** A team of the same organization. Left out: directly below the organization. */
  readonly parent?: TeamKey
  /** At most 1,000 characters. */
  readonly description?: string
  /** Plain JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface TeamChange {
  readonly name?: string
  readonly description?: string | null
  /** Replaces the whole object. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface TeamFilter extends PageRequest {
  /** All teams of the organization, at any depth. */
  readonly organization?: OrganizationKey
  /** Those directly below a team; null: directly below their organization. */
  readonly parent?: TeamKey | null
}

export interface Teams {
  readonly members: TeamMembers
  /** @throws ORGANIZATION_UNKNOWN, TEAM_UNKNOWN (parent), TEAM_TAKEN, INPUT_INVALID, ID_INVALID */
  create(team: NewTeam): Promise<Team>
  /** By id, or by organization and key. @throws TEAM_UNKNOWN, ID_INVALID */
  get(team: TeamKey | { readonly organization: OrganizationKey; readonly key: string }): Promise<Team>
  /** Oldest first. */
  list(filter?: TeamFilter): Promise<Page<Team>>
  /** @throws TEAM_UNKNOWN, INPUT_INVALID, ID_INVALID */
  update(team: TeamKey, change: TeamChange): Promise<Team>
  /**
   * Puts the team, with all that is below it, under another of its organization, or directly below that (null). Bound to an
   * actor, the actor must hold what is held at the teams that it leaves and at those it comes below, in it; and what its
   * members gain and lose by that. To another organization none is moved: all that is held in it and by it was given in the
   * name of the one that it is in. Make one there, and add its members.
   * @throws TEAM_UNKNOWN, TEAM_CYCLE, INPUT_INVALID (the parent is of another organization), GRANT_REFUSED, ID_INVALID
   */
  move(team: TeamKey, to: { readonly parent: TeamKey | null }): Promise<Team>
  /**
   * What is held in the team and by it goes with it. Refused while there are members, or while other teams, projects or
   * resources are in it, unless it is said what becomes of them: with `lift` they are where the team was, and its members are
   * in it no more; with `remove` all of it goes. Bound to an actor, the actor must be able to take back all that ends.
   * @throws TEAM_UNKNOWN, TEAM_IN_USE, GRANT_REFUSED, INPUT_INVALID, ID_INVALID
   */
  remove(team: TeamKey, options?: { readonly contents?: TeamContents }): Promise<void>
}

const LISTING: Listing<TeamRow> = { name: 'teams', columns: { id: 'id' } }
const NAME = { maximum: 200 }
const DESCRIPTION = { minimum: 0, maximum: 1000 }

export function createTeams(context: TenantContext, permissions: Permissions): Teams {
  const { scope, runtime, tenant, actor, auditWriter } = context

  return {
    members: createTeamMembers(context, permissions),

    async create(team) {
      checkKeys(team, 'team', ['organization', 'key', 'name', 'parent', 'description', 'metadata'])
      const organization = organizationId(team.organization)
      const key = checkKey(team.key)
      const parent = team.parent === undefined ? null : teamId(team.parent, 'parent')
      const row = {
        id: runtime.newId(),
        organization_id: organization,
        parent_team_id: parent,
        key,
        name: team.name === undefined ? key : checkText(team.name, 'name', NAME),
        description: team.description === undefined ? null : checkText(team.description, 'description', DESCRIPTION),
        metadata: team.metadata === undefined ? {} : checkJson(team.metadata, 'metadata'),
      }
      return scope.transaction(async (unit) => {
        // checks know the teams there are
        await unit.verbs.lockAccess()
        if (!(await unit.records.get('organizations', { id: organization }))) {
          throw new FreeholdError('ORGANIZATION_UNKNOWN')
        }
        if (parent !== null) await parentIn(unit, parent, organization)
        const [created] = await unit.records.insert('teams', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('TEAM_TAKEN', { key })
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'team.created',
          targets: [{ type: 'team', id: created.id }],
          changes: { key: { to: key }, name: { to: row.name } },
          details: { organizationId: organization, parentTeamId: parent },
        })
        return teamFromRow(created)
      })
    },

    async get(team) {
      if (typeof team !== 'object' || team === null || 'id' in team || !('key' in team)) {
        return teamFromRow(await findTeam(scope, teamId(team)))
      }
      checkKeys(team, 'team', ['organization', 'key'])
      const named = { organization_id: organizationId(team.organization), key: checkKey(team.key) }
      const row = await scope.records.get('teams', named)
      if (!row) throw new FreeholdError('TEAM_UNKNOWN')
      return teamFromRow(row)
    },

    async list(filter = {}) {
      checkKeys(filter, 'filter', ['limit', 'cursor', 'organization', 'parent'])
      const { organization, parent } = filter
      const query = pageQuery(LISTING, filter)
      const where = {
        ...(organization === undefined ? {} : { organization_id: organizationId(organization) }),
        ...(parent === undefined ? {} : { parent_team_id: parent === null ? null : teamId(parent, 'parent') }),
      }
      return pageOf(LISTING, query, await scope.records.find('teams', { ...query, where }), teamFromRow)
    },

    async update(team, change) {
      const id = teamId(team)
      checkKeys(change, 'change', ['name', 'description', 'metadata'])
      const { name, description, metadata } = change
      const given = {
        ...(name === undefined ? {} : { name: checkText(name, 'name', NAME) }),
        ...(description === undefined
          ? {}
          : { description: description === null ? null : checkText(description, 'description', DESCRIPTION) }),
        ...(metadata === undefined ? {} : { metadata: checkJson(metadata, 'metadata') }),
      }
      return scope.transaction(async (unit) => {
        const before = await unit.records.lock('teams', { id })
        if (!before) throw new FreeholdError('TEAM_UNKNOWN')
        const columns = differing(before, given)
        if (Object.keys(columns).length === 0) return teamFromRow(before)
        const [after] = await unit.records.update('teams', { id }, { ...columns, updated_at: fromNow() })
        await auditWriter.append(unit, actor, {
          action: 'team.updated',
          targets: [{ type: 'team', id }],
          changes: before.name === after!.name ? {} : { name: { from: before.name, to: after!.name } },
          details: { fields: Object.keys(columns) },
        })
        return teamFromRow(after!)
      })
    },

    async move(team, to) {
      const id = teamId(team)
      checkKeys(to, 'to', ['parent'])
      const parent = to.parent === null ? null : teamId(to.parent, 'parent')
      return changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const before = await findTeam(unit, id)
        if (parent !== null) await parentIn(unit, parent, before.organization_id)
        if (before.parent_team_id === parent) return teamFromRow(before)
        await demandTeamMove(context, writing, before, parent)
        const moved = await unit.verbs.moveTeam(id, parent)
        if (!moved) throw new FreeholdError('TEAM_CYCLE')
        await moveBook(unit, tenant.id)
        await auditWriter.append(unit, actor, {
          action: 'team.moved',
          targets: [{ type: 'team', id }],
          changes: { parentTeamId: { from: before.parent_team_id, to: parent } },
        })
        return teamFromRow(moved)
      })
    },

    async remove(team, options = {}) {
      const id = teamId(team)
      checkKeys(options, 'options', ['contents'])
      const { contents = 'refuse' } = options
      if (!['refuse', 'lift', 'remove'].includes(contents)) throw invalid('contents', 'it is refuse, lift or remove')
      await changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const before = await findTeam(unit, id)
        const gone = await removeTeam(context, writing, before, contents)
        await auditWriter.append(unit, actor, {
          action: 'team.removed',
          targets: [{ type: 'team', id }],
          changes: { key: { from: before.key }, name: { from: before.name } },
          details: { organizationId: before.organization_id, contents, ...gone },
        })
      })
    },
  }
}

/** @throws TEAM_UNKNOWN */
export async function findTeam({ records }: Pick<TenantScope, 'records'>, id: TeamId): Promise<TeamRow> {
  const row = await records.get('teams', { id })
  if (!row) throw new FreeholdError('TEAM_UNKNOWN')
  return row
}

/** @throws ID_INVALID */
export function teamId(team: TeamKey, field = 'team'): TeamId {
  return parseId<TeamId>(typeof team === 'object' && team !== null ? team.id : team, field)
}

/** @throws TEAM_UNKNOWN, INPUT_INVALID */
async function parentIn(unit: Pick<TenantScope, 'records'>, parent: TeamId, organization: string): Promise<void> {
  const { organization_id } = await findTeam(unit, parent)
  if (organization_id !== organization) {
    throw invalid('parent', 'it is of another organization: a team stays in its own, so make one there for its members')
  }
}

function teamFromRow(row: TeamRow): Team {
  return {
    kind: 'team',
    id: row.id as TeamId,
    organizationId: row.organization_id as OrganizationId,
    parentTeamId: row.parent_team_id as TeamId | null,
    key: row.key,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
