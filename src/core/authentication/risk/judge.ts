// Judging a sign-in whose credential was right, and counting those whose was not. One query asks the database for
// everything; the score is computed from what it answered.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import { storable } from '../../kernel/input.ts'
import type { GeoPlace } from '../../ports/geo.ts'
import type { ClientInfo } from '../../sessions/session.ts'
import type { FailedSignIn, FailureKey } from '../../storage/risk-verbs.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { assess, type RiskAssessment } from './assess.ts'
import { type FailureCounts, NO_FAILURES } from './inputs.ts'
import { networkOf } from './network.ts'
import { type RiskVerdict, thresholdsFor, verdictOf } from './policy.ts'
import { profileFromRow, teaches } from './profile.ts'

export interface Judged {
  readonly user: Pick<UserRow, 'id' | 'email_norm'>
  readonly client?: ClientInfo | undefined
  /** Undefined: nothing is known of devices. */
  readonly deviceKnown?: Promise<boolean | undefined> | boolean | undefined
  readonly leakedPassword?: boolean | undefined
}

/** Kept as JSON while a sign-in waits for another factor. */
export interface Judgement extends Pick<RiskAssessment, 'score' | 'flags' | 'reasons'> {
  readonly verdict: RiskVerdict
  readonly place?: GeoPlace
}

/** What the column holds. */
const MAXIMUM_IP = 64

/** @throws CONFIG_INVALID (thresholds of the tenant that cannot be read), STORAGE_UNAVAILABLE */
export async function judgeSignIn(context: TenantContext, judged: Judged): Promise<Judgement> {
  const { scope, settings, riskSources, tenant } = context
  const { user, client, leakedPassword } = judged
  const thresholds = thresholdsFor(tenant.settings, settings.risk)
  const { halfLifeMs } = settings.risk
  const watched = watchedFor(user.email_norm, client?.ip)
  const [place, load, deviceKnown] = await Promise.all([
    riskSources.locate(client?.ip),
    scope.verbs.loadRisk({ userId: user.id, halfLifeMs, counts: watched.map(({ key }) => key) }),
    judged.deviceKnown,
  ])
  const failures = { ...NO_FAILURES }
  for (const [i, { count }] of watched.entries()) failures[count] = load.failures[i] ?? 0
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
  const watched = watchedFor(account, ip)
  const isAccounts = ({ pool }: FailureKey): boolean => pool === 'ip-accounts' || pool === 'network-accounts'
  const keys = watched.map(({ key }) => key)
  return {
    halfLifeMs: settings.risk.halfLifeMs,
    counts: keys.filter((key) => !isAccounts(key)),
    accounts:
      account === undefined
        ? []
        : keys.filter(isAccounts).map((place) => ({ place, accountAt: accountAt(account, place) })),
  }
}

/** In the transaction that opens the session, which it then rides with. What was challenged teaches nothing (X03). */
export async function learnFrom(
  { verbs }: Pick<TenantUnit, 'verbs'>,
  userId: string,
  { verdict, place }: Judgement,
): Promise<void> {
  if (!teaches(verdict)) return
  await verbs.learnSignIn({
    userId,
    country: place?.country ?? null,
    latitude: place?.latitude ?? null,
    longitude: place?.longitude ?? null,
    accuracyKm: place?.accuracyKm ?? null,
  })
}

/** Tells of a sign-in that was challenged or refused for its risk; of any other nothing. */
export async function writeRisk(
  { scope, runtime }: Pick<TenantContext, 'scope' | 'runtime'>,
  { user, client }: { readonly user: Pick<UserRow, 'id'>; readonly client?: ClientInfo | undefined },
  { verdict, score, flags, reasons, place }: Judgement,
): Promise<void> {
  if (verdict === 'allow') return
  await scope.records.insert('security_events', [
    {
      id: runtime.newId(),
      kind: 'sign_in.risk',
      user_id: user.id,
      risk_score: score,
      risk_flags: [...flags],
      ip: storable(client?.ip, MAXIMUM_IP) ?? null,
      details: { verdict, reasons, ...(place === undefined ? {} : { place }) },
    },
  ])
}

/** The same context, whose events say how risky the sign-in is that they tell of. */
export function weighed<C extends Pick<TenantContext, 'actor'>>(context: C, { score }: Judgement): C {
  return { ...context, actor: { ...context.actor, riskScore: score } }
}

interface Watched {
  readonly count: keyof FailureCounts
  readonly key: FailureKey
}

/** Whose failures count for a sign-in of this account from this address. */
function watchedFor(account: string | undefined, ip: string | undefined): Watched[] {
  const network = ip === undefined ? undefined : networkOf(ip)
  const all: readonly [keyof FailureCounts, FailureKey['pool'], string | undefined][] = [
    ['user', 'user', account],
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
  return createHash('sha256').update(`freehold/1/risk/${kind}\0${text}`).digest()
}
