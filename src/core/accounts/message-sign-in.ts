// Signing in by a link or a code that is sent somewhere. It shows one factor and no more: whoever has a second one is
// asked for it (M05, M06), and never for one that reaches the same mailbox or phone again.

import { inRequestOf } from '../audit/actor.ts'
import { type ChallengePurpose, createChallenges } from '../authentication/challenges.ts'
import type { SignInEngine } from '../authentication/engine-contract.ts'
import type { CountedAttempt } from '../authentication/factor.ts'
import { ownMailbox, ownNumber } from '../authentication/factor-offer.ts'
import { checkClient } from '../authentication/sign-in.ts'
import { writeDenied, writeFailed } from '../authentication/sign-in-log.ts'
import { demandEmailFactor } from '../authentication/sign-in-policy.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import type { TenantContext } from '../context.ts'
import { parsePhone } from '../identity/phone.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { ChallengeRow } from '../storage/authentication-tables.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AddressRequest, CodeAnswer, SentCode } from './account.ts'
import {
  addressOf,
  admit,
  findActive,
  heldUser,
  openErrand,
  recipientSubject,
  refused,
  requested,
  sendLink,
} from './errand.ts'
import { proveMailbox } from './mailbox-proof.ts'

/** As Accounts, it answers the same for known and unknown addresses and numbers (A05). */
export interface MessageSignIn {
  /** Sends a link to sign in with. @throws EMAIL_FACTOR_OFF, MAILER_MISSING, EMAIL_INVALID, INPUT_INVALID, TOO_MANY_ATTEMPTS (of this address, known or not) */
  requestLink(request: AddressRequest): Promise<void>
  /**
   * Signs in with the token of a link: once, by a POST, as opening the link uses nothing up (A03). It proves the address, and
   * removes what somebody else left there before it was proven (A10).
   * @throws EMAIL_FACTOR_OFF, INPUT_INVALID
   */
  link(proof: { readonly token: string; readonly client?: ClientInfo }): Promise<SignedIn>
  /** Sends a code by e-mail, or to a proven number by text message. @throws EMAIL_FACTOR_OFF, MAILER_MISSING, TEXTER_MISSING, EMAIL_INVALID, PHONE_INVALID, INPUT_INVALID, TOO_MANY_ATTEMPTS (of this address or number, known or not) */
  requestCode(request: AddressRequest | { readonly phone: string }): Promise<SentCode>
  /** Signs in with a code, which is good for its own request alone, and for five attempts (M08). @throws EMAIL_FACTOR_OFF, INPUT_INVALID */
  code(answer: CodeAnswer & { readonly client?: ClientInfo }): Promise<SignedIn>
}

const REFUSED: SignedIn = { ok: false, reason: 'bad-credentials' }
const DIGITS = 8

