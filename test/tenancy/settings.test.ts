// Options become settings: defaults where nothing is said, and a refusal for what would weaken the house (A08).

import { describe, expect, it } from 'vitest'
import { defaultSettings, fillSettings, type SettingsOptions } from '../../src/core/settings.ts'
import { refused } from '../setup/refusal.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('settings', () => {
  it('are the defaults when the host says nothing, or undefined', () => {
    expect(fillSettings()).toEqual(defaultSettings)
    expect(fillSettings({ sessions: { idleTimeoutMs: undefined } } as unknown as SettingsOptions)).toEqual(
      defaultSettings,
    )
  })

  it('keep the defaults that the documentation promises', () => {
    expect(defaultSettings.sessions).toMatchObject({
      accessTokenLifetimeMs: 10 * MINUTE,
      idleTimeoutMs: 14 * DAY,
      absoluteTimeoutMs: 30 * DAY,
      refreshGraceMs: 10_000,
      verification: 'cached',
      revocationCacheMs: 10_000,
    })
    expect(defaultSettings.passwords).toMatchObject({ minimumLength: 15, maximumLength: 256 })
  })

  it('take what is within the limits and leave the rest', () => {
    const settings = fillSettings({
      issuer: 'https://id.example.com',
      sessions: { refreshGraceMs: 0 },
      passwords: { minimumLength: 12, contextWords: ['acme'] },
      tenants: { baseDomains: ['Example.COM.', 'localhost', 'bücher.example'] },
    })
    expect(settings.issuer).toBe('https://id.example.com')
    expect(settings.sessions).toEqual({ ...defaultSettings.sessions, refreshGraceMs: 0 })
    expect(settings.passwords.contextWords).toEqual(['acme'])
    expect(settings.tenancy.baseDomains).toEqual(['example.com', 'localhost', 'xn--bcher-kva.example'])
  })

  it.each([
    ['issuer', { issuer: '' }],
    ['issuer', { issuer: 'two words' }],
    ['issuer', { issuer: 7 }],
    ['sessions', { sessions: null }],
    ['sessions.refreshGraceMs', { sessions: { refreshGraceMs: 60_001 } }],
    ['sessions.refreshGraceMs', { sessions: { refreshGraceMs: -1 } }],
    ['sessions.refreshGraceMs', { sessions: { refreshGraceMs: Number.NaN } }],
    ['sessions.revocationCacheMs', { sessions: { revocationCacheMs: 10_001 } }],
    ['sessions.accessTokenLifetimeMs', { sessions: { accessTokenLifetimeMs: '600000' } }],
    ['sessions.accessTokenLifetimeMs', { sessions: { accessTokenLifetimeMs: DAY + 1 } }],
    ['sessions.absoluteTimeoutMs', { sessions: { absoluteTimeoutMs: 13 * DAY } }],
    ['sessions.idleTimeoutMs', { sessions: { idleTimeoutMs: 9 * MINUTE } }],
    ['sessions.idleTimeoutMs', { sessions: { idleTimeoutMs: Number.POSITIVE_INFINITY } }],
    ['sessions.refreshRetryCap', { sessions: { refreshRetryCap: 0 } }],
    ['sessions.verification', { sessions: { verification: 'none' } }],
    ['sessions.idleTimeout', { sessions: { idleTimeout: 5 } }],
    ['sessions.__proto__', { sessions: JSON.parse('{"__proto__":{}}') }],
    ['passwords.minimumLength', { passwords: { minimumLength: 7 } }],
    ['passwords.minimumLengthWithSecondFactor', { passwords: { minimumLengthWithSecondFactor: 7 } }],
    ['passwords.maximumLength', { passwords: { maximumLength: 63 } }],
    ['passwords.concurrency', { passwords: { concurrency: 0 } }],
    ['passwords.contextWords', { passwords: { contextWords: [' '] } }],
    ['attempts.free', { attempts: { free: 101 } }],
    ['attempts.maxDelayMs', { attempts: { baseDelayMs: 2000, maxDelayMs: 1000 } }],
    ['attempts.forgetAfterMs', { attempts: { forgetAfterMs: 1000 } }],
    ['tenants.baseDomains', { tenants: { baseDomains: 'example.com' } }],
    ['tenants.baseDomains', { tenants: { baseDomains: ['https://example.com'] } }],
    ['tenants.baseDomains', { tenants: { baseDomains: ['127.0.0.1'] } }],
  ])('A08: refuse %s in %j', async (option, options) => {
    const error = await refused(() => fillSettings(options as unknown as SettingsOptions), 'CONFIG_INVALID')
    expect(error.details.option).toBe(option)
  })
})
