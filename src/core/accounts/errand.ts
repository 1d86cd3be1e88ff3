// An errand: something is sent to an address, to be brought back. The address is counted first, known or not, and the
// challenge and its event are written in one transaction; whatever is sent is sent after that.

import { createHash } from 'node:crypto'
import type { OwnAction, OwnEntry } from '../audit/catalog.ts'
import { createAddressMark } from '../authentication/address-mark.ts'
import { type ChallengePurpose, createChallenges, type OpenedChallenge } from '../authentication/challenges.ts'
import type { TenantContext } from '../context.ts'
import { parseEmail } from '../identity/email.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys } from '../kernel/input.ts'
import type { LinkKind, MessageFacts } from '../messages/message.ts'
import type { ChallengeRow } from '../storage/authentication-tables.ts'
import type { TenantScope } from '../storage/storage.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AddressRequest } from './account.ts'

export interface Errand {
  readonly purpose: ChallengePurpose
  readonly kind: 'link' | 'code'
  /** Undefined: nobody has the address. The challenge is written all the same, and no answer to it is right. */
  readonly user: UserRow | undefined
  /** As ChallengePurpose.recipient: what the answer must name again. */
  readonly recipient?: string
  readonly data: Readonly<Record<string, string>>
  readonly lifetimeMs: number
  readonly digits?: number
  /** Written with it. Given the id of the challenge. */
  readonly entry: (id: string) => OwnEntry
}

/** Messages to one address that cost no wait, per purpose; then each costs twice as long as the one before. */
const FREE = 3
const PAUSE_MS = 30_000

/** One of a kind for each address: the same for known and unknown ones. */
export function recipientSubject(recipient: string): Uint8Array {
  return createHash('sha256').update(`freehold/1/recipient\0${recipient}`).digest()
}

/** @throws TOO_MANY_ATTEMPTS */
export async function admit({ scope, settings }: TenantContext, pool: string, recipient: string): Promise<void> {
  const { maxDelayMs, forgetAfterMs } = settings.attempts
  const answer = await scope.verbs.takeAttempt({
    pool: `send/${pool}`,
    subject: recipientSubject(recipient),
    free: FREE,
    baseDelayMs: Math.min(PAUSE_MS, maxDelayMs),
    maxDelayMs,
    forgetAfterMs,
  })
  if (!answer.allowed) throw new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: answer.retryAfterMs })
}

/** Challenge and event, or neither. */
export function openErrand(context: TenantContext, errand: Errand): Promise<OpenedChallenge> {
  const { scope, actor, auditWriter } = context
  const { user, entry, ...challenge } = errand
  return scope.transaction(async (unit) => {
    const opened = await createChallenges({ ...context, scope: unit }).open({
      ...challenge,
      ...(user ? { userId: user.id, epoch: user.session_epoch } : {}),
    })
    await auditWriter.append(unit, actor, entry(opened.id))
    return opened
  })
}

/** @throws INPUT_INVALID, EMAIL_INVALID */
export function addressOf(request: { readonly email: string }) {
  checkKeys(request, 'request', ['email'])
  return parseEmail(request.email)
}

/** Of the address the log has a mark, of a user who has it the id. */
export function requested(
  context: TenantContext,
  purpose: ChallengePurpose,
  emailNorm: string,
  user: Pick<UserRow, 'id'> | undefined,
): OwnEntry<Extract<OwnAction, 'user.challenge_requested'>> {
  return {
    action: 'user.challenge_requested',
    details: { purpose, address: createAddressMark(context)(emailNorm) },
    ...(user ? { targets: [{ type: 'user', id: user.id }] as const } : {}),
  }
}

interface LinkSent {
  readonly purpose: ChallengePurpose
  readonly letter: LinkKind
  readonly request: AddressRequest
  readonly lifetimeMs: number
  /** Of a user who has the address: whether the link is sent. Default: it is. */
  owed?(user: UserRow): boolean
}

/** A link to an address that a stranger typed: known or not, the same is counted, written and answered (A05). @throws MAILER_MISSING, EMAIL_INVALID, INPUT_INVALID, TOO_MANY_ATTEMPTS */
export async function sendLink(context: TenantContext, sent: LinkSent): Promise<void> {
  const { purpose, letter, request, lifetimeMs, owed = () => true } = sent
  const { post, tenant } = context
  post.requireMailer()
  const { emailNorm } = addressOf(request)
  await admit(context, purpose, emailNorm)
  const found = await findActive(context, emailNorm)
  const user = found && owed(found) ? found : undefined
  const { secret } = await openErrand(context, {
    purpose,
    kind: 'link',
    user,
    data: { email: emailNorm },
    lifetimeMs,
    entry: () => requested(context, purpose, emailNorm, found),
  })
  if (!user) return
  post.mail(letter, user.email, linkFacts(context, post.link(letter, tenant, secret), lifetimeMs))
}

/** What a letter with a link says. */
export function linkFacts({ tenant }: TenantContext, link: string, expiresInMs: number): MessageFacts {
  return { tenant, link, expiresInMs }
}

/** The challenge, to exactly one of any number of callers. @throws CHALLENGE_REFUSED */
export async function consumeLink(
  context: TenantContext,
  unit: Pick<TenantScope, 'records'>,
  purpose: ChallengePurpose,
  token: unknown,
): Promise<ChallengeRow> {
  const challenge = await createChallenges(context).consume(unit, { purpose, token })
  if (!challenge) throw refused()
  return challenge
}

/** The user with this address, who may sign in. */
export async function findActive({ scope }: TenantContext, emailNorm: string): Promise<UserRow | undefined> {
  const [row] = await scope.records.find('users', { where: { email_norm: emailNorm, status: 'active' }, limit: 1 })
  return row
}

/**
 * The user of a challenge, held until the transaction ends: active, still at the address that it was sent for (A13), and with
 * `epoch` not signed out everywhere since.
 * @throws CHALLENGE_REFUSED
 */
export async function heldUser(
  { records }: Pick<TenantScope, 'records'>,
  { user_id, epoch, data }: ChallengeRow,
  { sameEpoch }: { readonly sameEpoch: boolean },
): Promise<UserRow> {
  const user = user_id === null ? undefined : await records.lock('users', { id: user_id })
  if (user?.status !== 'active' || user.email_norm !== data.email) throw refused()
  if (sameEpoch && user.session_epoch !== epoch) throw refused()
  return user
}

export function refused(): FreeholdError<'CHALLENGE_REFUSED'> {
  return new FreeholdError('CHALLENGE_REFUSED')
}
