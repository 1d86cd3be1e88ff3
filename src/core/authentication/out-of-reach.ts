// What an operator who acts as a user never does: change how the user is recognised, or make a key that outlives the
// session. A method that nobody has named here is refused.

import type { Actor } from '../audit/audit.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { Room } from '../tenancy/gate.ts'

/**
 * The same room; of one in which an operator acts as a user only these methods are left, and all others reject.
 * @throws IMPERSONATION_REFUSED, from each of them
 */
export function outOfReach<R extends Room<R>>({ impersonatorId }: Actor, room: R, but: readonly (keyof R)[]): R {
  if (impersonatorId === undefined) return room
  const left: ReadonlySet<PropertyKey> = new Set(but)
  const methods = Object.entries<(...asked: never[]) => Promise<unknown>>(room)
  return Object.fromEntries(methods.map(([name, method]) => [name, left.has(name) ? method : refuse])) as R
}

async function refuse(): Promise<never> {
  throw new FreeholdError('IMPERSONATION_REFUSED')
}