export function createMessageSignIn(context: TenantContext, engine: SignInEngine): MessageSignIn {
  const { scope, tenant, post, settings } = context
  const { codeLifetimeMs } = settings.accounts

  /** What was sent has come back: the session, the spent challenge and the proven address, or none of them. */
  function conclude(
    spend: (unit: TenantUnit) => Promise<ChallengeRow | undefined>,
    client: ClientInfo | undefined,
    attempt?: CountedAttempt,
  ): Promise<SignedIn> {
    return scope.transaction(async (unit) => {
      const inside = { ...context, scope: unit }
      const challenge = await spend(unit)
      if (!challenge) return REFUSED
      const held = await heldUser(unit, challenge, { sameEpoch: true })
      const { phone } = challenge.data
      if (phone !== undefined && (held.phone !== phone || held.phone_verified_at === null)) throw refused()
      const holder = { ...inside, actor: inRequestOf(context.actor, { type: 'user', id: held.id }, client) }
      const { user } = phone === undefined ? await proveMailbox(holder, held) : { user: held }
      const methods = phone === undefined ? ['otp'] : ['sms']
      const { used, left } = await channels(unit, user, phone === undefined ? 'email' : 'sms')
      if (used.length > 0 && left === 0) {
        // the only second factor is the mailbox or phone that was just shown, which is still one factor
        await writeDenied(inside, { user, methods, client })
        return { ok: false, reason: 'denied' } as const
      }
      return engine.conclude(inside, {
        user,
        methods,
        assuranceLevel: 1,
        usedFactors: used,
        ...(client ? { client } : {}),
        ...(attempt ? { attempt } : {}),
      })
    })
  }

  async function sendCode(
    purpose: ChallengePurpose,
    recipient: string,
    user: UserRow | undefined,
    data: Readonly<Record<string, string>>,
  ) {
    return openErrand(context, {
      purpose,
      kind: 'code',
      digits: DIGITS,
      user,
      data: { recipient, ...data },
      lifetimeMs: codeLifetimeMs,
      entry: () => requested(context, purpose, recipient, user),
    })
  }

  return {
    async requestLink(request) {
      demandEmailFactor(context)
      const sent = { purpose: 'magic-link', letter: 'sign-in-link', request, lifetimeMs: codeLifetimeMs } as const
      await sendLink(context, sent)
    },

    async link(proof) {
      checkKeys(proof, 'proof', ['token', 'client'])
      const { token, client } = proof
      if (typeof token !== 'string') throw invalid('token', 'it is not a text')
      checkClient(client)
      demandEmailFactor(context)
      const spend = (unit: TenantUnit) => createChallenges(context).consume(unit, { purpose: 'magic-link', token })
      return orRefused(() => conclude(spend, client))
    },

    async requestCode(request) {
      checkKeys(request, 'request', ['email', 'phone'] as never[])
      if ('phone' in request) {
        post.requireTexter()
        checkKeys(request, 'request', ['phone'])
        const phone = parsePhone(request.phone)
        await admit(context, 'sms-code', phone)
        const user = await findByPhone(context, phone)
        const opened = await sendCode('sms-code', phone, user, { email: user?.email_norm ?? '', phone })
        if (user) post.text('sign-in-code', phone, { tenant, code: opened.secret, expiresInMs: codeLifetimeMs })
        return { id: opened.id, expiresInMs: codeLifetimeMs }
      }
      demandEmailFactor(context)
      post.requireMailer()
      const { emailNorm } = addressOf(request)
      await admit(context, 'email-code', emailNorm)
      const user = await findActive(context, emailNorm)
      const opened = await sendCode('email-code', emailNorm, user, { email: emailNorm })
      if (user) post.mail('sign-in-code', user.email, { tenant, code: opened.secret, expiresInMs: codeLifetimeMs })
      return { id: opened.id, expiresInMs: codeLifetimeMs }
    },

    async code(answer) {
      checkKeys(answer, 'answer', ['id', 'code', 'client'])
      const { id, code, client } = answer
      if (typeof id !== 'string') throw invalid('id', 'it is not a text')
      if (typeof code !== 'string') throw invalid('code', 'it is not a text')
      checkClient(client)
      const asked = isId(id) ? await scope.records.get('challenges', { id }) : undefined
      const purpose = asked?.purpose
      if (!asked || (purpose !== 'email-code' && purpose !== 'sms-code')) return REFUSED
      if (purpose === 'email-code') demandEmailFactor(context)
      const { recipient } = asked.data
      if (typeof recipient !== 'string') return REFUSED
      // counted before it is looked at: here by whom it was sent to, below by the challenge (M02, A14)
      const attempt: CountedAttempt = { pool: purpose, subject: recipientSubject(recipient) }
      const taken = await scope.verbs.takeAttempt({ ...attempt, ...settings.attempts })
      if (!taken.allowed) return { ok: false, reason: 'too-many-attempts', retryAfterMs: taken.retryAfterMs }
      const right = await createChallenges(context).attempt(scope, { purpose, id, code })
      if (!right) {
        const user = asked.user_id === null ? undefined : { id: asked.user_id }
        const methods = purpose === 'sms-code' ? ['sms'] : ['otp']
        await writeFailed(context, { address: recipient, user, methods, client })
        return REFUSED
      }
      return orRefused(() => conclude(async () => right, client, attempt))
    },
  }
}

/** A user who is no longer who they were when it was sent is as good as a wrong answer. */
async function orRefused(work: () => Promise<SignedIn>): Promise<SignedIn> {
  try {
    return await work()
  } catch (error) {
    if (FreeholdError.is(error, 'CHALLENGE_REFUSED')) return REFUSED
    throw error
  }
}

/** Second factors that reach the same mailbox or phone, and how many there are beside them. */
async function channels({ records }: TenantUnit, user: UserRow, type: 'email' | 'sms') {
  const methods = await records.find('mfa_methods', {
    where: { user_id: user.id, confirmed_at: { not: null } },
    limit: 100,
  })
  const used = type === 'email' ? ownMailbox(methods, user) : ownNumber(methods, user)
  return { used, left: methods.length - used.length }
}

/** The one user who has proven this number; of several nobody knows who is meant. */
async function findByPhone({ scope }: TenantContext, phone: string): Promise<UserRow | undefined> {
  const where = { phone, phone_verified_at: { not: null }, status: 'active' } as const
  const [user, another] = await scope.records.find('users', { where, limit: 2 })
  return another ? undefined : user
}
