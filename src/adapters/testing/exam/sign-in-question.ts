// What beginSignIn is asked in the exam, and about whom.

import type { FailureKey } from '../../../core/storage/risk-verbs.ts'
import type { PendingSubject, SignInLoad, SignInQuestion } from '../../../core/storage/sign-in-verbs.ts'
import type { TenantScope } from '../../../core/storage/storage.ts'
import { fromNow, type NewRow } from '../../../core/storage/tables.ts'
import { hash, type Room } from '../room.ts'

const HOUR = 3_600_000
/** Before the address, in what an account's own failures are counted by. */
export const ACCOUNT = Buffer.from('account\0')

/** Nothing but who it is. */
export const plain = { roles: false, sessions: false, deviceHashes: [] } as const

export function askRisk(scope: TenantScope, userId: string, counts: readonly FailureKey[]): Promise<SignInLoad> {
  const question: SignInQuestion = {
    ...plain,
    who: { kind: 'user', userId },
    risk: { halfLifeMs: HOUR, account: ACCOUNT, counts },
  }
  return scope.verbs.beginSignIn(question)
}

export function begin(
  { scope }: Room,
  question: Partial<SignInQuestion> & Pick<SignInQuestion, 'who'>,
): Promise<SignInLoad> {
  return scope.verbs.beginSignIn({ ...plain, ...question })
}

export function subject(change: Partial<PendingSubject>): PendingSubject {
  const challengeId = '01900000-0000-7000-8000-ffffffffffff'
  return { challengeId, secretHash: hash('secret'), purpose: 'sign-in', factor: null, attempt: null, ...change }
}

export async function factor(room: Room, userId: string, row: Partial<NewRow<'mfa_methods'>> = {}): Promise<string> {
  const id = room.id()
  await room.scope.records.insert('mfa_methods', [
    { id, user_id: userId, type: 'totp', name: 'App', confirmed_at: fromNow(), ...row },
  ])
  return id
}

export async function passkey(room: Room, userId: string) {
  const id = await factor(room, userId, { type: 'webauthn' })
  const [row] = await room.scope.records.insert('webauthn_credentials', [
    {
      id,
      user_id: userId,
      credential_id: hash(`key of ${userId}`),
      public_key: hash('public'),
      rp_id: 'exam.test',
      transports: ['usb'],
      backup_eligible: true,
      backup_state: false,
    },
  ])
  return row!
}

export async function waiting(room: Room, userId: string, row: Partial<NewRow<'challenges'>>) {
  const [made] = await room.scope.records.insert('challenges', [
    {
      id: room.id(),
      purpose: 'sign-in',
      user_id: userId,
      epoch: 0,
      secret_hash: hash('secret'),
      expires_at: fromNow(HOUR),
      ...row,
    },
  ])
  return made!
}
