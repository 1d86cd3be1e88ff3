// The options of risk, their defaults and their limits.

import { FreeholdError } from '../../kernel/errors.ts'
import type { RiskRules } from './assess.ts'
import { defaultWeights, RISK_FLAGS, type RiskWeights } from './flags.ts'
import { type RiskThresholds, thresholdProblem } from './policy.ts'

export interface RiskSettings extends RiskRules, RiskThresholds {
  /** Default 0.5. A tenant's `settings.authentication.risk` goes before. */
  readonly stepUpFrom: number | null
  /** Default 0.9. A tenant's `settings.authentication.risk` goes before. */
  readonly denyFrom: number | null
  /** What is done when a step-up is due and the user has nothing to step up with. Default `allow`; either is told. */
  readonly withoutFactor: 'allow' | 'deny'
  /** The score of each signal at its clearest, alone: 0 to 1; 0 turns it off. */
  readonly weights: RiskWeights
  /** Half-life of counted failures. Default 30 minutes. */
  readonly halfLifeMs: number
  /** Default 180 days. */
  readonly newCountryAfterMs: number
  /** Default 200 km. */
  readonly minimumDistanceKm: number
  /** Default 1,000 km/h. */
  readonly maximumSpeedKmh: number
  /** Default 100 km. */
  readonly assumedAccuracyKm: number
  /** Default 20. */
  readonly minimumHistory: number
  /** Default 90 days. */
  readonly dormantAfterMs: number
}

/** What the host says of it. */
export interface RiskOptions extends Partial<Omit<RiskSettings, 'weights'>> {
  readonly weights?: Partial<RiskWeights>
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

export const defaultRiskSettings: RiskSettings = {
  stepUpFrom: 0.5,
  denyFrom: 0.9,
  withoutFactor: 'allow',
  weights: defaultWeights,
  halfLifeMs: 30 * MINUTE,
  newCountryAfterMs: 180 * DAY,
  minimumDistanceKm: 200,
  maximumSpeedKmh: 1000,
  assumedAccuracyKm: 100,
  minimumHistory: 20,
  dormantAfterMs: 90 * DAY,
}

/** What each whole number may be. */
const BOUNDS = {
  halfLifeMs: [MINUTE, 30 * DAY],
  newCountryAfterMs: [DAY, 3650 * DAY],
  minimumDistanceKm: [0, 20_000],
  maximumSpeedKmh: [1, 100_000],
  assumedAccuracyKm: [0, 20_000],
  minimumHistory: [1, 100_000],
  dormantAfterMs: [DAY, 3650 * DAY],
} as const

/** As `base` where nothing (or undefined) is said. @throws CONFIG_INVALID */
export function fillRiskSettings(options: RiskOptions = {}, base = defaultRiskSettings): RiskSettings {
  const { weights, ...given } = filled('risk', { ...base, weights: {} }, options)
  const risk: RiskSettings = { ...given, weights: filled('risk.weights', base.weights, weights) }
  for (const [field, [minimum, maximum]] of Object.entries(BOUNDS)) {
    const value = risk[field as keyof typeof BOUNDS]
    if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
      throw invalid(`risk.${field}`, `it is a whole number from ${minimum} to ${maximum}`)
    }
  }
  for (const flag of RISK_FLAGS) {
    const weight = risk.weights[flag]
    if (!(typeof weight === 'number' && weight >= 0 && weight <= 1)) {
      throw invalid(`risk.weights.${flag}`, 'it is a number from 0 to 1')
    }
  }
  if (risk.withoutFactor !== 'allow' && risk.withoutFactor !== 'deny') {
    throw invalid('risk.withoutFactor', 'it is allow or deny')
  }
  const wrong = thresholdProblem(risk)
  if (wrong) throw invalid(`risk.${wrong.field}`, wrong.problem)
  return risk
}

/** The group with its defaults; a key that it does not have is a typing error. */
function filled<Group extends object>(option: string, defaults: Group, given: Partial<Group> = {}): Group {
  if (typeof given !== 'object' || given === null) throw invalid(option, 'it is an object')
  const group = { ...defaults }
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) throw invalid(`${option}.${key}`, 'there is no such option')
    if (value !== undefined) group[key as keyof Group] = value as Group[keyof Group]
  }
  return group
}

function invalid(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
