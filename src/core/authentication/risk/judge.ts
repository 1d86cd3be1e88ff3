// Judging a sign-in whose credential was right, and counting those whose was not. What it asks of the database is answered with
// everything else that a sign-in asks; the score is computed from that.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import { storable } from '../../kernel/input.ts'
import type { GeoPlace } from '../../ports/geo.ts'
import type { ClientInfo } from '../../sessions/session.ts'
import type { FailedSignIn, FailureKey } from '../../storage/risk-verbs.ts'
import type { RiskQuestion, SignInLoad } from '../../storage/sign-in-verbs.ts'
import { add, learnSignIn, type Step } from '../../storage/steps.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { assess, type RiskAssessment } from './assess.ts'
import { type FailureCounts, NO_FAILURES } from './inputs.ts'
import { networkOf } from './network.ts'
import { type RiskVerdict, thresholdsFor, verdictOf } from './policy.ts'
import { profileFromRow, teaches } from './profile.ts'

export interface Judged {
  readonly client?: ClientInfo | undefined
  /** Undefined: nothing is known of devices. */
  readonly deviceKnown?: boolean | undefined
  readonly leakedPassword?: boolean | undefined
}

/** Kept as JSON while a sign-in waits for another factor. */
export interface Judgement extends Pick<RiskAssessment, 'score' | 'flags' | 'reasons'> {
  readonly verdict: RiskVerdict
  readonly place?: GeoPlace
}

type RiskLoad = Pick<SignInLoad, 'at' | 'failures' | 'profile'>

/** What the column holds. */
const MAXIMUM_IP = 64

/** What is asked of the database, before it is known whose account it is. */
export function riskQuestion({ settings }: Pick<TenantContext, 'settings'>, ip: string | undefined): RiskQuestion {
  return {
    halfLifeMs: settings.risk.halfLifeMs,
    account: Buffer.from(prefix('user')),
    counts: watchedAt(ip).map(({ key }) => key),
  }
}

/** @param load what the question was answered with @throws CONFIG_INVALID (thresholds of the tenant that cannot be read) */
export async function judgeSignIn(context: TenantContext, judged: Judged, load: RiskLoad): Promise<Judgement> {
  const { settings, riskSources, tenant } = context
  const { client, leakedPassword, deviceKnown } = judged
  const thresholds = thresholdsFor(tenant.settings, settings.risk)
  const place = await riskSources.locate(client?.ip)
  const [user = 0, ...others] = load.failures
  const failures = { ...NO_FAILURES, user }
  for (const [i, { count }] of watchedAt(client?.ip).entries()) failures[count] = others[i] ?? 0
  const inputs = {
    at: load.at.getTime(),
    failures,
    deviceKnown,
    place,
    profile: load.profile && profileFromRow(load.profile),
    leakedPassword,
    client: client?.signals,
  }
  const { score, flags, reasons } = assess(inputs, settings.risk)
  return { score, flags, reasons, verdict: verdictOf(score, thresholds), ...(place === undefined ? {} : { place }) }
}

/** What a failed sign-in counts as. @param account the normalised address; undefined: it was none */
export function failureOf(
  { settings }: Pick<TenantContext, 'settings'>,
  account: string | undefined,
  ip: string | undefined,
): FailedSignIn {
  const own = account === undefined ? [] : [{ pool: 'user', subject: digest('user', account) } as const]
  const isAccounts = ({ pool }: FailureKey): boolean => pool === 'ip-accounts' || pool === 'network-accounts'
  const keys = watchedAt(ip).map(({ key }) => key)
  return {
    halfLifeMs: settings.risk.halfLifeMs,
    counts: [...own, ...keys.filter((key) => !isAccounts(key))],
    accounts:
      account === undefined
        ? []
        : keys.filter(isAccounts).map((place) => ({ place, accountAt: accountAt(account, place) })),
  }
}

/** In the transaction that opens the session. What was challenged teaches nothing (X03). */
export function learnFrom(userId: string, { verdict, place }: Judgement): readonly Step[] {
  if (!teaches(verdict)) return []
  return [
    learnSignIn({
      userId,
      country: place?.country ?? null,
      latitude: place?.latitude ?? null,
      longitude: place?.longitude ?? null,
      accuracyKm: place?.accuracyKm ?? null,
    }),
  ]
}

/** Tells of a sign-in that was challenged or refused for its risk; of any other nothing. */
export function riskEvent(
  { runtime }: Pick<TenantContext, 'runtime'>,
  { user, client }: { readonly user: Pick<UserRow, 'id'>; readonly client?: ClientInfo | undefined },
  { verdict, score, flags, reasons, place }: Judgement,
): readonly Step[] {
  if (verdict === 'allow') return []
  return [
    add('security_events', {
      id: runtime.newId(),
      kind: 'sign_in.risk',
      user_id: user.id,
      risk_score: score,
      risk_flags: [...flags],
      ip: storable(client?.ip, MAXIMUM_IP) ?? null,
      details: { verdict, reasons, ...(place === undefined ? {} : { place }) },
    }),
  ]
}

/** The same context, whose events say how risky the sign-in is that they tell of. */
export function weighed<C extends Pick<TenantContext, 'actor'>>(context: C, { score }: Judgement): C {
  return { ...context, actor: { ...context.actor, riskScore: score } }
}

interface Watched {
  readonly count: keyof FailureCounts
  readonly key: FailureKey
}

/** What failures are counted by beside the account: the address, its network, the tenant. */
function watchedAt(ip: string | undefined): Watched[] {
  const network = ip === undefined ? undefined : networkOf(ip)
  const all: readonly [keyof FailureCounts, FailureKey['pool'], string | undefined][] = [
    ['ip', 'ip', ip],
    ['ipAccounts', 'ip-accounts', ip],
    ['network', 'network', network],
    ['networkAccounts', 'network-accounts', network],
    ['tenant', 'tenant', ''],
  ]
  return all.flatMap(([count, pool, whose]) =>
    whose === undefined ? [] : [{ count, key: { pool, subject: digest(pool, whose) } }],
  )
}

function accountAt(account: string, { pool, subject }: FailureKey): Uint8Array {
  return digest(pool, `${Buffer.from(subject).toString('hex')}\0${account}`)
}

function digest(kind: string, text: string): Uint8Array {
  return createHash('sha256')
    .update(`${prefix(kind)}${text}`)
    .digest()
}

function prefix(kind: string): string {
  return `freehold/1/risk/${kind}\0`
}
