// What a principal may do through a credential that was made for a part of it: never more than both allow.

import { FreeholdError } from '../kernel/errors.ts'
import type { CheckOptions, Explanation, PrincipalAccess } from './access.ts'

/** `permissions` is the part; an unknown permission is an error still. */
export function narrowed<P extends string>(
  access: PrincipalAccess<P>,
  permissions: readonly string[],
): PrincipalAccess<P> {
  const part = new Set(permissions)
  const can = (permission: P, options?: CheckOptions): boolean =>
    access.can(permission, options) && part.has(permission)
  return {
    principal: access.principal,
    versions: access.versions,
    can,
    demand(permission, options) {
      if (!can(permission, options)) throw new FreeholdError('FORBIDDEN', { permission })
    },
    explain(permission, options): Explanation {
      const whole = access.explain(permission, options)
      if (!whole.allowed || part.has(permission)) return whole
      return { allowed: false, reason: 'not-in-credential', missing: [], version: whole.version }
    },
  }
}
