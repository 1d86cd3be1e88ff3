// One step of a plan, done by the room that it is about.

import type { TenantContext } from '../../context.ts'
import type { RoleAssignmentId } from '../../kernel/ids.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { Holder, NewAssignment, ScopeName } from '../assignment.ts'
import { createAssignments } from '../assignments.ts'
import { createCustomPermissions } from '../custom-permissions.ts'
import { createOrganizations } from '../organizations.ts'
import { customPermission, type Permissions } from '../permissions.ts'
import { createPolicies } from '../policies.ts'
import { createProjects } from '../projects.ts'
import { createResources } from '../resources.ts'
import { createRoles } from '../roles.ts'
import { createTeams } from '../teams.ts'
import type { ModelAssignment, ModelItem, ModelPart } from './model.ts'
import { createIds } from './model-ids.ts'
import type { Step } from './model-plan.ts'
import { fault } from './model-reading.ts'

type Taking = { readonly [Part in ModelPart]: (step: Step<Part>) => Promise<unknown> }

/** `inside` is a context of the transaction. The answer throws MODEL_INVALID, and what the rooms throw. */
export function createSteps(
  inside: TenantContext,
  unit: TenantUnit,
  permissions: Permissions,
): (step: Step) => Promise<unknown> {
  const names = createIds(unit)
  const organizations = createOrganizations(inside, permissions)
  const teams = createTeams(inside, permissions)
  const projects = createProjects(inside, permissions)
  const roles = createRoles(inside, permissions)
  const policies = createPolicies(inside, permissions)
  const custom = createCustomPermissions(inside, permissions)
  const resources = createResources(inside, permissions)
  const assignments = createAssignments(inside, permissions)

  const taking: Taking = {
    async organizations({ action, item: { key, name, metadata = {} } }) {
      if (action === 'create') return organizations.create({ key, name, metadata })
      return action === 'update' ? organizations.update(key, { name, metadata }) : organizations.remove(key)
    },

    async teams({ action, item, now }) {
      const { organization, key, name, description, metadata = {} } = item
      const parentOf = async ({ parent }: ModelItem<'teams'>) =>
        parent === undefined ? null : names.team(`${organization}/${parent}`, 'parent')
      if (action === 'create') {
        const parent = await parentOf(item)
        const within = await names.organization(organization, 'organization')
        return teams.create({
          organization: within,
          key,
          name,
          metadata,
          ...(parent && { parent }),
          ...said({ description }),
        })
      }
      const id = await names.team(`${organization}/${key}`, 'key')
      if (action === 'remove') return teams.remove(id)
      if (now?.parent !== item.parent) await teams.move(id, { parent: await parentOf(item) })
      return teams.update(id, { name, description: description ?? null, metadata })
    },

    async projects({ action, item }) {
      const { organization, key, name, team, description, metadata = {} } = item
      const below = team === undefined ? null : await names.team(`${organization}/${team}`, 'team')
      if (action === 'create') {
        const within = await names.organization(organization, 'organization')
        return projects.create({
          organization: within,
          key,
          name,
          metadata,
          ...(below && { team: below }),
          ...said({ description }),
        })
      }
      const id = await names.project(`${organization}/${key}`, 'key')
      if (action === 'remove') return projects.remove(id)
      return projects.update(id, { name, description: description ?? null, metadata, team: below })
    },

    async roles({ action, item }) {
      const { key, name, description, parent, permissions: entries } = item
      if (action === 'remove') return roles.remove(key)
      if (action === 'create')
        return roles.create({ key, name, permissions: entries, ...said({ description, parent }) })
      return roles.update(key, { name, description: description ?? null, parent: parent ?? null, permissions: entries })
    },

    async permissions({ action, item: { name, description } }) {
      const [resource = '', act = '', ...more] = name.split(':')
      if (more.length > 0) throw fault('name', 'it is a permission as report:print')
      if (action === 'create') return custom.create({ resource, action: act, ...said({ description }) })
      if (action === 'remove') return custom.remove(customPermission(name))
      // what it is called for people changes nothing that is allowed
      return unit.records.update('custom_permissions', { resource, action: act }, { description: description ?? null })
    },

    async policies({ action, item, now }) {
      const { key, description, enabled = true } = item
      if (action === 'remove') return policies.remove(key)
      const document = await names.document(item.document)
      if (action === 'create') return policies.create({ key, document, enabled, ...said({ description }) })
      await policies.update(key, { description: description ?? null, document })
      if ((now?.enabled ?? true) === enabled) return undefined
      return enabled ? policies.enable(key) : policies.disable(key)
    },

    async members({ action, item: { team, member, role, permissions: entries = [] } }) {
      const id = await names.team(team, 'team')
      const principal = await names.principal(member, 'member')
      if (action === 'remove') return teams.members.remove(id, principal)
      if (action === 'update') return teams.members.update(id, principal, { role: role ?? null, permissions: entries })
      return teams.members.add(id, { principal, permissions: entries, ...said({ role }) })
    },

    async resources({ action, item: { type, id: externalId, name, in: place, metadata = {} } }) {
      const where = place && (await names.place(place, 'in'))
      if (action === 'create') {
        return resources.register({ type, externalId, metadata, ...said({ name }), ...(where && { in: where }) })
      }
      return resources.update({ type, externalId }, { name: name ?? null, in: where ?? null, metadata })
    },

    async assignments({ action, item }) {
      if (action !== 'remove') return assignments.grant(await assignmentOf(item))
      const id = await heldAs(item)
      return id && assignments.revoke(id)
    },
  }

  async function assignmentOf(item: ModelAssignment): Promise<NewAssignment> {
    const { principal, role, scope, flow, startsAt, expiresAt, reason } = item
    return {
      principal: await holderOf(principal),
      role,
      ...(scope === undefined ? {} : { scope: await scopeOf(scope) }),
      ...(flow === undefined ? {} : { flow }),
      ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      ...said({ reason }),
    }
  }

  async function holderOf(principal: ModelAssignment['principal']): Promise<Holder> {
    if (principal === 'everyone') return { kind: 'everyone' }
    if ('team' in principal) return { kind: 'team', id: await names.team(principal.team, 'principal.team') }
    return names.principal(principal, 'principal')
  }

  async function scopeOf(scope: NonNullable<ModelAssignment['scope']>): Promise<ScopeName> {
    if (!('resource' in scope)) return names.place(scope, 'scope')
    const { type, id: externalId } = scope.resource
    return { resource: { type, externalId } }
  }

  /** The assignment that is called so. Undefined: it is gone by now. */
  async function heldAs({ principal, role, scope }: ModelAssignment): Promise<RoleAssignmentId | undefined> {
    const holder = await holderOf(principal)
    const where = scope && !('resource' in scope) ? Object.entries(await names.place(scope, 'scope'))[0] : undefined
    const [kind, place] = (where ?? []) as [string?, string?]
    const resource =
      scope && 'resource' in scope
        ? (await unit.records.get('resources', { type: scope.resource.type, external_id: scope.resource.id }))?.id
        : undefined
    if (scope && 'resource' in scope && resource === undefined) return undefined
    const id = typeof holder === 'object' && 'id' in holder ? (holder.id as string) : null
    const holderKind = typeof holder === 'object' ? (holder.kind ?? 'user') : 'user'
    const roleId = await names.role(role, 'role')
    const [row] = await unit.records.find('role_assignments', {
      where: {
        user_id: holderKind === 'user' ? id : null,
        service_account_id: holderKind === 'service_account' ? id : null,
        team_id: holderKind === 'team' ? id : null,
        everyone: holderKind === 'everyone',
        role_id: roleId,
        organization_id: kind === 'organization' ? place! : null,
        scope_team_id: kind === 'team' ? place! : null,
        project_id: kind === 'project' ? place! : null,
        resource_id: resource ?? null,
      },
      limit: 1,
    })
    return row?.id as RoleAssignmentId | undefined
  }

  return (step) => (taking[step.part] as (step: Step) => Promise<unknown>)(step)
}

function said<Given extends Readonly<Record<string, string | undefined>>>(given: Given) {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof Given]?: string
  }
}
