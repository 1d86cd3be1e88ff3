// The host's options with their defaults filled in and their limits kept. What is out of bounds stops the start: a
// mistyped lifetime must not become a session that never ends.

import { availableParallelism } from 'node:os'
import type { FreeholdOptions } from './api.ts'
import { checkPasskeys, securePages } from './authentication/passkeys/options.ts'
import { defaultRiskSettings, fillRiskSettings } from './authentication/risk/settings.ts'
import { isPlanKey } from './billing/plan-input.ts'
import type {
  AccountSettings,
  AttemptSettings,
  EntitlementSettings,
  PasskeySettings,
  PasswordSettings,
  SessionSettings,
  Settings,
  WebhookSettings,
} from './context.ts'
import { FreeholdError } from './kernel/errors.ts'
import { parseDomain } from './tenancy/host-name.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

export const defaultSettings: Settings = {
  issuer: 'freehold',
  sessions: {
    accessTokenLifetimeMs: 10 * MINUTE,
    idleTimeoutMs: 14 * DAY,
    absoluteTimeoutMs: 30 * DAY,
    refreshGraceMs: 10 * SECOND,
    refreshRetryCap: 100,
    deviceTrustMs: 30 * DAY,
    verification: 'cached',
    revocationCacheMs: 10 * SECOND,
  },
  passwords: {
    minimumLength: 15,
    minimumLengthWithSecondFactor: 8,
    maximumLength: 256,
    contextWords: [],
    whenLeakListFails: 'accept',
    concurrency: Math.max(1, availableParallelism() - 1),
  },
  attempts: { free: 5, baseDelayMs: SECOND, maxDelayMs: 15 * MINUTE, forgetAfterMs: DAY },
  risk: defaultRiskSettings,
  passkeys: {
    rpId: null,
    origins: [],
    topOrigins: [],
    userVerification: 'required',
    challengeLifetimeMs: 5 * MINUTE,
  },
  accounts: {
    linkLifetimeMs: DAY,
    resetLifetimeMs: 60 * MINUTE,
    codeLifetimeMs: 10 * MINUTE,
    invitationLifetimeMs: 7 * DAY,
    freshnessMs: 10 * MINUTE,
    emailFactor: true,
    freshToEndSessions: true,
  },
  tenancy: { baseDomains: [] },
  entitlements: { defaultPlan: null, graceMs: 7 * DAY },
  webhooks: {
    concurrency: 4,
    leaseMs: MINUTE,
    maximumAttempts: 25,
    baseDelayMs: 2 * SECOND,
    maxDelayMs: 60 * MINUTE,
    pollMs: SECOND,
  },
}

/** The part of the options that becomes settings. */
export type SettingsOptions = Pick<
  FreeholdOptions<unknown>,
  | 'issuer'
  | 'sessions'
  | 'passwords'
  | 'attempts'
  | 'accounts'
  | 'passkeys'
  | 'risk'
  | 'http'
  | 'tenants'
  | 'entitlements'
  | 'webhooks'
>

/**
 * Defaults where the host says nothing (or undefined), and every number within its limits.
 * @throws CONFIG_INVALID, naming the option as in `sessions.refreshGraceMs`
 */
export function fillSettings(options: SettingsOptions = {}): Settings {
  return {
    issuer: issuerOf(options.issuer ?? defaultSettings.issuer),
    sessions: sessionsOf(filled('sessions', defaultSettings.sessions, options.sessions)),
    passwords: passwordsOf(filled('passwords', defaultSettings.passwords, options.passwords)),
    attempts: attemptsOf(filled('attempts', defaultSettings.attempts, options.attempts)),
    risk: fillRiskSettings(options.risk),
    passkeys: passkeysOf(options),
    accounts: accountsOf(filled('accounts', defaultSettings.accounts, options.accounts)),
    tenancy: { baseDomains: baseDomainsOf(options.tenants?.baseDomains) },
    entitlements: entitlementsOf(filled('entitlements', defaultSettings.entitlements, options.entitlements)),
    webhooks: webhooksOf(filled('webhooks', defaultSettings.webhooks, options.webhooks)),
  }
}

function issuerOf(issuer: string): string {
  const sound = typeof issuer === 'string' && /^[\x21-\x7e]{1,200}$/.test(issuer)
  if (!sound) throw invalid('issuer', 'it is 1 to 200 visible ASCII characters, without spaces')
  return issuer
}

function sessionsOf(sessions: SessionSettings): SessionSettings {
  const name = (key: keyof SessionSettings) => `sessions.${key}`
  // exp and iat of a token are in seconds (RFC 7519); no cookie lives longer than 400 days (RFC 6265bis)
  within(name('accessTokenLifetimeMs'), sessions.accessTokenLifetimeMs, SECOND, DAY)
  within(name('idleTimeoutMs'), sessions.idleTimeoutMs, SECOND, 400 * DAY)
  within(name('absoluteTimeoutMs'), sessions.absoluteTimeoutMs, SECOND, 400 * DAY)
  within(name('refreshGraceMs'), sessions.refreshGraceMs, 0, MINUTE)
  within(name('refreshRetryCap'), sessions.refreshRetryCap, 1, 10_000)
  within(name('deviceTrustMs'), sessions.deviceTrustMs, 0, 400 * DAY)
  within(name('revocationCacheMs'), sessions.revocationCacheMs, 0, 10 * SECOND)
  if (!['signature', 'cached', 'database'].includes(sessions.verification)) {
    throw invalid(name('verification'), "it is 'signature', 'cached' or 'database'")
  }
  if (sessions.absoluteTimeoutMs < sessions.idleTimeoutMs) {
    throw invalid(name('absoluteTimeoutMs'), 'it is shorter than idleTimeoutMs')
  }
  if (sessions.idleTimeoutMs < sessions.accessTokenLifetimeMs) {
    throw invalid(name('idleTimeoutMs'), 'it is shorter than accessTokenLifetimeMs')
  }
  return sessions
}

