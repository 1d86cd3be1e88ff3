// The one way to a session. Whatever somebody shows first ends here: the policy says what more is asked for, and before
// the last required factor there is no session, no cookie and no token but the one that names the pending sign-in.

import type { TenantContext } from '../context.ts'
import { userFromRow } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { UserId } from '../kernel/ids.ts'
import type { SessionIssuer } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { FactorAttempt, SignInLoad } from '../storage/sign-in-verbs.ts'
import { atMost, hold } from '../storage/steps.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { AttemptAnswer } from '../storage/verbs.ts'
import { createChallenges } from './challenges.ts'
import { deviceOf, knownBefore } from './devices/recognition.ts'
import type { FactorChoice, SignInEngine } from './engine-contract.ts'
import { type Entry, enter } from './entry.ts'
import { askEntry } from './entry-question.ts'
import type { AssuranceLevel, FactorRequest, FactorVerifier, Spending } from './factor.ts'
import { type OfferedFactor, offeredFactors, type Shown } from './factor-offer.ts'
import { attemptOf, combined, factorAttempt, type PendingProof, pendingFrom } from './pending.ts'
import { judgeSignIn, weighed } from './risk/judge.ts'
import { writeDenied, writeFailed } from './sign-in-log.ts'
import { emailIsFactor, policyOf, requiredLevel, sessionLimit } from './sign-in-policy.ts'
import type { SignedIn } from './signed-in.ts'
import { NOTHING_TO_TELL, type Telling, tellingOfRisk, tellOfDone, tellOfGuessing } from './suspicion.ts'
import { ENROLLED, ENROLMENT, FACTOR, mayEnrol, wait } from './waiting.ts'

/** No method of RFC 8176: the user showed nothing, an operator acts for them. */
const IMPERSONATED = ['imp'] as const
const BAD: SignedIn = { ok: false, reason: 'bad-credentials' }
const EXPIRED: SignedIn = { ok: false, reason: 'expired' }
const DENIED: SignedIn = { ok: false, reason: 'denied' }

