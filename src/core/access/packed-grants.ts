// Grants in little room, for as long as a principal is remembered. Most give a role in the whole tenant and for ever:
// then only the grant's id is a text of its own.

import type { Grant, Reach } from './grants.ts'
import { WHOLE_TENANT } from './grants.ts'

/** Three for each grant, one after the other: its id, its role's, and where and when it counts. */
export type PackedGrants = readonly (string | Reach)[]

const NO_GRANTS: readonly (string | Reach)[] = []
/** What most share. */
const EVERYWHERE_ALWAYS: Reach = {
  scope: WHOLE_TENANT,
  exactly: false,
  starts: Number.NEGATIVE_INFINITY,
  ends: Number.POSITIVE_INFINITY,
}

/** `known` answers a role's id as the text that is kept already. */
export function packGrants(grants: readonly Grant[], known: (roleId: string) => string): PackedGrants {
  if (grants.length === 0) return NO_GRANTS
  // as long as it will be from the start: a list that grows keeps room for more
  const packed = new Array<string | Reach>(grants.length * 3)
  for (const [i, { id, roleId, ...reach }] of grants.entries()) {
    packed[i * 3] = id
    packed[i * 3 + 1] = known(roleId)
    packed[i * 3 + 2] = isPlain(reach) ? EVERYWHERE_ALWAYS : reach
  }
  return packed
}

export function unpackGrants(packed: PackedGrants): Grant[] {
  const grants: Grant[] = []
  for (let i = 0; i < packed.length; i += 3) {
    grants.push({ id: packed[i] as string, roleId: packed[i + 1] as string, ...(packed[i + 2] as Reach) })
  }
  return grants
}

function isPlain({ scope, exactly, starts, ends }: Reach): boolean {
  return scope.kind === 'tenant' && !exactly && starts === EVERYWHERE_ALWAYS.starts && ends === EVERYWHERE_ALWAYS.ends
}
