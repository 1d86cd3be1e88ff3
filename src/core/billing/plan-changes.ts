// What is different in a plan, as its audit event says it: of features and limits those that differ, and in short where
// these are many, so that no plan that may be put is too large to be told of.

import type { AuditEntry } from '../audit/audit.ts'
import { inShort } from '../audit/in-short.ts'
import type { PlanRow } from '../storage/billing-system-tables.ts'

type Change = { readonly from?: unknown; readonly to?: unknown }
type Entitled = Readonly<Record<string, unknown>>

/** Of the JSON text of each part; an event holds four of them and more. */
const MAXIMUM_BYTES_IN_FULL = 8192

export function planChanges(before: PlanRow | undefined, after: PlanRow): NonNullable<AuditEntry['changes']> {
  return {
    ...(before?.name === after.name ? {} : { name: { ...(before && { from: before.name }), to: after.name } }),
    ...(before?.rank === after.rank ? {} : { rank: { ...(before && { from: before.rank }), to: after.rank } }),
    ...part('features', before?.features, after.features),
    ...part('limits', before?.limits, after.limits),
  }
}

function part(field: string, from: Entitled | undefined, to: Entitled): Record<string, Change> {
  const differs = (name: string): boolean =>
    !from || !Object.hasOwn(from, name) || !Object.hasOwn(to, name) || from[name] !== to[name]
  const [old, young] = [differing(from ?? {}, differs), differing(to, differs)]
  if (Object.keys(old).length + Object.keys(young).length === 0) return {}
  return { [field]: { ...(from && { from: shown(old) }), to: shown(young) } }
}

/** By name, so that two that say the same are written alike. */
function differing(entitled: Entitled, differs: (name: string) => boolean): Entitled {
  const names = Object.keys(entitled).filter(differs).sort()
  return Object.fromEntries(names.map((name) => [name, entitled[name]]))
}

function shown(entitled: Entitled): unknown {
  return inShort(entitled, MAXIMUM_BYTES_IN_FULL)
}
