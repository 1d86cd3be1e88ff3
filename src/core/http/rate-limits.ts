// How often our routes may be asked: by address, by account and by tenant. A route names its policy itself, and is
// found in one spelling only, so no path or header leads around its limit. What one limit refuses costs the others nothing.

import { createHash } from 'node:crypto'
import { FreeholdError } from '../kernel/errors.ts'
import type { RateAnswer, RateStore, RateTake } from '../ports/rate-store.ts'
import { network } from './sign-up-limit.ts'

/** A bucket that holds `limit` requests and is full again `windowMs` milliseconds after it was empty. */
export interface Rate {
  readonly limit: number
  readonly windowMs: number
}

/** Who is counted. An address is an IPv4 address or an IPv6 network of 64 bits; one that is not known is not counted. */
export interface RatePolicy {
  readonly address?: Rate
  readonly account?: Rate
  readonly tenant?: Rate
}

/**
 * `sign-in`: every way of proving who one is. `sign-up`: new users. `refresh`: new tokens. `messages`: whatever sends a
 * mail or a text. `credentials`: whatever hands out what outlives the request, as API keys and the sessions in which
 * operators act. `session`: other routes of somebody who is signed in. The last and `refresh` are not counted by default,
 * since each count is a round trip.
 */
export type RateName = 'sign-in' | 'sign-up' | 'refresh' | 'messages' | 'credentials' | 'session'

export type RateLimitOptions = { readonly [N in RateName]?: RatePolicy | false }

export interface RateLimits {
  /**
   * Takes one of each bucket of the policy, and adds to `tally` what is left.
   * @throws RATE_LIMITED
   */
  admit(name: RateName, who: Counted, tally: RateTally): Promise<void>
}

export interface Counted {
  readonly tenantId: string
  readonly clientAddress?: string | undefined
  readonly account?: string | undefined
  /** Only what is given counts: false leaves the tenant's bucket alone, which was counted before. */
  readonly tenant?: boolean
}

/** What a request was told of its limits; the tightest goes into its answer. */
export interface RateTally {
  name?: RateName
  rate?: Rate
  tokens?: number
}

const MINUTE = 60_000
const DEFAULTS: { readonly [N in RateName]: RatePolicy } = {
  'sign-in': { address: { limit: 120, windowMs: MINUTE }, account: { limit: 20, windowMs: MINUTE } },
  'sign-up': { address: { limit: 60, windowMs: 60 * MINUTE } },
  refresh: {},
  messages: {
    address: { limit: 30, windowMs: 10 * MINUTE },
    account: { limit: 5, windowMs: 10 * MINUTE },
    tenant: { limit: 1_000, windowMs: 10 * MINUTE },
  },
  credentials: { account: { limit: 20, windowMs: 10 * MINUTE }, tenant: { limit: 500, windowMs: 10 * MINUTE } },
  session: {},
}
const NAMES = Object.keys(DEFAULTS) as RateName[]
const SUBJECTS = ['address', 'account', 'tenant'] as const
type Subject = (typeof SUBJECTS)[number]

/** @throws CONFIG_INVALID */
export function createRateLimits(options: RateLimitOptions | false, store: RateStore): RateLimits {
  const policies = policiesOf(options)

  return {
    async admit(name, who, tally) {
      const buckets = SUBJECTS.flatMap((subject) => {
        const rate = policies[name][subject]
        const value = countedAs(subject, who)
        return rate && value !== undefined ? [{ rate, take: takeOf(name, subject, value, rate) }] : []
      })
      if (buckets.length === 0) return
      const answers = await store.take(
        who.tenantId,
        buckets.map(({ take }) => take),
      )
      for (const [i, { rate }] of buckets.entries()) note(tally, name, rate, answers[i]!.tokens)
      const refused = buckets.findIndex((_, i) => !answers[i]!.allowed)
      if (refused === -1) return
      // a stranger who is over one limit must not use up the others
      const back = buckets.filter((_, i) => answers[i]!.allowed).map(({ take }) => ({ ...take, amount: -1 }))
      if (back.length > 0) await store.take(who.tenantId, back)
      throw refusal(name, buckets[refused]!.rate, answers[refused]!)
    },
  }
}

/** The headers of draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it. */
export function rateHeaders(headers: Headers, { name, rate, tokens }: RateTally): void {
  if (name === undefined || rate === undefined || tokens === undefined) return
  const left = Math.max(0, Math.floor(tokens))
  const fullMs = ((rate.limit - Math.max(0, tokens)) * rate.windowMs) / rate.limit
  headers.set('ratelimit-policy', `"${name}";q=${rate.limit};w=${Math.ceil(rate.windowMs / 1000)}`)
  headers.set('ratelimit', `"${name}";r=${left};t=${Math.ceil(fullMs / 1000)}`)
}

/** The storage instead of a store that does not answer, so that a lost cache neither lets everybody in nor nobody. */
export function withFallback(store: RateStore, storage: RateStore, onError: (error: unknown) => void): RateStore {
  return {
    take: (tenantId, rates) =>
      store.take(tenantId, rates).catch((error: unknown) => {
        onError(error)
        return storage.take(tenantId, rates)
      }),
  }
}

function takeOf(name: RateName, subject: Subject, value: string, { limit, windowMs }: Rate): RateTake {
  const hash = createHash('sha256').update(`freehold/1/rate/${subject}\0${value}`).digest()
  return { name: `${name}/${subject}`, subject: hash, limit, windowMs }
}

function countedAs(subject: Subject, { clientAddress, account, tenantId, tenant = true }: Counted): string | undefined {
  if (subject === 'account') return account
  if (subject === 'tenant') return tenant ? tenantId : undefined
  return clientAddress === undefined ? undefined : network(clientAddress)
}

function note(tally: RateTally, name: RateName, rate: Rate, tokens: number): void {
  if (tally.tokens !== undefined && tally.rate && tally.tokens / tally.rate.limit <= tokens / rate.limit) return
  Object.assign(tally, { name, rate, tokens })
}

function refusal(name: RateName, rate: Rate, { tokens }: RateAnswer): FreeholdError<'RATE_LIMITED'> {
  const retryAfterMs = Math.max(1, Math.ceil(((1 - Math.min(1, tokens)) * rate.windowMs) / rate.limit))
  return new FreeholdError('RATE_LIMITED', { policy: name, retryAfterMs })
}

function policiesOf(options: RateLimitOptions | false): { readonly [N in RateName]: RatePolicy } {
  if (options === false) return Object.fromEntries(NAMES.map((name) => [name, {}])) as never
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name as RateName)) throw misused(name, `it is none of ${NAMES.join(', ')}`)
  }
  const entries = NAMES.map((name) => {
    const policy = options[name] === undefined ? DEFAULTS[name] : options[name] || {}
    for (const [subject, rate] of Object.entries(policy)) checkRate(`${name}.${subject}`, subject, rate)
    return [name, policy] as const
  })
  return Object.fromEntries(entries) as never
}

function checkRate(option: string, subject: string, rate: Rate | undefined): void {
  if (!SUBJECTS.includes(subject as Subject)) throw misused(option, `it is none of ${SUBJECTS.join(', ')}`)
  const whole = (value: unknown, most: number) =>
    Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most
  if (rate === undefined) return
  if (!whole(rate.limit, 1_000_000)) throw misused(`${option}.limit`, 'it is a whole number from 1 to 1,000,000')
  if (!whole(rate.windowMs, 86_400_000)) throw misused(`${option}.windowMs`, 'it is 1 ms to a day')
}

function misused(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option: `http.rateLimits.${option}`, problem })
}
