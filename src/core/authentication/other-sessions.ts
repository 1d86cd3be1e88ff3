// What whoever changes a factor is offered beside: to end the sessions that were opened without it (ASVS 5.0, V7.4.3).

import type { TenantContext } from '../context.ts'
import { endSessions } from '../identity/standing.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { TenantUnit } from '../storage/storage.ts'

export interface EndingOthers {
  /** End the user's sessions, but for the one in whose name this is done. Default false. */
  readonly endOtherSessions?: boolean
}

/** Alone, or beside these. @throws INPUT_INVALID */
export function endsOthers<Options extends EndingOthers>(
  options: Options,
  field: string,
  beside: readonly (keyof Options & string)[] = [],
): boolean {
  checkKeys(options, field, [...beside, 'endOtherSessions'])
  const { endOtherSessions = false } = options
  if (typeof endOtherSessions !== 'boolean') throw invalid('endOtherSessions', 'it is not true or false')
  return endOtherSessions
}

/** What an event says of it; nothing where it was not asked for. */
export async function endOthers(
  { actor, tenant }: Pick<TenantContext, 'actor' | 'tenant'>,
  unit: TenantUnit,
  userId: string,
  asked: boolean,
): Promise<{ readonly sessionsEnded?: number }> {
  if (!asked) return {}
  const keep = actor.type === 'user' && actor.id === userId ? actor.sessionId : undefined
  return { sessionsEnded: await endSessions(unit, tenant.id, userId, 'revoked', keep) }
}
