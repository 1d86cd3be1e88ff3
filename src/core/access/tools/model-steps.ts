// One step of a plan, done by the room that it is about.

import type { TenantContext } from '../../context.ts'
import type { OrganizationId, ServiceAccountId, UserId } from '../../kernel/ids.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { createAssignments, type NewAssignment } from '../assignments.ts'
import { createOrganizations } from '../organizations.ts'
import type { Permissions } from '../permissions.ts'
import { createRoles } from '../roles.ts'
import type { ModelAssignment, ModelItem, ModelPart, ModelRole } from './model.ts'
import { findNames } from './model-names.ts'
import type { Step } from './model-plan.ts'
import { fault } from './model-reading.ts'

type Taken<Part extends ModelPart> = (step: Step<Part>) => Promise<unknown>

/** `inside` is a context of the transaction. */
export function createSteps(
  inside: TenantContext,
  unit: TenantUnit,
  permissions: Permissions,
): (step: Step) => Promise<unknown> {
  const finder = findNames(unit)
  const roles = createRoles(inside, permissions)
  const organizations = createOrganizations(inside, permissions)
  const assignments = createAssignments(inside, permissions)

  /** @throws MODEL_INVALID */
  async function found<Id extends string>(look: Promise<string | undefined>, path: string, what: string): Promise<Id> {
    const id = await look
    if (id === undefined) throw fault(path, `there is no ${what}`)
    return id as Id
  }

  async function assignmentOf({ principal, role, scope, startsAt, expiresAt, reason }: ModelAssignment) {
    const given: NewAssignment = {
      principal: await holderOf(principal),
      role,
      ...(scope === undefined ? {} : { scope: await scopeOf(scope) }),
      ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
      ...(reason === undefined ? {} : { reason }),
    }
    return given
  }