export function createSignInEngine(issuer: SessionIssuer, verifiers: readonly FactorVerifier[]): SignInEngine {
  const byType = new Map(verifiers.map((verifier) => [verifier.type, verifier]))

  async function refuse(context: TenantContext, user: UserRow, methods: readonly string[], client?: ClientInfo) {
    await writeFailed(context, { address: user.email_norm, user, methods, client })
    return BAD
  }

  /** Factors that would lift this proof to the level. */
  function offer(context: TenantContext, load: SignInLoad, shown: Shown, level: AssuranceLevel) {
    return offeredFactors(load, byType, shown, { level, emailFactor: emailIsFactor(context) })
  }

  /** All of it in one transaction, or nothing. */
  async function open(context: TenantContext, entry: Entry, proof: Spending, telling: Telling): Promise<SignedIn> {
    const { user, client, found, risk } = entry
    const inside = found ? { ...context, actor: { ...context.actor, deviceId: found.id } } : context
    const prepared = await issuer.prepare(inside, {
      userId: user.id as UserId,
      epoch: entry.epoch,
      assuranceLevel: entry.assuranceLevel,
      authenticationMethods: entry.methods,
      ...(client ? { client } : {}),
      deviceId: found?.id,
      risk,
    })
    const entered = await enter(inside, entry, prepared)
    if ('lost' in entered) {
      await proof.overtaken?.(entered.lost)
      return refuse(context, user, entry.methods, client)
    }
    tellOfDone(context, entry)
    telling.tell(entered.outcome)
    return { ok: true, user: userFromRow(user), ...entered.opened }
  }

  /** The challenge, and what was shown before it; undefined when the sign-in is over. */
  async function pending(
    context: TenantContext,
    { token, factor }: FactorChoice,
    client: ClientInfo | undefined,
    attempt: FactorAttempt | null,
  ): Promise<Pending | undefined> {
    const named = createChallenges(context).named({ purpose: FACTOR, token })
    if (!named) return undefined
    const { id: challengeId, secretHash } = named
    const subject = { challengeId, secretHash, purpose: FACTOR, factor: factor ?? null, attempt }
    const load = await askEntry(context, { who: { kind: 'pending', ...subject }, client })
    const { challenge, user } = load
    const first = challenge && pendingFrom(challenge)
    if (!challenge || !first || !user) return undefined
    const factors = offer(context, load, first, first.requiredLevel)
    const meant = factor ?? first.factor
    const chosen = factors.find(({ hint }) => hint.id === meant) ?? (factor === undefined ? factors[0] : undefined)
    const request: FactorRequest = {
      user,
      method: chosen?.method,
      credential: chosen?.method?.id === load.credential?.id ? load.credential : undefined,
      request: challenge.id,
      beside: first.methods,
    }
    return { load, first, user, chosen, request, attempt: chosen?.hint.id === meant ? load.attempt : undefined }
  }

  return {
    async conclude(anyone, proof) {
      const { user, client, methods, former } = proof
      const policy = policyOf(anyone.tenant)
      const load = proof.load ?? (await askEntry(anyone, { who: { kind: 'user', userId: user.id }, client }))
      // nothing is known of the factors of somebody who is not active any more
      if (!load.user) return refuse(anyone, user, methods, client)
      const found = deviceOf(anyone, load, client)
      const { leakedPassword, deviceKnown = knownBefore(found) } = proof
      const risk = await judgeSignIn(anyone, { client, leakedPassword, deviceKnown }, load)
      const context = weighed(anyone, risk)
      // who has a second factor is asked for it, on every way in (M05, M06)
      const another = load.methods.some(({ id }) => !proof.usedFactors.includes(id))
      // a trusted device stands in for it; not for what a rule or the risk asks for, nor where a session is stepped up
      const trusted = found?.trusted === true && former === undefined
      const byUser = another && !trusted ? 2 : 1
      const byStepUp = former?.shown === false ? 2 : 1
      const byRule = Math.max(requiredLevel(policy, load.roleKeys), byUser, byStepUp) as AssuranceLevel
      const level = Math.max(byRule, risk.verdict === 'step-up' ? 2 : 1) as AssuranceLevel
      const attempts = proof.attempt ? [proof.attempt] : []

      const factors = offer(context, load, proof, level)
      const [first] = factors
      const telling = tellingOfRisk(context, user, risk)
      // whoever has nothing to step up with is let in as the rules alone would, where the host allows that
      const spared = !first && level > byRule && context.settings.risk.withoutFactor === 'allow'
      const enough = proof.assuranceLevel >= (spared ? byRule : level)
      if (!first && policy.enrolAtSignIn !== false && mayEnrol(load, proof, risk, level)) {
        const next = await wait(context, proof, { purpose: ENROLMENT, level, risk, telling, factor: '' })
        if (!next) return refuse(context, user, methods, client)
        return { ok: false, reason: 'enrolment-required', next: { ...next, factors: ENROLLED } }
      }
      if (risk.verdict === 'deny' || (!enough && !first)) {
        await writeDenied(context, { user, methods, client, risk }, telling)
        return DENIED
      }
      if (enough || !first) {
        const entry: Entry = {
          user,
          epoch: user.session_epoch,
          client,
          assuranceLevel: proof.assuranceLevel,
          methods,
          spends: proof.spends ?? [],
          attempts,
          risk,
          former: former?.session,
          found,
          stoodIn: trusted && another && proof.assuranceLevel < 2,
          trustDevice: false,
          maximumSessions: sessionLimit(policy, load.roleKeys),
          sessions: load.sessions,
          also: telling.steps,
        }
        return open(context, entry, proof, telling)
      }
      const next = await wait(context, proof, { purpose: FACTOR, level, risk, telling, factor: first.hint.id })
      if (!next) return refuse(context, user, methods, client)
      return { ok: false, reason: 'factor-required', next: { ...next, factors: factors.map(({ hint }) => hint) } }
    },

    async begin(context, choice) {
      const waiting = await pending(context, choice, undefined, null)
      if (!waiting) throw new FreeholdError('TOKEN_EXPIRED')
      const { chosen, request } = waiting
      if (!chosen) throw new FreeholdError('FACTOR_UNKNOWN')
      const details = await chosen.verifier.begin?.(context, request)
      return { factor: chosen.hint.id, type: chosen.hint.type, details: details ?? {} }
    },

    async resume(anyone, choice, answer) {
      const { client, trustDevice = false } = answer
      const { attempts } = anyone.settings
      // counted before anything is looked at, in a pool of its kind: who guesses codes does not lock the password (M02, M04)
      const waiting = await pending(anyone, choice, client, factorAttempt(attempts))
      if (!waiting) return EXPIRED
      const { load, first, user, chosen, request } = waiting
      const context = weighed(anyone, first.risk)
      if (!chosen) return refuse(context, user, first.methods, client)
      const { verifier, method } = chosen
      const counted = attemptOf(verifier.type, user, method)
      // another factor than the one that was counted: the first is gone, and none was named
      const attempt = waiting.attempt ?? (await context.scope.verbs.takeAttempt({ ...counted, ...attempts }))
      if (!attempt.allowed) return { ok: false, reason: 'too-many-attempts', retryAfterMs: attempt.retryAfterMs }

      const proof = await verifier.verify(context, request, answer)
      if (!proof) {
        tellOfGuessing(context, user, attempt.failures, verifier.type)
        return refuse(context, user, [...first.methods, ...verifier.methods], client)
      }
      const { methods, assuranceLevel } = combined(first, proof)
      const spent = createChallenges(context).spending({ purpose: FACTOR, token: choice.token })
      if (!spent || assuranceLevel < first.requiredLevel) return refuse(context, user, methods, client)
      const entry: Entry = {
        user,
        epoch: first.epoch,
        client,
        assuranceLevel,
        methods,
        spends: proof.spends ?? [],
        pending: spent,
        attempts: [counted],
        risk: first.risk,
        former: first.former,
        found: deviceOf(context, load, client),
        stoodIn: false,
        trustDevice,
        maximumSessions: sessionLimit(policyOf(context.tenant), load.roleKeys),
        sessions: load.sessions,
        also: [],
      }
      return open(context, entry, proof, NOTHING_TO_TELL)
    },

    async enrolling(context, token, client) {
      const challenges = createChallenges(context)
      const named = challenges.named({ purpose: ENROLMENT, token })
      const spent = challenges.spending({ purpose: ENROLMENT, token })
      if (!named || !spent) return undefined
      const subject = { challengeId: named.id, secretHash: named.secretHash, purpose: ENROLMENT, factor: null }
      const load = await askEntry(context, { who: { kind: 'pending', ...subject, attempt: null }, client })
      const { challenge, user } = load
      const first = challenge && pendingFrom(challenge)
      // whoever has a factor is asked for it, and gets no other by the password alone
      if (!first || !user || load.methods.length > 0) return undefined
      return { user, request: named.id, first, load, spent }
    },

    async finish(anyone, { user, first, load, spent }, proof, client) {
      const context = weighed(anyone, first.risk)
      const { methods, assuranceLevel } = combined(first, proof)
      if (assuranceLevel < first.requiredLevel) return refuse(context, user, methods, client)
      const none = atMost(0, 'mfa_methods', { user_id: user.id, confirmed_at: { not: null } })
      const entry: Entry = {
        user,
        epoch: first.epoch,
        client,
        assuranceLevel,
        methods,
        // held, so that of two factors that would each be the first one is
        spends: [hold('users', { id: user.id }), none, ...(proof.spends ?? [])],
        pending: spent,
        attempts: [],
        risk: first.risk,
        former: undefined,
        found: deviceOf(context, load, client),
        stoodIn: false,
        trustDevice: false,
        maximumSessions: sessionLimit(policyOf(context.tenant), load.roleKeys),
        sessions: load.sessions,
        also: [],
      }
      return open(context, entry, proof, NOTHING_TO_TELL)
    },

    async impersonate(context, { user, client, ...impersonation }) {
      const prepared = await issuer.prepare(context, {
        userId: user.id as UserId,
        epoch: user.session_epoch,
        assuranceLevel: 1,
        authenticationMethods: IMPERSONATED,
        impersonation,
        ...(client ? { client } : {}),
      })
      const outcome = await context.scope.atOnce([prepared.step, ...prepared.told])
      return outcome.done ? prepared.finish(outcome.row(prepared.step)) : undefined
    },
  }
}

interface Pending {
  readonly load: SignInLoad
  readonly first: PendingProof
  readonly user: UserRow
  readonly chosen: OfferedFactor | undefined
  readonly request: FactorRequest
  /** Undefined: none was counted for the chosen factor. */
  readonly attempt: AttemptAnswer | undefined
}
