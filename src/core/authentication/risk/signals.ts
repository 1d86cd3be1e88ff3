// What can speak against a sign-in, and how loudly. Each signal rises with what it looks at and never falls.

import type { RiskFlag } from './flags.ts'

/** One thing that speaks against a sign-in. */
export interface RiskSignal {
  readonly flag: RiskFlag
  /** How clear it is, above 0 and up to 1. */
  readonly strength: number
  /** What it would add if nothing else did: its strength times the weight of its flag. */
  readonly contribution: number
  /** In words, for a person. */
  readonly reason: string
}

/** A signal before it is weighed. */
export interface Finding {
  readonly flag: RiskFlag
  readonly strength: number
  readonly reason: string
}

/** 0 up to `from`, 1 from `to` on, in a straight line between. What is no number says nothing. */
export function ramp(value: number, from: number, to: number): number {
  if (Number.isNaN(value) || value <= from) return 0
  return value >= to ? 1 : (value - from) / (to - from)
}

/** Nothing below the limit, half at it, all of it at `times` the limit. */
export function beyond(value: number, limit: number, times: number): number {
  if (!(value > limit)) return 0
  return 0.5 + 0.5 * ramp(value, limit, limit * times)
}

/** A number for a sentence: `7`, `1,204`. */
export function figure(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
