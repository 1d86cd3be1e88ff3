// Conditions as closures: what a check runs. Each says one of three things, and names what it lacked where it cannot
// say (Kleene's logic): all must hold, so one that fails decides; any may hold, so one that holds decides; the opposite
// of what is not known is not known.

import type { Facts } from './condition-paths.ts'
import { compileTest } from './condition-questions.ts'
import type { ConditionNode } from './condition-tree.ts'
import { FAILS, HOLDS, UNKNOWN, type Verdict } from './condition-values.ts'

/**
 * The paths that were not there, or not comparable, are added to `missing` where the answer is unknown.
 */
export interface Condition {
  (facts: Facts, missing?: string[]): Verdict
  /** What it was made of. */
  readonly tree: ConditionNode
}

type Closure = (facts: Facts, missing?: string[]) => Verdict

export function compileNode(tree: ConditionNode): Condition {
  return Object.assign(closureOf(tree), { tree })
}

function closureOf(node: ConditionNode): Closure {
  switch (node.kind) {
    case 'test':
      return compileTest(node)
    case 'and':
      return every(node.nodes.map(closureOf), FAILS)
    case 'or':
      return every(node.nodes.map(closureOf), HOLDS)
    case 'not':
      return opposite(closureOf(node.node))
    case 'unknown':
      return () => UNKNOWN
  }
}

/** The first that answers `decides` decides; if none does, one that is not known leaves it open. */
function every(parts: readonly Closure[], decides: typeof HOLDS | typeof FAILS): Closure {
  const otherwise = decides === FAILS ? HOLDS : FAILS
  return (facts, missing) => {
    const gaps: string[] | undefined = missing && []
    let verdict: Verdict = otherwise
    for (const part of parts) {
      const answer = part(facts, gaps)
      if (answer === decides) return decides
      if (answer === UNKNOWN) verdict = UNKNOWN
    }
    if (gaps) missing?.push(...gaps)
    return verdict
  }
}

function opposite(part: Closure): Closure {
  return (facts, missing) => {
    const answer = part(facts, missing)
    return answer === UNKNOWN ? UNKNOWN : answer === HOLDS ? FAILS : HOLDS
  }
}
