// What a principal may do through a credential that was made for a part of it: never more than both allow.

import { FreeholdError } from '../kernel/errors.ts'
import type { PrincipalAccess } from './access.ts'
import type { CheckOptions } from './check-options.ts'
import type { Explanation } from './explanation.ts'
import type { CustomPermission } from './permissions.ts'

/** `permissions` is the part; an unknown permission is an error still. */
export function narrowed<P extends string>(
  access: PrincipalAccess<P>,
  permissions: readonly string[],
): PrincipalAccess<P> {
  const part = new Set(permissions)
  const can = (permission: P | CustomPermission, options?: CheckOptions): boolean =>
    access.can(permission, options) && part.has(permission)
  return {
    principal: access.principal,
    versions: access.versions,
    revision: access.revision,
    names: access.names,
    can,
    demand(permission, options) {
      if (!can(permission, options)) throw new FreeholdError('FORBIDDEN', { permission })
    },
    explain(permission, options): Explanation {
      const whole = access.explain(permission, options)
      if (!whole.allowed || part.has(permission)) return whole
      const needed = [{ kind: 'credential' }] as const
      return { allowed: false, reason: 'not-in-credential', missing: [], needed, version: whole.version }
    },
    permissions(options) {
      const { allowed, conditional } = access.permissions(options)
      const inPart = (permission: string) => part.has(permission)
      return { allowed: allowed.filter(inPart), conditional: conditional.filter(inPart) }
    },
    fields(permission, options) {
      const whole = access.fields(permission, options)
      return part.has(permission) ? whole : { all: false, fields: [] }
    },
    filter(permission, options) {
      const whole = access.filter(permission, options)
      return part.has(permission) ? whole : { kind: 'never' }
    },
    ever: (permission) => access.ever(permission) && part.has(permission),
  }
}
