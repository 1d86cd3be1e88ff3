// The one way to a session. Whatever somebody shows first ends here: the policy says what more is asked for, and before
// the last required factor there is no session, no cookie and no token but the one that names the pending sign-in.

import type { TenantContext } from '../context.ts'
import { userFromRow } from '../identity/user.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { SessionId, UserId } from '../kernel/ids.ts'
import type { OpenedSession, SessionImpersonation, SessionIssuer } from '../sessions/issue.ts'
import type { ClientInfo } from '../sessions/session.ts'
import { endOldestSessions } from '../sessions/session-limit.ts'
import type { ChallengeRow } from '../storage/authentication-tables.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { type ChallengePurpose, createChallenges } from './challenges.ts'
import { findDevice, knownBefore, openOnDevice } from './devices/recognition.ts'
import type { Entry, Opened } from './entry.ts'
import type {
  AssuranceLevel,
  FactorAnswer,
  FactorRequest,
  FactorVerifier,
  FirstFactor,
  VerifiedFactorType,
} from './factor.ts'
import { type OfferedFactor, offeredFactors, type Shown } from './factor-offer.ts'
import { LostRace, orNothing } from './lost-race.ts'
import { attemptOf, combined, type PendingProof, pendingFrom, pendingOf } from './pending.ts'
import { judgeSignIn, learnFrom, weighed, writeRisk } from './risk/judge.ts'
import { writeDenied, writeFailed, writePending } from './sign-in-log.ts'
import { emailIsFactor, policyOf, requiredLevel, sessionLimit } from './sign-in-policy.ts'
import type { SignedIn } from './signed-in.ts'
import { loadStanding, type Standing } from './standing.ts'
import { tellOfGuessing, tellOfRisk, tellOfSignIn } from './suspicion.ts'

export interface SignInEngine {
  /** Takes a first factor that was shown: a session, or what is asked for next. @throws CONFIG_INVALID (an unreadable policy), STORAGE_UNAVAILABLE */
  conclude(context: TenantContext, proof: FirstFactor): Promise<SignedIn>
  /** Begins a factor of a pending sign-in: sends the code, makes the options. @throws TOKEN_EXPIRED (the sign-in is over), FACTOR_UNKNOWN */
  begin(context: TenantContext, choice: FactorChoice): Promise<BegunFactor>
  /** Answers a pending sign-in with a factor. */
  resume(context: TenantContext, choice: FactorChoice, answer: SecondAnswer): Promise<SignedIn>
  /** A session in which an operator, checked already, acts as the user as read. Undefined: the user is not active, or was signed out meanwhile. */
  impersonate(context: TenantContext, acting: ActingAs): Promise<OpenedSession | undefined>
}

export interface ActingAs extends SessionImpersonation {
  readonly user: UserRow
  readonly client?: ClientInfo | undefined
}

export interface FactorChoice {
  /** `next.token` of the answer that asked for a factor. */
  readonly token: string
  /** One of `next.factors`, by id. Default: the first. */
  readonly factor?: string
}

export interface SecondAnswer extends FactorAnswer {
  readonly client?: ClientInfo
  /** From now on the client's device stands in for the second factor, where the rules allow it. */
  readonly trustDevice?: boolean
}

export interface BegunFactor {
  readonly factor: string
  readonly type: VerifiedFactorType
  /** What the client needs: options for WebAuthn, where a code went and when it may be asked for again. */
  readonly details: Readonly<Record<string, unknown>>
}

