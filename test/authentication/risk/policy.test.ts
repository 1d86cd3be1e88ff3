// Options and thresholds: defaults, limits, and what a tenant says for itself.

import { describe, expect, it } from 'vitest'
import { checkTenantThresholds, thresholdsFor, verdictOf } from '../../../src/core/authentication/risk/policy.ts'
import {
  defaultRiskSettings,
  fillRiskSettings,
  type RiskOptions,
} from '../../../src/core/authentication/risk/settings.ts'
import { refused } from '../../setup/refusal.ts'

describe('the verdict', () => {
  const thresholds = { stepUpFrom: 0.5, denyFrom: 0.9 }
  it.each([
    [0, 'allow'],
    [0.4999, 'allow'],
    [0.5, 'step-up'],
    [0.8999, 'step-up'],
    [0.9, 'deny'],
    [1, 'deny'],
  ])('%d: %s', (score, verdict) => {
    expect(verdictOf(score, thresholds)).toBe(verdict)
  })
  it('null is never', () => {
    expect(verdictOf(1, { stepUpFrom: null, denyFrom: null })).toBe('allow')
    expect(verdictOf(1, { stepUpFrom: 0, denyFrom: null })).toBe('step-up')
    expect(verdictOf(0.5, { stepUpFrom: null, denyFrom: 0.5 })).toBe('deny')
  })
})

describe('the thresholds of a tenant', () => {
  const instance = { stepUpFrom: 0.5, denyFrom: 0.9 }
  const of = (risk: unknown) => thresholdsFor({ authentication: { risk } }, instance)
  it.each([
    ['nothing', undefined, instance],
    ['one of them', { stepUpFrom: 0.2 }, { stepUpFrom: 0.2, denyFrom: 0.9 }],
    ['both', { stepUpFrom: 0, denyFrom: 0.1 }, { stepUpFrom: 0, denyFrom: 0.1 }],
    ['never', { stepUpFrom: null, denyFrom: null }, { stepUpFrom: null, denyFrom: null }],
    ['a step-up above the refusal', { stepUpFrom: 0.95 }, { stepUpFrom: 0.95, denyFrom: 0.95 }],
    ['a refusal below the step-up', { denyFrom: 0.3 }, { stepUpFrom: 0.3, denyFrom: 0.3 }],
  ])('%s', (_, risk, thresholds) => {
    expect(of(risk)).toEqual(thresholds)
  })
  it('are the instance’s where the tenant has no settings', () => {
    expect(thresholdsFor({}, instance)).toEqual(instance)
    expect(thresholdsFor({ authentication: null }, instance)).toEqual(instance)
  })
  it.each([
    7,
    'high',
    [],
    { stepUpFrom: 2 },
    { stepUpFrom: -0.1 },
    { denyFrom: '0.9' },
    { stepUpFrom: Number.NaN },
    { stepUpFrom: 0.9, denyFrom: 0.5 },
    { threshold: 0.5 },
  ])('%j is refused when it is set, and refuses sign-ins if it is found', async (risk) => {
    await refused(() => checkTenantThresholds(risk, 'authentication.risk'), 'INPUT_INVALID')
    await refused(() => of(risk), 'CONFIG_INVALID')
  })
})

describe('the options', () => {
  it('have defaults', () => {
    expect(fillRiskSettings()).toEqual(defaultRiskSettings)
    expect(fillRiskSettings({ stepUpFrom: undefined as never })).toEqual(defaultRiskSettings)
    const filled = fillRiskSettings({ denyFrom: null, weights: { 'new-device': 0 } })
    expect(filled).toEqual({
      ...defaultRiskSettings,
      denyFrom: null,
      weights: { ...defaultRiskSettings.weights, 'new-device': 0 },
    })
  })
  it.each([
    [{ stepUpFrom: 1.1 }, 'risk.stepUpFrom'],
    [{ denyFrom: 0.4 }, 'risk.denyFrom'],
    [{ withoutFactor: 'maybe' }, 'risk.withoutFactor'],
    [{ halfLifeMs: 0 }, 'risk.halfLifeMs'],
    [{ maximumSpeedKmh: 900.5 }, 'risk.maximumSpeedKmh'],
    [{ minimumHistory: 0 }, 'risk.minimumHistory'],
    [{ weights: { 'new-device': 1.5 } }, 'risk.weights.new-device'],
    [{ weights: { 'new-moon': 0.5 } }, 'risk.weights.new-moon'],
    [{ speed: 900 }, 'risk.speed'],
    [7, 'risk'],
  ])('%j stops the start', async (options, option) => {
    const { details } = await refused(() => fillRiskSettings(options as RiskOptions), 'CONFIG_INVALID')
    expect(details.option).toBe(option)
  })
})
