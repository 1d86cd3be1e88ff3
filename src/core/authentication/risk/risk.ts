// Risk as the host tries it out: what these settings, or others, would have said of a recorded history.

import type { Context } from '../../context.ts'
import { checkKeys } from '../../kernel/input.ts'
import type { RecordedHistory, ReplayedSignIn } from './replay.ts'
import { fillRiskSettings, type RiskOptions } from './settings.ts'

export interface Risk {
  /**
   * Scores a recorded history in order, with nothing known before the first sign-in of it. Asks the instance's geo provider for
   * places that the records do not have, and nobody else: no database is asked, and nothing changes. Scored while it is
   * iterated, one at a time.
   * @throws CONFIG_INVALID (settings) and INPUT_INVALID (other options) at once; INPUT_INVALID while it is iterated, for a record of another shape, or
   * one that is older than the one before: what was scored until then stands
   */
  replay(history: RecordedHistory, options?: ReplayOptions): AsyncIterable<ReplayedSignIn>
}

export interface ReplayOptions {
  /** As the option `risk` of `createFreehold`; what is left out is as there. */
  readonly settings?: RiskOptions
}

export function createRisk({ settings, riskSources }: Pick<Context, 'settings' | 'riskSources'>): Risk {
  return {
    replay(history, options = {}) {
      checkKeys(options, 'options', ['settings'])
      const tried = fillRiskSettings(options.settings, settings.risk)
      return (async function* scored() {
        // few hosts ever do
        const { replay } = await import('./replay.ts')
        yield* replay(history, tried, riskSources)
      })()
    },
  }
}
