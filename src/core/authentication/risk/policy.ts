// From a score to what is done: thresholds of the instance, which each tenant may set for itself.

import { FreeholdError } from '../../kernel/errors.ts'
import { checkKeys, invalid } from '../../kernel/input.ts'

/** Where a tenant's own thresholds are, in its settings. */
const OPTION = 'authentication.risk'

export type RiskVerdict = 'allow' | 'step-up' | 'deny'

export interface RiskThresholds {
  /** From this score on a second factor is asked for, on trusted devices too. 0 to 1; null: never. */
  readonly stepUpFrom: number | null
  /** From this score on the sign-in is refused. 0 to 1, not below `stepUpFrom`; null: never. */
  readonly denyFrom: number | null
}

export function verdictOf(score: number, { stepUpFrom, denyFrom }: RiskThresholds): RiskVerdict {
  if (denyFrom !== null && score >= denyFrom) return 'deny'
  return stepUpFrom !== null && score >= stepUpFrom ? 'step-up' : 'allow'
}

/** What is wrong with thresholds, and where; undefined when nothing is. */
export function thresholdProblem(
  thresholds: RiskThresholds,
): { field: keyof RiskThresholds; problem: string } | undefined {
  for (const field of ['stepUpFrom', 'denyFrom'] as const) {
    const value: unknown = thresholds[field]
    if (value !== null && !(typeof value === 'number' && value >= 0 && value <= 1)) {
      return { field, problem: 'it is a number from 0 to 1, or null' }
    }
  }
  const { stepUpFrom, denyFrom } = thresholds
  if (stepUpFrom !== null && denyFrom !== null && denyFrom < stepUpFrom) {
    return { field: 'denyFrom', problem: 'it is less than stepUpFrom' }
  }
  return undefined
}

/**
 * A tenant's own thresholds as somebody wants to store them.
 * @throws INPUT_INVALID
 */
export function checkTenantThresholds(given: unknown, field: string): asserts given is Partial<RiskThresholds> {
  const thresholds = given as Partial<RiskThresholds>
  checkKeys(thresholds, field, ['stepUpFrom', 'denyFrom'])
  const { stepUpFrom = null, denyFrom = null } = thresholds
  const wrong = thresholdProblem({ stepUpFrom, denyFrom })
  if (wrong) throw invalid(`${field}.${wrong.field}`, wrong.problem)
}

/**
 * The thresholds in force: what the tenant says, and the instance's where it says nothing. Where one of the tenant's passes
 * the other one of the instance, the other moves along.
 * @throws CONFIG_INVALID: what cannot be read refuses every sign-in instead of asking less
 */
export function thresholdsFor(settings: Readonly<Record<string, unknown>>, instance: RiskThresholds): RiskThresholds {
  const own = ownThresholds(settings)
  const stepUpFrom = own.stepUpFrom === undefined ? instance.stepUpFrom : own.stepUpFrom
  const denyFrom = own.denyFrom === undefined ? instance.denyFrom : own.denyFrom
  if (stepUpFrom === null || denyFrom === null || denyFrom >= stepUpFrom) return { stepUpFrom, denyFrom }
  return own.denyFrom === undefined ? { stepUpFrom, denyFrom: stepUpFrom } : { stepUpFrom: denyFrom, denyFrom }
}

function ownThresholds({ authentication }: Readonly<Record<string, unknown>>): Partial<RiskThresholds> {
  const own = (authentication as { readonly risk?: unknown } | null | undefined)?.risk
  if (own === undefined || own === null) return {}
  try {
    checkTenantThresholds(own, OPTION)
    return own
  } catch (error) {
    if (!FreeholdError.is(error, 'INPUT_INVALID')) throw error
    const { field, problem } = error.details
    throw new FreeholdError('CONFIG_INVALID', { option: `tenant.settings.${field}`, problem }, { cause: error })
  }
}
