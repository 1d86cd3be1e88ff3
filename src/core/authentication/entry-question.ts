// What a sign-in asks of the database before anything is decided: all of it in one round trip, with the counting of its
// attempt.

import type { TenantContext } from '../context.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { SignInLoad, SignInSubject } from '../storage/sign-in-verbs.ts'
import { deviceHashesOf } from './devices/recognition.ts'
import type { CountedAttempt } from './factor.ts'
import { riskQuestion } from './risk/judge.ts'
import { limitsSessions, policyOf } from './sign-in-policy.ts'

export interface EntryQuestion {
  readonly who: SignInSubject
  readonly client: ClientInfo | undefined
  /** Counted as failed before anybody is looked for. */
  readonly attempt?: CountedAttempt
}

/** @throws CONFIG_INVALID (an unreadable policy), STORAGE_UNAVAILABLE */
export function askEntry(context: TenantContext, { who, client, attempt }: EntryQuestion): Promise<SignInLoad> {
  const policy = policyOf(context.tenant)
  return context.scope.verbs.beginSignIn({
    who,
    roles: policy.roles !== undefined,
    sessions: limitsSessions(policy),
    deviceHashes: deviceHashesOf(client),
    ...(attempt ? { attempt: { ...attempt, ...context.settings.attempts } } : {}),
    // whoever waits for another factor was judged before
    ...(who.kind === 'pending' ? {} : { risk: riskQuestion(context, client?.ip) }),
  })
}
