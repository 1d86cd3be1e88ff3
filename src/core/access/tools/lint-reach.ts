// Permissions that nobody can get, or that nobody was given.

import { ALLOW, ALLOW_IF, bitsOf, DENY } from '../bits.ts'
import { grantsOf } from '../grants.ts'
import { isOwnPermission } from '../permissions.ts'
import type { Said } from '../rules.ts'
import type { Linted, LintFinding } from './lint.ts'

export function lintReach({ book, rows }: Linted): LintFinding[] {
  const denied = deniedToAll({ book, rows })
  const given = givenBySomebody({ book, rows })
  return book.permissions.names.flatMap((name, id): LintFinding[] => {
    const by = denied(id)
    if (by !== undefined) {
      return [
        {
          code: 'permission-unreachable',
          severity: 'error',
          path: `permissions/${name}`,
          message: `Nobody can get ${name}: ${by} denies it to everyone, everywhere, without conditions.`,
          remedy: 'Name whom it is denied to, or where, or remove the denial. Nothing else can allow it: deny wins.',
        },
      ]
    }
    // Freehold's own are for owners and admins, unless a tenant says otherwise
    if (given(id) || isOwnPermission(name)) return []
    return [
      {
        code: 'permission-ungranted',
        severity: 'info',
        path: `permissions/${name}`,
        message: `Only a role that holds everything by code allows ${name}.`,
        remedy: 'Add it to a role, or leave it to owners.',
      },
    ]
  })
}

type Looked = Pick<Linted, 'book' | 'rows'>

/** What denies this to everyone in the whole tenant. */
function deniedToAll({ book, rows }: Looked): (permission: number) => string | undefined {
  const denials: (readonly [string, Said])[] = []
  for (const policy of book.policies.ofEveryone) {
    const whole = policy.places().some(({ place, resource }) => place.kind === 'tenant' && !resource)
    if (whole) denials.push([`the policy “${policy.key}”`, policy.said()])
  }
  const ofEveryone = rows.assignments.filter(({ everyone }) => everyone)
  for (const grant of grantsOf(ofEveryone)) {
    const role = grant.scope.kind === 'tenant' && !grant.exactly ? book.byId(grant.roleId) : undefined
    const lasting = grant.starts === Number.NEGATIVE_INFINITY && grant.ends === Number.POSITIVE_INFINITY
    if (role && lasting) denials.push([`the role “${role.key}”, which everyone has,`, book.closure(role)])
  }
  return (permission) => denials.find(([, { bits }]) => (bitsOf(bits, permission) & DENY) !== 0)?.[0]
}

/** Whether a role that does not hold everything by code, a policy or a membership allows this. */
function givenBySomebody({ book, rows }: Looked): (permission: number) => boolean {
  const said: Said[] = []
  for (const role of book.all()) {
    const whole = role.system && book.declared.systemRoles[role.key as 'owner'] === '*'
    if (!whole) said.push(book.ownRules(role))
  }
  const policies = new Set([
    ...book.policies.ofEveryone,
    ...rows.policies.flatMap(({ document }) => {
      const { principals } = document as { readonly principals?: unknown }
      const ids = (Array.isArray(principals) ? principals : []).flatMap((one) =>
        typeof one === 'object' && one !== null ? Object.values(one) : [],
      )
      return ids.flatMap((id) => book.policies.naming(String(id)))
    }),
  ])
  for (const policy of policies) said.push(policy.said())
  const byMember = new Set(
    [...rows.roles, ...rows.members].flatMap(({ permissions }) =>
      permissions.flatMap(({ resource, actions, effect }) =>
        effect === 'deny' ? [] : actions.map((action) => `${resource}:${action}`),
      ),
    ),
  )
  return (permission) =>
    byMember.has(book.permissions.names[permission]!) ||
    said.some(({ bits }) => (bitsOf(bits, permission) & (ALLOW | ALLOW_IF)) !== 0)
}
