// Challenges: something that can be answered once, for one purpose, in one tenant, until it expires on the database's
// clock. A link carries a secret nobody can guess, and its plain hash is stored; a code can be guessed, so its hash is
// keyed, it is bound to its challenge, and its attempts are counted before it is looked at.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { TenantContext } from '../context.ts'
import { isId } from '../kernel/ids.ts'
import type { ChallengeRow } from '../storage/authentication-tables.ts'
import type { Where } from '../storage/records.ts'
import { add, changeOne, type Step } from '../storage/steps.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow, type NewRow } from '../storage/tables.ts'
import { createChallengeTokens, SECRET_LENGTH } from './challenge-token.ts'

/** What an answer is good for, and nothing else. */
export type ChallengePurpose =
  /** A sign-in that wants another factor. */
  | 'sign-in'
  /** A sign-in that wants a first second factor to be set up. */
  | 'sign-in-enrolment'
  /** A signed-in user who proves themselves again. */
  | 'step-up'
  /** A code sent as a second factor, and one that proves a number or an address before it becomes one. */
  | 'factor-code'
  | 'factor-enrolment'
  | 'passkey-registration'
  | 'passkey-sign-in'
  | 'passkey-factor'
  | 'email-verification'
  | 'magic-link'
  | 'email-code'
  | 'sms-code'
  | 'password-reset'
  | 'email-change'
  | 'phone-change'
  | 'sign-up'
  | 'unlock'

export interface NewChallenge {
  readonly purpose: ChallengePurpose
  readonly userId?: string
  /** The user's epoch as it was read. Whoever answers compares it: after a sign-out everywhere the answer is worth nothing. */
  readonly epoch?: number
  /** Where it is sent, or what request it belongs to: the answer must name the same. */
  readonly recipient?: string
  /** Plain JSON; never a secret. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly lifetimeMs: number
  readonly kind: 'link' | 'code'
  /** Digits of a code, 6 to 8. Default 6. */
  readonly digits?: number
}

export interface OpenedChallenge {
  readonly id: string
  /** A token (link), or digits (code). Said once, here; stored as a hash. */
  readonly secret: string
}

export interface PreparedChallenge extends OpenedChallenge {
  readonly step: Step
}

/** Both are of a token that is shown. */
export interface NamedChallenge {
  readonly id: string
  readonly secretHash: Uint8Array
}

export interface LinkAnswer {
  readonly purpose: ChallengePurpose
  readonly token: unknown
  readonly recipient?: string
}

export interface CodeAnswer {
  readonly purpose: ChallengePurpose
  readonly id: string
  readonly code: unknown
  readonly recipient?: string
}

export interface Addressed {
  readonly purpose: ChallengePurpose
  readonly recipient: string
}

/** What challenges ask of a tenant's scope: the scope itself, or a unit of work on it. */
type Unit = Pick<TenantScope, 'records'>

export interface Challenges {
  /** On the context's scope; in a transaction: `createChallenges({ ...context, scope: unit })`. @throws ROW_REFUSED (data over 64 KiB) */
  open(challenge: NewChallenge): Promise<OpenedChallenge>
  /** One that is open once its step is done. */
  prepare(challenge: NewChallenge): PreparedChallenge
  /** What names the challenge of a link: undefined when the token is none of this purpose and tenant. */
  named(answer: LinkAnswer): NamedChallenge | undefined
  /** The challenge behind a token that could still be consumed; nothing changes. For deciding what to ask for next. */
  find(answer: LinkAnswer): Promise<ChallengeRow | undefined>
  /** The newest open challenge of a purpose and recipient: for codes, whose answer does not name it. */
  latest(of: Addressed): Promise<ChallengeRow | undefined>
  /** No open challenge of this purpose and recipient can be answered any more: a new one is about to take its place. */
  withdraw(unit: Unit, of: Addressed): Promise<void>
  /** One guarded update: the row to exactly one caller of any number, undefined to all others (A03, A12). */
  consume(unit: Unit, answer: LinkAnswer): Promise<ChallengeRow | undefined>
  /** As `consume`, as a step, with whatever else must be so of the challenge. Undefined: it could never be done. */
  spending(answer: LinkAnswer, where?: Where<'challenges'>): Step<ChallengeRow> | undefined
  /**
   * Counts the attempt, at most 5, and only then compares the code; a right one is consumed, with the row to exactly one
   * caller. Call it on the scope and not inside a transaction that a refusal rolls back: the count must remain (M02).
   */
  attempt(unit: Unit, answer: CodeAnswer): Promise<ChallengeRow | undefined>
}

