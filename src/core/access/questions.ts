// The questions about who may do what, answered from memory where that is current. The first check of a principal costs
// one query, and the next ones none.

import type { TenantContext } from '../context.ts'
import { invalid } from '../kernel/input.ts'
import type { Gate } from '../tenancy/gate.ts'
import type { Access, Principal } from './access.ts'
import { demandOptions } from './asked.ts'
import { codeAt, isAllowed, isConditional } from './bits.ts'
import type { AccessCache, AccessRequest, AccessVersions } from './cache.ts'
import { type CheckOptions, type Freshness, isPlain } from './check-options.ts'
import { decide, decideHere } from './evaluator.ts'
import type { KnownTenant } from './known-tenant.ts'
import type { Permissions } from './permissions.ts'
import { HeldAccess, permissionId } from './principal-access.ts'
import { idOf, type KnownPrincipal, kindOf, parsePrincipal } from './principals.ts'
import { readRevision, revisionOf, writeRevision } from './revision.ts'

const YES = Promise.resolve(true)
const NO = Promise.resolve(false)

/**
 * Checks of one tenant. Outside a transaction they are answered from the cache, and a first one costs one query;
 * inside one each loads anew, so that it sees what the transaction did and nobody else does. `gate` stands before what
 * is answered from memory.
 */
export function createAccess<P extends string>(
  context: TenantContext,
  cache: AccessCache,
  permissions: Permissions<P>,
  gate?: Gate,
): Access<P> {
  const { now } = context.runtime
  const tenantId = context.tenant.id
  const apart = 'db' in context.scope
  let tenant: KnownTenant | undefined

  async function load(principal: Principal, newness: Newness = {}): Promise<KnownPrincipal> {
    demandOptions(newness)
    const { versions, atLeast } = newness
    const passing = gate?.()
    if (passing) await passing
    const key = parsePrincipal(principal)
    const revision = atLeast === undefined ? undefined : readRevision(tenantId, atLeast)
    const request: AccessRequest = { tenantId, scope: context.scope, permissions, principal: key, versions, revision }
    return apart ? cache.loadApart(request) : cache.ensure(request)
  }

  const held = async (principal: Principal, newness?: Newness): Promise<HeldAccess<P>> =>
    new HeldAccess<P>(await load(principal, newness), tenantId, now)

  function answer(known: KnownPrincipal, permission: string, options: CheckOptions | undefined, at: number): boolean {
    const id = permissions.ids.get(permission) ?? permissionId(known.book, permission)
    // most checks end here, having looked at little: that is what makes them fast
    if (known.steady !== undefined && (options === undefined || isPlain(options))) {
      const code = codeAt(known.steady, known.steadyAt, id)
      return isConditional(code) ? decideHere(known.steadyRow!, id, code, known.facts, options, now) : isAllowed(code)
    }
    return decide(known.row(at), id, known.facts, options, now)
  }

  async function checkCold(principal: Principal, permission: string, options?: CheckOptions & Freshness) {
    return answer(await load(principal, options), permission, options, now())
  }

  return {
    check(principal, permission, options) {
      const kind = apart || options?.atLeast !== undefined ? undefined : kindOf(principal)
      if (kind === undefined) return checkCold(principal, permission, options)
      try {
        const at = now()
        // no promise of ours where there is nothing to wait for
        const passing = gate?.(at)
        if (passing) return passing.then(() => checkCold(principal, permission, options))
        if (tenant === undefined || !tenant.live) tenant = cache.tenant(tenantId)
        const known = tenant?.peek(kind, idOf(principal), at)
        if (known?.book.declared !== permissions) return checkCold(principal, permission, options)
        return answer(known, permission, options, at) ? YES : NO
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async checkMany(principal, checks, freshness) {
      const asked = checkList(checks)
      const known = await load(principal, freshness)
      const at = now()
      return asked.map((check) => answer(known, check.permission, check, at))
    },
    explain: async (principal, permission, options) => (await held(principal, options)).explain(permission, options),
    permissionsOf: async (principal, options) => (await held(principal, options)).permissions(options),
    fieldsOf: async (principal, permission, options) => (await held(principal, options)).fields(permission, options),
    async filter(principal, permission, options) {
      const { atLeast, ...rest } = options ?? {}
      return (await held(principal, atLeast === undefined ? {} : { atLeast })).filter(permission, rest)
    },
    ever: async (principal, permission, freshness) => (await held(principal, freshness)).ever(permission),
    async whoCan(permission, options) {
      const passing = gate?.()
      if (passing) await passing
      const { whoCan } = await import('./who-can.ts')
      return whoCan(context, cache, permissions, permission, options)
    },
    async revision(principal) {
      const key = principal === undefined ? undefined : parsePrincipal(principal)
      return writeRevision(tenantId, await revisionOf(context.scope.records, key))
    },
    async principal(principal, freshness) {
      return held(principal, freshness && 'tenant' in freshness ? { versions: freshness } : freshness)
    },
  }
}

interface Newness extends Freshness {
  readonly versions?: AccessVersions
}

/** @throws INPUT_INVALID */
function checkList<Check extends object>(checks: readonly Check[]): readonly Check[] {
  if (!Array.isArray(checks)) throw invalid('checks', 'it is not a list')
  // holes, too
  const wrong = Array.from(checks, (check: unknown) => typeof check === 'object' && check !== null).indexOf(false)
  if (wrong >= 0) throw invalid(`checks[${wrong}]`, 'it is not an object')
  return checks
}