/** How long a pending sign-in may be answered (ASVS 5.0, V6.5.5). */
const PENDING_LIFETIME_MS = 10 * 60 * 1000
const PURPOSE: ChallengePurpose = 'sign-in'
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
  function offer(context: TenantContext, standing: Standing, shown: Shown, level: AssuranceLevel) {
    return offeredFactors(standing, byType, shown, { level, emailFactor: emailIsFactor(context) })
  }

  /** All of it in one transaction, or nothing. */
  async function openSession(context: TenantContext, entry: Entry): Promise<Opened | undefined> {
    const { user, client, proofs, consume, attempts, former, risk, found, maximumSessions } = entry
    const { deviceTrustMs } = context.settings.sessions
    const trustForMs = entry.trustDevice && deviceTrustMs > 0 ? deviceTrustMs : undefined
    const use = { stoodIn: entry.stoodIn, trustForMs, country: risk.place?.country }
    const done = await orNothing(context, async (unit) => {
      const inside = { ...context, scope: unit }
      // held before all else: sessions that open at once come one after the other, and count those before them
      if (maximumSessions !== undefined) await unit.records.lock('users', { id: user.id })
      for (const proof of proofs) if (proof.within && !(await proof.within(unit))) throw new LostRace()
      if (consume && !(await consume(unit))) throw new LostRace()
      if (former && !(await endFormer(context, unit, user, former))) throw new LostRace()
      const opening = {
        userId: user.id as UserId,
        epoch: entry.epoch,
        assuranceLevel: entry.assuranceLevel,
        authenticationMethods: entry.methods,
        ...(client ? { client } : {}),
        deviceId: found?.id,
        risk,
      }
      const opened = await openOnDevice(inside, user.id, found, use, (named) => issuer.open(named, opening))
      if (!opened) throw new LostRace()
      if (maximumSessions !== undefined) await endOldestSessions(inside, user, opened.session.id, maximumSessions)
      await learnFrom(unit, user.id, risk)
      if (!consume) await writeRisk(inside, entry, risk)
      for (const { pool, subject } of attempts) await unit.records.remove('sign_in_attempts', { pool, subject })
      return opened
    })
    if (done) await tellOfSignIn(context, entry)
    return done
  }

  /** The pending sign-in, with all that is known of who began it; undefined when it is over. */
  async function pending(context: TenantContext, { token, factor }: FactorChoice): Promise<Pending | undefined> {
    const challenge = await createChallenges(context).find({ purpose: PURPOSE, token })
    const first = challenge && pendingFrom(challenge)
    if (!challenge || !first) return undefined
    const user = await context.scope.records.get('users', { id: first.userId })
    if (user?.status !== 'active' || user.session_epoch !== first.epoch) return undefined
    const policy = policyOf(context.tenant)
    const standing = await loadStanding(context, user, policy)
    const factors = offer(context, standing, first, first.requiredLevel)
    const maximumSessions = sessionLimit(policy, standing.roleKeys)
    return { challenge, first, user, chosen: choose(factors, factor), maximumSessions }
  }

  return {
    async conclude(anyone, proof) {
      const { user, client } = proof
      const policy = policyOf(anyone.tenant)
      const finding = findDevice(anyone, user, client)
      const deviceKnown = proof.deviceKnown ?? finding.then(knownBefore)
      const [risk, standing, found] = await Promise.all([
        judgeSignIn(anyone, { ...proof, deviceKnown }),
        loadStanding(anyone, user, policy),
        finding,
      ])
      const context = weighed(anyone, risk)
      // who has a second factor is asked for it, on every way in (M05, M06)
      const another = standing.methods.some(({ id }) => !proof.usedFactors.includes(id))
      // a trusted device stands in for it; not for what a rule or the risk asks for, nor where a session is stepped up
      const trusted = found?.trusted === true && proof.former === undefined
      const byUser = another && !trusted ? 2 : 1
      const byStepUp = proof.former?.shown === false ? 2 : 1
      const byRule = Math.max(requiredLevel(policy, standing.roleKeys), byUser, byStepUp) as AssuranceLevel
      const level = Math.max(byRule, risk.verdict === 'step-up' ? 2 : 1) as AssuranceLevel
      const attempts = proof.attempt ? [proof.attempt] : []

      const factors = offer(context, standing, proof, level)
      // whoever has nothing to step up with is let in as the rules alone would, where the host allows that
      const spared = factors.length === 0 && level > byRule && context.settings.risk.withoutFactor === 'allow'
      const enough = proof.assuranceLevel >= (spared ? byRule : level)
      if (risk.verdict === 'deny' || (!enough && factors.length === 0)) {
        await writeDenied(context, { user, methods: proof.methods, client, risk })
        await tellOfRisk(context, user, risk)
        return DENIED
      }
      if (enough) {
        const { assuranceLevel, methods } = proof
        const epoch = user.session_epoch
        const entry: Entry = {
          user,
          epoch,
          client,
          assuranceLevel,
          methods,
          proofs: [proof],
          attempts,
          risk,
          former: proof.former?.session,
          found,
          stoodIn: trusted && another && assuranceLevel < 2,
          trustDevice: false,
          maximumSessions: sessionLimit(policy, standing.roleKeys),
        }
        const opened = await openSession(context, entry)
        return opened ? { ok: true, user: userFromRow(user), ...opened } : refuse(context, user, proof.methods, client)
      }
      const opened = await orNothing(context, async (unit) => {
        if (proof.within && !(await proof.within(unit))) throw new LostRace()
        const inside = { ...context, scope: unit }
        const made = await createChallenges(inside).open({
          purpose: PURPOSE,
          userId: user.id,
          epoch: user.session_epoch,
          data: pendingOf(proof, level, risk),
          lifetimeMs: PENDING_LIFETIME_MS,
          kind: 'link',
        })
        for (const { pool, subject } of attempts) await unit.records.remove('sign_in_attempts', { pool, subject })
        await writePending(inside, { user, methods: proof.methods, client, risk })
        return made
      })
      if (!opened) return refuse(context, user, proof.methods, client)
      await tellOfRisk(context, user, risk)
      const next = {
        token: opened.secret,
        expiresInMs: PENDING_LIFETIME_MS,
        factors: factors.map(({ hint }) => hint),
      }
      return { ok: false, reason: 'factor-required', next }
    },

    async begin(context, choice) {
      const found = await pending(context, choice)
      if (!found) throw new FreeholdError('TOKEN_EXPIRED')
      if (!found.chosen) throw new FreeholdError('FACTOR_UNKNOWN')
      const { chosen, challenge, user } = found
      const details = await chosen.verifier.begin?.(context, { user, method: chosen.method, request: challenge.id })
      return { factor: chosen.hint.id, type: chosen.hint.type, details: details ?? {} }
    },

    async resume(anyone, choice, answer) {
      const { client, trustDevice = false } = answer
      const waiting = await pending(anyone, choice)
      if (!waiting) return EXPIRED
      const { challenge, first, user, chosen, maximumSessions } = waiting
      const context = weighed(anyone, first.risk)
      if (!chosen) return refuse(context, user, first.methods, client)
      const { verifier, method } = chosen
      // counted before anything is looked at, in a pool of its kind: who guesses codes does not lock the password (M02, M04)
      const counted = attemptOf(verifier.type, user, method)
      const attempt = await context.scope.verbs.takeAttempt({ ...counted, ...context.settings.attempts })
      if (!attempt.allowed) return { ok: false, reason: 'too-many-attempts', retryAfterMs: attempt.retryAfterMs }

      const request: FactorRequest = { user, method, request: challenge.id }
      const proof = await verifier.verify(context, request, answer)
      if (!proof) {
        tellOfGuessing(context, user, attempt.failures, verifier.type)
        return refuse(context, user, [...first.methods, ...verifier.methods], client)
      }
      const { methods, assuranceLevel } = combined(first, proof)
      if (assuranceLevel < first.requiredLevel) return refuse(context, user, methods, client)
      const found = await findDevice(context, user, client)
      const opened = await openSession(context, {
        user,
        found,
        stoodIn: false,
        trustDevice,
        maximumSessions,
        epoch: first.epoch,
        client,
        assuranceLevel,
        methods,
        proofs: [proof],
        attempts: [counted],
        risk: first.risk,
        former: first.former,
        consume: async (unit) =>
          (await createChallenges(context).consume(unit, { purpose: PURPOSE, token: choice.token })) !== undefined,
      })
      return opened ? { ok: true, user: userFromRow(user), ...opened } : refuse(context, user, methods, client)
    },

    impersonate: (context, { user, client, ...impersonation }) =>
      issuer.open(context, {
        userId: user.id as UserId,
        epoch: user.session_epoch,
        assuranceLevel: 1,
        authenticationMethods: IMPERSONATED,
        impersonation,
        ...(client ? { client } : {}),
      }),
  }
}

interface Pending {
  readonly challenge: ChallengeRow
  readonly first: PendingProof
  readonly user: UserRow
  readonly chosen: OfferedFactor | undefined
  readonly maximumSessions: number | undefined
}

/** S01: the session that was stepped up dies with its tokens. False: it had ended already. */
async function endFormer({ tenant }: TenantContext, { verbs }: TenantUnit, user: UserRow, former: SessionId) {
  const ended = await verbs.endSessions({ userId: user.id, reason: 'stepped-up', only: former })
  await verbs.publish({ kind: 'session', tenantId: tenant.id, userId: user.id, sessionId: former })
  return ended.includes(former)
}

function choose(factors: readonly OfferedFactor[], id: string | undefined): OfferedFactor | undefined {
  return id === undefined ? factors[0] : factors.find(({ hint }) => hint.id === id)
}
