// beginSignIn: what a sign-in asks of the database, as one statement with the counting of its attempt.

import type { SignInLoad, SignInQuestion, SignInSubject } from '../../core/storage/sign-in-verbs.ts'
import type { Row, TenantTableName } from '../../core/storage/tables.ts'
import type { AttemptAnswer } from '../../core/storage/verbs.ts'
import { insist, scheduleValues } from './attempt-verbs.ts'
import { fromJson } from './json-rows.ts'
import type { Answer, Send, Statement } from './link.ts'
import { createSignInTexts, type SignInTexts, worn } from './sign-in-texts.ts'

export type BeginSignIn = (send: Send, tenantId: string, question: SignInQuestion) => Promise<SignInLoad>

export function createBeginSignIn(schema: string): BeginSignIn {
  const texts = createSignInTexts(schema)
  return async (send, tenantId, question) => {
    const statement = statementOf(texts, tenantId, question)
    if (!counts(question)) return loadOf(await send(statement), undefined)
    const { answer, attempt } = await insist(send, statement)
    return loadOf(answer, attempt)
  }
}

function statementOf(texts: SignInTexts, tenantId: string, question: SignInQuestion): Statement {
  const { who, attempt, risk, roles, deviceHashes, sessions } = question
  const shape = { kind: who.kind, counted: counts(question), judged: risk !== undefined }
  const values: unknown[] = [tenantId, roles, deviceHashes, sessions, ...subjectValues(who)]
  if (who.kind === 'pending') {
    if (who.attempt) values.push(who.attempt.pool, who.attempt.subject, ...scheduleValues(who.attempt))
  } else if (attempt) values.push(attempt.pool, attempt.subject, ...scheduleValues(attempt))
  if (risk) {
    const { halfLifeMs, account, counts: keys } = risk
    values.push(
      halfLifeMs,
      account,
      keys.map(({ pool }) => pool),
      keys.map(({ subject }) => subject),
    )
  }
  return { ...texts(shape), values }
}

function counts({ who, attempt }: SignInQuestion): boolean {
  return who.kind === 'pending' ? who.attempt !== null : attempt !== undefined
}

/** In the order of sign-in-texts.ts. */
function subjectValues(who: SignInSubject): readonly unknown[] {
  switch (who.kind) {
    case 'email':
      return [who.emailNorm]
    case 'user':
      return [who.userId]
    case 'passkey':
      return [who.credentialId]
    case 'pending':
      return [who.challengeId, who.secretHash, who.purpose, who.factor]
  }
}

type Read = Readonly<Record<string, unknown>> & {
  readonly at: Date
  readonly methods: readonly Readonly<Record<string, unknown>>[]
  readonly recovery_codes: number
  readonly role_keys: readonly string[] | null
  readonly counted: readonly number[] | null
  readonly device_trusted: boolean
  readonly has_devices: boolean
  readonly sessions: readonly string[] | null
}

function loadOf({ rows }: Answer, attempt: AttemptAnswer | undefined): SignInLoad {
  const row = rows[0] as Read
  return {
    at: row.at,
    attempt,
    user: rowOf('users', row),
    methods: row.methods.map((method) => fromJson('mfa_methods', method) as unknown as Row<'mfa_methods'>),
    recoveryCodes: row.recovery_codes,
    roleKeys: row.role_keys ?? [],
    failures: row.counted ?? [],
    profile: rowOf('sign_in_profiles', row),
    device: rowOf('devices', row),
    deviceTrusted: row.device_trusted,
    hasDevices: row.has_devices,
    sessions: row.sessions ?? [],
    credential: rowOf('webauthn_credentials', row),
    challenge: rowOf('challenges', row),
  }
}

/** Undefined where the row was not there, or not asked for. */
function rowOf<T extends TenantTableName>(table: T, read: Read): Row<T> | undefined {
  const columns = worn(table)
  const [, key] = columns[0]!
  if (read[key] === null || read[key] === undefined) return undefined
  return Object.fromEntries(columns.map(([name, wearing]) => [name, read[wearing]])) as unknown as Row<T>
}
