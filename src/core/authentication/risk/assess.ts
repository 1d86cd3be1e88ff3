// The score of a sign-in. Pure: the same inputs give the same answer, whoever asks and whenever.

import { automationFinding } from './automation.ts'
import { failureFindings } from './failures.ts'
import type { RiskFlag, RiskWeights } from './flags.ts'
import { type HabitRules, habitFindings } from './habits.ts'
import type { RiskInputs } from './inputs.ts'
import { type PlaceRules, placeFindings } from './places.ts'
import type { Finding, RiskSignal } from './signals.ts'

export interface RiskRules extends PlaceRules, HabitRules {
  readonly weights: RiskWeights
}

export interface RiskAssessment {
  /** 0 (nothing speaks against it) to 1. */
  readonly score: number
  /** Names of the signals, the heaviest first. */
  readonly flags: readonly RiskFlag[]
  /** The same in words. */
  readonly reasons: readonly string[]
  readonly signals: readonly RiskSignal[]
}

/**
 * Signals are taken as independent (a noisy-or): each makes the sign-in more likely an attack by its weight and strength,
 * and none makes it less so. A flag of weight 0 is not raised.
 */
export function assess(inputs: RiskInputs, rules: RiskRules): RiskAssessment {
  const findings: Finding[] = [
    ...failureFindings(inputs.failures),
    ...placeFindings(inputs, rules),
    ...habitFindings(inputs, rules),
    automationFinding(inputs.client),
  ]
  if (inputs.leakedPassword === true) findings.push(LEAKED)
  const signals = findings
    .map((finding) => ({ ...finding, contribution: finding.strength * rules.weights[finding.flag] }))
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution)
  const spared = signals.reduce((left, { contribution }) => left * (1 - contribution), 1)
  return {
    score: 1 - spared,
    flags: signals.map(({ flag }) => flag),
    reasons: signals.map(({ reason }) => reason),
    signals,
  }
}

const LEAKED: Finding = {
  flag: 'leaked-password',
  strength: 1,
  reason: 'the password is on a list of leaked passwords',
}
