// What beginSignIn is asked in the exam.

import type { FailureKey } from '../../../core/storage/risk-verbs.ts'
import type { SignInLoad, SignInQuestion } from '../../../core/storage/sign-in-verbs.ts'
import type { TenantScope } from '../../../core/storage/storage.ts'

const HOUR = 3_600_000
/** Before the address, in what an account's own failures are counted by. */
export const ACCOUNT = Buffer.from('account\0')

/** Nothing but who it is. */
export const plain = { roles: false, sessions: false, deviceHash: null } as const

export function askRisk(scope: TenantScope, userId: string, counts: readonly FailureKey[]): Promise<SignInLoad> {
  const question: SignInQuestion = {
    ...plain,
    who: { kind: 'user', userId },
    risk: { halfLifeMs: HOUR, account: ACCOUNT, counts },
  }
  return scope.verbs.beginSignIn(question)
}