const CODE_ATTEMPTS = 5
const CODE_DIGITS = 6
/** Many more than 8 digits have: what remains of their division is even to one part in 10^8. */
const RANDOM_BYTES = 7

export function createChallenges(context: TenantContext): Challenges {
  const { tenant, scope, keyring, runtime } = context
  const tokens = createChallengeTokens(keyring)

  const codeHash = (key: number, id: string, code: string): Uint8Array =>
    createHmac('sha256', keyring.derive(key, 'challenge-code', 32)!)
      .update(`${tenant.id}\0${id}\0${code}`)
      .digest()

  function named({ purpose, token }: LinkAnswer): NamedChallenge | undefined {
    const parsed = tokens.parse(token, purpose)
    if (!parsed || parsed.tenantId !== tenant.id) return undefined
    return { id: parsed.id, secretHash: sha256(parsed.secret) }
  }

  /** The guard of a link. */
  function linkGuard(answer: LinkAnswer): Where<'challenges'> | undefined {
    const found = named(answer)
    return found && { ...openGuard(answer.purpose, answer.recipient), id: found.id, secret_hash: found.secretHash }
  }

  function make(challenge: NewChallenge): OpenedChallenge & { readonly row: NewRow<'challenges'> } {
    const { purpose, userId, epoch, recipient, data, lifetimeMs, kind, digits = CODE_DIGITS } = challenge
    const id = runtime.newId()
    const bytes = runtime.randomBytes(kind === 'link' ? SECRET_LENGTH : RANDOM_BYTES)
    const code = kind === 'code' ? codeOf(bytes, digits) : undefined
    const row = {
      id,
      purpose,
      user_id: userId ?? null,
      epoch: epoch ?? null,
      secret_hash: code === undefined ? sha256(bytes) : codeHash(keyring.current, id, code),
      recipient_hash: recipient === undefined ? null : recipientHash(recipient),
      data: { ...data },
      expires_at: fromNow(lifetimeMs),
    }
    return { id, row, secret: code ?? tokens.write({ tenantId: tenant.id, id, secret: bytes }, purpose) }
  }

  return {
    async open(challenge) {
      const { row, ...opened } = make(challenge)
      await scope.records.insert('challenges', [row])
      return opened
    },

    prepare(challenge) {
      const { row, ...opened } = make(challenge)
      return { ...opened, step: add('challenges', row) }
    },

    named,

    async find(answer) {
      const guard = linkGuard(answer)
      if (!guard) return undefined
      const [row] = await scope.records.find('challenges', { where: guard, limit: 1 })
      return row
    },

    async latest({ purpose, recipient }) {
      const where = openGuard(purpose, recipient)
      const order = [{ by: 'created_at', descending: true }] as const
      const [row] = await scope.records.find('challenges', { where, order, limit: 1 })
      return row
    },

    async withdraw({ records }, { purpose, recipient }) {
      await records.update('challenges', openGuard(purpose, recipient), { consumed_at: fromNow() })
    },

    async consume({ records }, answer) {
      const guard = linkGuard(answer)
      if (!guard) return undefined
      const [row] = await records.update('challenges', guard, { consumed_at: fromNow() })
      return row
    },

    spending(answer, where = {}) {
      const guard = linkGuard(answer)
      return guard && changeOne('challenges', { ...guard, ...where }, { consumed_at: fromNow() })
    },

    async attempt({ records }, { purpose, id, code, recipient }) {
      if (!isId(id)) return undefined
      const guard = { ...openGuard(purpose, recipient), id }
      const counted = { ...guard, attempts: { before: CODE_ATTEMPTS } }
      const [row] = await records.update('challenges', counted, { attempts: { add: 1 } })
      if (!row || typeof code !== 'string') return undefined
      // whichever root key was current when it was made
      const right = keyring.all.some((key) => timingSafeEqual(codeHash(key, id, code), row.secret_hash))
      if (!right) return undefined
      const [consumed] = await records.update('challenges', guard, { consumed_at: fromNow() })
      return consumed
    },
  }
}

/** Not answered and not over: what a challenge must be when it is answered. */
function openGuard(purpose: ChallengePurpose, recipient: string | undefined): Where<'challenges'> {
  return {
    purpose,
    consumed_at: null,
    expires_at: { from: fromNow() },
    recipient_hash: recipient === undefined ? null : recipientHash(recipient),
  }
}

export function recipientHash(recipient: string): Uint8Array {
  return sha256(Buffer.from(`freehold/1/recipient\0${recipient}`))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function codeOf(bytes: Uint8Array, digits: number): string {
  const number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return String(number % 10n ** BigInt(digits)).padStart(digits, '0')
}
