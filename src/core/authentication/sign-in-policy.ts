// What a tenant asks of its users: how sure it wants to be of them, by its own rule and by the roles they hold. Kept in
// the tenant's settings under `authentication`; what cannot be read there refuses every sign-in instead of asking less.

import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isPlainObject } from '../kernel/input.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { AssuranceLevel } from './factor.ts'

export interface AuthenticationRule {
  /** The level that a session must have. Default 1; a user who has a second factor is asked for it in any case. */
  readonly requiredAssurance?: AssuranceLevel
  /** Sessions that a user has at most; when another opens, the oldest end. Default: no limit. */
  readonly maximumSessions?: number
}

/** `tenant.settings.authentication`. */
export interface AuthenticationPolicy extends AuthenticationRule {
  /** Rules by role key: of all that apply the strictest counts. */
  readonly roles?: Readonly<Record<string, AuthenticationRule>>
  /** False: a mailbox is no factor in this tenant, neither the first nor a second one. Default: as `accounts.emailFactor`. */
  readonly emailFactor?: boolean
  /**
   * Whether somebody who has no second factor, where a rule asks for one, sets it up at the sign-in (`enrolment-required`). False: they
   * are denied until an operator or the host has set one up. Default true.
   */
  readonly enrolAtSignIn?: boolean
}

/** @throws CONFIG_INVALID */
export function policyOf({ settings }: Pick<Tenant, 'settings'>): AuthenticationPolicy {
  const { authentication } = settings
  if (authentication === undefined || authentication === null) return {}
  const rule = {
    ...ruleOf(authentication, 'tenant.settings.authentication'),
    ...flagOf(authentication, 'emailFactor'),
    ...flagOf(authentication, 'enrolAtSignIn'),
  }
  const { roles } = authentication as { readonly roles?: unknown }
  if (roles === undefined || roles === null) return rule
  if (!isPlainObject(roles)) throw unreadable('tenant.settings.authentication.roles', 'it is not an object')
  const read = Object.entries(roles).map(([key, value]) => [key, ruleOf(value, `roles.${key}`)] as const)
  return { ...rule, roles: Object.fromEntries(read) }
}

/**
 * Whether links and codes by e-mail are factors here (ASVS 5.0, V6.3.6). A tenant may turn them off, and not on where the host has
 * them off. They prove an address all the same, and reset a password.
 */
export function emailIsFactor({ tenant, settings }: Pick<TenantContext, 'tenant' | 'settings'>): boolean {
  return settings.accounts.emailFactor && policyOf(tenant).emailFactor !== false
}

/** @throws EMAIL_FACTOR_OFF, CONFIG_INVALID */
export function demandEmailFactor(context: Pick<TenantContext, 'tenant' | 'settings'>): void {
  if (!emailIsFactor(context)) throw new FreeholdError('EMAIL_FACTOR_OFF')
}

/** The strictest of the tenant's rule and those of the roles that a user holds. */
export function requiredLevel(policy: AuthenticationPolicy, roleKeys: readonly string[]): AssuranceLevel {
  const byRole = roleKeys.map((key) => policy.roles?.[key]?.requiredAssurance ?? 1)
  return Math.max(policy.requiredAssurance ?? 1, ...byRole) as AssuranceLevel
}

/** The least that the tenant's rule and those of the roles allow; undefined: no limit. */
export function sessionLimit(policy: AuthenticationPolicy, roleKeys: readonly string[]): number | undefined {
  const all = [policy, ...roleKeys.map((key) => policy.roles?.[key])].flatMap((rule) => rule?.maximumSessions ?? [])
  return all.length === 0 ? undefined : Math.min(...all)
}

/** Some rule limits how many sessions a user has. */
export function limitsSessions(policy: AuthenticationPolicy): boolean {
  return [policy, ...Object.values(policy.roles ?? {})].some((rule) => rule.maximumSessions !== undefined)
}

function ruleOf(value: unknown, option: string): AuthenticationRule {
  if (!isPlainObject(value)) throw unreadable(option, 'it is not an object')
  const { requiredAssurance, maximumSessions } = value
  const counts =
    maximumSessions === undefined || (Number.isSafeInteger(maximumSessions) && Number(maximumSessions) >= 1)
  if (!counts) throw unreadable(`${option}.maximumSessions`, 'it is a whole number from 1')
  const limit = maximumSessions === undefined ? {} : { maximumSessions: maximumSessions as number }
  if (requiredAssurance === undefined) return limit
  if (requiredAssurance !== 1 && requiredAssurance !== 2 && requiredAssurance !== 3) {
    throw unreadable(`${option}.requiredAssurance`, 'it is 1, 2 or 3')
  }
  return { requiredAssurance, ...limit }
}

function flagOf<Flag extends string>(value: unknown, flag: Flag): { readonly [F in Flag]?: boolean } {
  const said = (value as { readonly [F in Flag]?: unknown })[flag]
  if (said === undefined) return {}
  if (typeof said !== 'boolean') throw unreadable(`tenant.settings.authentication.${flag}`, 'it is true or false')
  return { [flag]: said } as { readonly [F in Flag]?: boolean }
}

function unreadable(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
