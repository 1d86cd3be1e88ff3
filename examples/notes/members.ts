// The people of a tenant and their roles, as its owner sees and changes them. What may not be (no owner left, a role
// that one does not hold oneself, one member more than the plan has room for) is refused by Freehold.

import { randomBytes } from 'node:crypto'
import { FreeholdError, type UserId } from 'freehold'
import type { Context, Tenant } from './notes.ts'
import type { Demo } from './open.ts'

/** Whoever removes somebody has proven who they are in the last ten minutes. */
export const SURE = { maxAgeMs: 600_000 } as const

export interface Member {
  readonly id: UserId
  readonly name: string
  readonly email: string
  /** The keys of the roles held in the whole tenant. */
  readonly roles: readonly string[]
}

/** The first 200, oldest first. */
export async function listMembers(tenant: Tenant): Promise<Member[]> {
  return tenant.transaction(async (tx) => {
    const users = await tx.users.list({ limit: 200 })
    const roles = await tx.roles.list({ limit: 200 })
    const assignments = await tx.assignments.list({ limit: 200 })
    const keys = new Map(roles.items.map(({ id, key }) => [id, key]))
    return users.items.map(({ id, name, email }) => ({
      id,
      name: name ?? email,
      email,
      roles: assignments.items
        .filter(({ principal, scope }) => principal.id === id && scope.kind === 'tenant')
        .flatMap(({ roleId }) => keys.get(roleId) ?? []),
    }))
  })
}

/** @throws EMAIL_TAKEN, EMAIL_INVALID, ROLE_UNKNOWN, GRANT_REFUSED, LIMIT_REACHED, INPUT_INVALID: then nobody was added */
export async function addMember(context: Context, input: unknown): Promise<{ message: string }> {
  const { name, email, role } = fieldsOf(input, ['name', 'email', 'role'])
  const password = randomBytes(12).toString('base64url')
  await context.transaction(async (tx) => {
    const user = await tx.users.create({ name, email, password })
    await tx.assignments.grant({ principal: user, role })
  })
  return { message: `${name} can sign in as ${email} with ${password}, which is shown this once.` }
}

/** Who came by sign-up or by an invitation becomes a member, as this product has it. The app grants it: a newcomer may not. */
export async function join({ freehold }: Pick<Demo, 'freehold'>, { tenant, principal }: Context): Promise<void> {
  const own = await freehold.tenant(tenant.id)
  await own.transaction(async (tx) => {
    const user = await tx.users.get(principal!.id as UserId)
    const { items } = await tx.assignments.list({ principal: user, limit: 1 })
    if (items.length === 0) await tx.assignments.grant({ principal: user, role: 'member', reason: 'joined' })
  })
}

/** One role instead of those held before. @throws ROLE_UNKNOWN, GRANT_REFUSED, LAST_OWNER, USER_UNKNOWN */
export async function changeRole(context: Context, id: string, input: unknown): Promise<void> {
  const { role } = fieldsOf(input, ['role'])
  await context.transaction(async (tx) => {
    const user = await tx.users.get(id as UserId)
    const held = await tx.assignments.list({ principal: user, limit: 200 })
    const granted = await tx.assignments.grant({ principal: user, role, reason: 'changed on the members page' })
    for (const assignment of held.items) {
      if (assignment.id !== granted.id && assignment.scope.kind === 'tenant') await tx.assignments.revoke(assignment)
    }
  })
}

/** How many factors everybody signs in with, from their next sign-in on. @throws INPUT_INVALID */
export async function demandFactors({ freehold }: Pick<Demo, 'freehold'>, context: Context, input: unknown) {
  const { factors } = fieldsOf(input, ['factors'])
  if (factors !== '1' && factors !== '2') {
    throw new FreeholdError('INPUT_INVALID', { field: 'factors', problem: 'it is 1 or 2' })
  }
  const { tenant, principal } = context
  const authentication = { requiredAssurance: Number(factors) }
  // what a tenant asks of its users the host sets, in the name of the owner who wants it so
  await freehold.as({ type: 'user', id: principal!.id }).tenants.update(tenant, { settings: { authentication } })
}

/** Their notes stay; the plan has room for somebody else. @throws LAST_OWNER, USER_UNKNOWN */
export async function removeMember(context: Context, id: string): Promise<void> {
  await context.tenant.users.remove(id as UserId)
}

/** @throws INPUT_INVALID */
function fieldsOf<Name extends string>(input: unknown, names: readonly Name[]): Record<Name, string> {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const fields = {} as Record<Name, string>
  for (const name of names) {
    const value = given[name]
    if (typeof value !== 'string') throw new FreeholdError('INPUT_INVALID', { field: name, problem: 'it is missing' })
    fields[name] = value
  }
  return fields
}
