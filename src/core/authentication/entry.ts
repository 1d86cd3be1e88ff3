// What the engine gathers before it opens a session, and what it has then.

import type { SessionId } from '../kernel/ids.ts'
import type { OpenedSession } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { SignInDevice } from './devices/device.ts'
import type { FoundDevice } from './devices/recognition.ts'
import type { AssuranceLevel, CountedAttempt, FactorProof } from './factor.ts'
import type { Judgement } from './risk/judge.ts'

/** What a session is opened for. */
export interface Entry {
  readonly user: UserRow
  readonly epoch: number
  readonly client: ClientInfo | undefined
  readonly assuranceLevel: AssuranceLevel
  readonly methods: readonly string[]
  readonly proofs: readonly Pick<FactorProof, 'within'>[]
  /** Forgotten once the session is open. */
  readonly attempts: readonly CountedAttempt[]
  readonly risk: Judgement
  /** Ends when the new session opens. */
  readonly former: SessionId | undefined
  readonly found: FoundDevice | undefined
  /** The device is what stands in for the second factor. */
  readonly stoodIn: boolean
  readonly trustDevice: boolean
  /** Of this user, by the rules. */
  readonly maximumSessions: number | undefined
  consume?(unit: TenantUnit): Promise<boolean>
}

export type Opened = OpenedSession & { readonly device?: SignInDevice }
