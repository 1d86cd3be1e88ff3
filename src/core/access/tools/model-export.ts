// Rows -> the document: sorted by name, with what is left out left out, so that the same access is the same text.

import type { TenantUnit } from '../../storage/storage.ts'
import type { Row } from '../../storage/tables.ts'
import type { Permissions } from '../permissions.ts'
import type { PolicyDocument } from '../policy-document.ts'
import {
  type AccessModel,
  MODEL_FORMAT,
  MODEL_PARTS,
  type ModelAssignment,
  type ModelHolder,
  type ModelItem,
  type ModelPart,
  type ModelPerson,
  type ModelPlace,
  type ModelScope,
  nameOfItem,
  ordered,
} from './model.ts'
import { addressesOf, type ModelNames, namesOf, renamed, usersIn } from './model-names.ts'
import { readTenantRows, type TenantRows } from './tenant-rows.ts'

export interface ModelExportOptions {
  /** Organizations, teams and projects too. Default false. */
  readonly places?: boolean
  /** Who holds what and is in which team, too: it names users by their addresses. Default false. */
  readonly assignments?: boolean
}

/** In a transaction. @throws CONFLICT */
export async function exportModel(
  unit: TenantUnit,
  permissions: Permissions,
  { places = false, assignments = false }: ModelExportOptions = {},
): Promise<AccessModel> {
  const rows = await readTenantRows(unit)
  return modelOf(rows, namesOf(rows, await addressesOf(unit, usersIn(rows))), permissions, { places, assignments })
}

export function modelOf(
  rows: TenantRows,
  names: ModelNames,
  permissions: Pick<Permissions, 'catalog' | 'systemRoles'>,
  { places, assignments }: Required<ModelExportOptions>,
): AccessModel {
  const parts: AccessModel = {
    format: MODEL_FORMAT,
    permissions: rows.customPermissions.map(({ resource, action, description }) => ({
      name: `${resource}:${action}`,
      ...said({ description }),
    })),
    ...(places ? placesOf(rows, names) : {}),
    roles: rows.roles.map(({ key, name, description, parent_role_id, system, permissions: entries }) => ({
      key,
      name,
      ...said({ description, parent: parent_role_id && names.role(parent_role_id) }),
      ...(system ? { system } : {}),
      permissions: entries,
    })),
    policies: rows.policies.map(({ key, description, enabled, document }) => ({
      key,
      ...said({ description }),
      ...(enabled ? {} : { enabled }),
      document: renamed(document as unknown as PolicyDocument, names),
    })),
    ...(assignments ? heldOf(rows, names) : {}),
  }
  const sorted = MODEL_PARTS.flatMap((part) => (parts[part] === undefined ? [] : [[part, inOrder(part, parts[part])]]))
  const { catalog, systemRoles } = permissions
  return {
    format: MODEL_FORMAT,
    code: ordered({ permissions: catalog, systemRoles }),
    ...(Object.fromEntries(sorted) as Omit<AccessModel, 'format' | 'code'>),
  }
}

function inOrder<Part extends ModelPart>(part: Part, items: readonly ModelItem<Part>[]): readonly ModelItem<Part>[] {
  const named = items.map((item) => ({ item, name: nameOfItem(part, item) }))
  return named.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ item }) => ordered(item))
}

/** Those that say something. */
function said<Given extends Readonly<Record<string, string | null>>>(
  given: Given,
): { readonly [K in keyof Given]?: string } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== '')) as {
    readonly [K in keyof Given]?: string
  }
}

function told(metadata: Readonly<Record<string, unknown>>) {
  return Object.keys(metadata).length === 0 ? {} : { metadata }
}

function placesOf({ organizations, teams, projects }: TenantRows, names: ModelNames) {
  const keys = new Map(teams.map(({ id, key }) => [id, key]))
  const keyOf = (id: string | null) => (id === null ? null : (keys.get(id) ?? id))
  return {
    organizations: organizations.map(({ key, name, metadata }) => ({ key, name, ...told(metadata) })),
    teams: teams.map(({ organization_id, key, name, parent_team_id, description, metadata }) => ({
      organization: names.organization(organization_id),
      key,
      name,
      ...said({ parent: keyOf(parent_team_id), description }),
      ...told(metadata),
    })),
    projects: projects.map(({ organization_id, key, name, team_id, description, metadata }) => ({
      organization: names.organization(organization_id),
      key,
      name,
      ...said({ team: keyOf(team_id), description }),
      ...told(metadata),
    })),
  }
}

function heldOf({ members, resources, assignments }: TenantRows, names: ModelNames) {
  const onResource = new Map(resources.map(({ id, type, external_id }) => [id, { type, id: external_id }]))
  return {
    members: members.map(({ team_id, user_id, service_account_id, role_id, permissions }) => ({
      team: names.team(team_id),
      member: personOf({ user_id, service_account_id }, names)!,
      ...said({ role: role_id && names.role(role_id) }),
      ...(permissions.length === 0 ? {} : { permissions }),
    })),
    resources: resources.map((row) => {
      const place = placeOf(row.organization_id, row.team_id, row.project_id, names)
      const { type, external_id: id, name, metadata } = row
      return { type, id, ...said({ name }), ...(place && { in: place }), ...told(metadata) }
    }),
    assignments: assignments.map((row): ModelAssignment => {
      const { role_id, organization_id, scope_team_id, project_id, resource_id, flow, reason } = row
      const scope: ModelScope | undefined =
        resource_id === null
          ? placeOf(organization_id, scope_team_id, project_id, names)
          : { resource: onResource.get(resource_id) ?? { type: '', id: resource_id } }
      const times = { startsAt: row.starts_at?.toISOString() ?? null, expiresAt: row.expires_at?.toISOString() ?? null }
      return {
        principal: holderOf(row, names),
        role: names.role(role_id),
        ...(scope && { scope }),
        ...(flow === 'self' ? { flow } : {}),
        ...said({ ...times, reason }),
      }
    }),
  }
}

function placeOf(
  organization: string | null,
  team: string | null,
  project: string | null,
  names: ModelNames,
): ModelPlace | undefined {
  if (organization !== null) return { organization: names.organization(organization) }
  if (team !== null) return { team: names.team(team) }
  return project === null ? undefined : { project: names.project(project) }
}

type Held = Pick<Row<'role_assignments'>, 'user_id' | 'service_account_id'>

function personOf({ user_id, service_account_id }: Held, names: ModelNames): ModelPerson | undefined {
  if (user_id !== null) return { user: names.user(user_id) }
  return service_account_id === null ? undefined : { serviceAccount: names.serviceAccount(service_account_id) }
}

function holderOf(row: Row<'role_assignments'>, names: ModelNames): ModelHolder {
  return personOf(row, names) ?? (row.team_id === null ? 'everyone' : { team: names.team(row.team_id) })
}