function passwordsOf(passwords: PasswordSettings): PasswordSettings {
  const name = (key: keyof PasswordSettings) => `passwords.${key}`
  // NIST SP 800-63B-4, section 3.1.1.2: 8 is the floor whatever else there is, and 64 must always be accepted
  within(name('minimumLength'), passwords.minimumLength, 8, 64)
  within(name('minimumLengthWithSecondFactor'), passwords.minimumLengthWithSecondFactor, 8, passwords.minimumLength)
  within(name('maximumLength'), passwords.maximumLength, 64, 1024)
  within(name('concurrency'), passwords.concurrency, 1, 1024)
  if (!['accept', 'refuse'].includes(passwords.whenLeakListFails)) {
    throw invalid(name('whenLeakListFails'), "it is 'accept' or 'refuse'")
  }
  const words: unknown = passwords.contextWords
  const sound = Array.isArray(words) && words.every((word) => typeof word === 'string' && word.trim() !== '')
  if (!sound) throw invalid(name('contextWords'), 'it is a list of words, none of them empty')
  return passwords
}

function attemptsOf(attempts: AttemptSettings): AttemptSettings {
  const name = (key: keyof AttemptSettings) => `attempts.${key}`
  // NIST SP 800-63B-4, section 3.2.2: no more than 100 failures in a row
  within(name('free'), attempts.free, 0, 100)
  within(name('baseDelayMs'), attempts.baseDelayMs, 1, DAY)
  within(name('maxDelayMs'), attempts.maxDelayMs, attempts.baseDelayMs, DAY)
  within(name('forgetAfterMs'), attempts.forgetAfterMs, attempts.maxDelayMs, 400 * DAY)
  return attempts
}

/** Pages that may send what a cookie authenticates may use passkeys too, unless the host lists others. */
function passkeysOf({ passkeys, http }: SettingsOptions): PasskeySettings {
  const defaults = { ...defaultSettings.passkeys, origins: securePages(http?.trustedOrigins) }
  return checkPasskeys(filled('passkeys', defaults, passkeys))
}

function accountsOf(accounts: AccountSettings): AccountSettings {
  const name = (key: keyof AccountSettings) => `accounts.${key}`
  within(name('linkLifetimeMs'), accounts.linkLifetimeMs, MINUTE, 7 * DAY)
  within(name('resetLifetimeMs'), accounts.resetLifetimeMs, MINUTE, DAY)
  within(name('codeLifetimeMs'), accounts.codeLifetimeMs, MINUTE, 10 * MINUTE)
  within(name('invitationLifetimeMs'), accounts.invitationLifetimeMs, MINUTE, 90 * DAY)
  within(name('freshnessMs'), accounts.freshnessMs, SECOND, DAY)
  for (const key of ['emailFactor', 'freshToEndSessions'] as const) {
    if (typeof accounts[key] !== 'boolean') throw invalid(name(key), 'it is true or false')
  }
  return accounts
}

function entitlementsOf(entitlements: EntitlementSettings): EntitlementSettings {
  const { defaultPlan, graceMs } = entitlements
  within('entitlements.graceMs', graceMs, 0, 400 * DAY)
  if (defaultPlan !== null && !isPlanKey(defaultPlan)) throw invalid('entitlements.defaultPlan', 'it is no plan key')
  return entitlements
}

function webhooksOf(webhooks: WebhookSettings): WebhookSettings {
  const name = (key: keyof WebhookSettings) => `webhooks.${key}`
  within(name('concurrency'), webhooks.concurrency, 1, 100)
  within(name('leaseMs'), webhooks.leaseMs, SECOND, DAY)
  within(name('maximumAttempts'), webhooks.maximumAttempts, 1, 1000)
  within(name('baseDelayMs'), webhooks.baseDelayMs, 1, DAY)
  within(name('maxDelayMs'), webhooks.maxDelayMs, webhooks.baseDelayMs, 7 * DAY)
  within(name('pollMs'), webhooks.pollMs, 10, 60 * MINUTE)
  return webhooks
}

/**
 * Base domains as host names are compared.
 * @throws CONFIG_INVALID
 */
export function baseDomainsOf(domains: readonly string[] = []): readonly string[] {
  const option = 'tenants.baseDomains'
  if (!Array.isArray(domains)) throw invalid(option, 'it is a list of domains')
  return domains.map((domain) => {
    const name = parseDomain(domain)
    if (!name) throw invalid(option, `${JSON.stringify(domain)} is not a domain; write it without scheme and port`)
    return name
  })
}

/** The group with its defaults; a key that it does not have is a typing error, not a wish to be ignored. */
function filled<Group extends object>(option: string, defaults: Group, given: Partial<Group> = {}): Group {
  if (typeof given !== 'object' || given === null) throw invalid(option, 'it is an object')
  const group = { ...defaults }
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) throw invalid(`${option}.${key}`, 'there is no such option')
    if (value !== undefined) group[key as keyof Group] = value as Group[keyof Group]
  }
  return group
}

function within(option: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isSafeInteger(value)) throw invalid(option, 'it is not a whole number')
  if (value < minimum) throw invalid(option, `it is less than ${minimum}`)
  if (value > maximum) throw invalid(option, `it is more than ${maximum}`)
}

function invalid(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
