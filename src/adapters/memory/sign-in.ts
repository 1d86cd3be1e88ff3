// beginSignIn in memory: the attempt first, and what is asked for then.

import { createHash } from 'node:crypto'
import {
  FACTORS_AT_MOST,
  type FactorAttempt,
  type PendingSubject,
  RECOVERY_CODE,
  type RiskQuestion,
  ROLES_AT_MOST,
  SESSIONS_AT_MOST,
  type SignInLoad,
  type SignInQuestion,
} from '../../core/storage/sign-in-verbs.ts'
import { fromNow, type Row } from '../../core/storage/tables.ts'
import type { AttemptAnswer } from '../../core/storage/verbs.ts'
import { takeAttempt } from './attempts.ts'
import { left } from './risk-verbs.ts'
import type { Statements } from './statements.ts'

type Found = Pick<SignInLoad, 'attempt' | 'user' | 'credential' | 'challenge'>

export function beginSignIn(statements: Statements, question: SignInQuestion): SignInLoad {
  const found = find(statements, question)
  const { user } = found
  const mine = { user_id: user?.id ?? '' }
  const { deviceHashes, risk } = question
  const shown = { ...mine, secret_hash: { in: deviceHashes }, revoked_at: null }
  const lastSeen = [
    { by: 'last_seen_at', descending: true },
    { by: 'id', descending: true },
  ] as const
  const [device] = user ? statements.find('devices', { where: shown, order: lastSeen, limit: 1 }) : []
  return {
    at: new Date(statements.now()),
    ...found,
    methods: user
      ? statements.find('mfa_methods', {
          where: { ...mine, confirmed_at: { not: null } },
          order: [{ by: 'created_at' }],
          limit: FACTORS_AT_MOST,
        })
      : [],
    recoveryCodes: user ? statements.count('recovery_codes', { ...mine, used_at: null }) : 0,
    roleKeys: user && question.roles ? rolesOf(statements, user) : [],
    failures: risk ? failuresOf(statements, user, risk) : [],
    profile: user && risk ? statements.get('sign_in_profiles', mine) : undefined,
    device,
    deviceTrusted: device?.trusted_until ? device.trusted_until.getTime() >= statements.now() : false,
    hasDevices: user ? statements.count('devices', mine) > 0 : false,
    sessions: user && question.sessions ? sessionsOf(statements, user) : [],
  }
}

const NOBODY = { user: undefined, credential: undefined, challenge: undefined }

function find(statements: Statements, { who, attempt: wanted }: SignInQuestion): Found {
  if (who.kind === 'pending') return waiting(statements, who)
  const attempt = wanted && takeAttempt(statements, wanted)
  if (attempt?.allowed === false) return { ...NOBODY, attempt }
  const credential =
    who.kind === 'passkey' ? statements.get('webauthn_credentials', { credential_id: who.credentialId }) : undefined
  const id = who.kind === 'user' ? who.userId : credential?.user_id
  const key = who.kind === 'email' ? { email_norm: who.emailNorm } : id === undefined ? undefined : { id }
  const user = key && statements.get('users', { ...key, status: 'active' })
  return { ...NOBODY, attempt, user, credential: user && credential }
}

function waiting(statements: Statements, who: PendingSubject): Found {
  const challenge = statements.get('challenges', {
    id: who.challengeId,
    secret_hash: who.secretHash,
    purpose: who.purpose,
    recipient_hash: null,
    consumed_at: null,
    expires_at: { from: fromNow() },
  })
  const user = challenge?.user_id ? statements.get('users', { id: challenge.user_id, status: 'active' }) : undefined
  if (!challenge || user?.session_epoch !== challenge.epoch) return { ...NOBODY, attempt: undefined }
  const factor = who.factor ?? (challenge.data.factor as string | undefined)
  const method = statements
    .find('mfa_methods', { where: { user_id: user!.id, confirmed_at: { not: null } }, limit: 1_000 })
    .find(({ id }) => id === factor)
  const type = factor === RECOVERY_CODE ? RECOVERY_CODE : method?.type
  return {
    challenge,
    user,
    credential: method?.type === 'webauthn' ? statements.get('webauthn_credentials', { id: method.id }) : undefined,
    attempt: who.attempt && type ? takeFactor(statements, who.attempt, user!, type, factor!) : undefined,
  }
}

function takeFactor(
  statements: Statements,
  { pool, subject, ...schedule }: FactorAttempt,
  { id }: Row<'users'>,
  type: string,
  factor: string,
): AttemptAnswer {
  const hash = createHash('sha256').update(subject).update(`${id}\0${factor}`).digest()
  return takeAttempt(statements, { ...schedule, pool: `${pool}${type}`, subject: hash })
}

function rolesOf(statements: Statements, { id }: Row<'users'>): string[] {
  const held = statements.find('role_assignments', { where: { user_id: id }, limit: ROLES_AT_MOST })
  return held.flatMap(({ role_id }) => statements.get('roles', { id: role_id })?.key ?? [])
}

function failuresOf(
  statements: Statements,
  user: Row<'users'> | undefined,
  { halfLifeMs, account, counts }: RiskQuestion,
): number[] {
  const subject = createHash('sha256')
    .update(account)
    .update(user?.email_norm ?? '')
    .digest()
  const own = user ? [left(statements, { pool: 'user', subject }, halfLifeMs)] : [0]
  return [...own, ...counts.map((key) => left(statements, key, halfLifeMs))]
}

function sessionsOf(statements: Statements, { id, session_epoch }: Row<'users'>): string[] {
  const live = statements.find('sessions', {
    where: {
      user_id: id,
      revoked_at: null,
      impersonator_id: null,
      epoch: { from: session_epoch },
      idle_expires_at: { from: fromNow() },
    },
    order: [{ by: 'created_at', descending: true }],
    limit: SESSIONS_AT_MOST,
  })
  return live.map((session) => session.id)
}
