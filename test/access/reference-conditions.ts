// What conditions say, written down naively: nothing shared with what compiles them.

export type Truth = 'yes' | 'no' | 'unknown'

export interface Weighed {
  readonly truth: Truth
  readonly missing: readonly string[]
}

/** `facts`: what paths start from. */
export function weigh(conditions: object, facts: Readonly<Record<string, unknown>>): Weighed {
  const answers: Truth[] = []
  const missing: string[] = []
  const look = (path: string): unknown => {
    let value: unknown = facts
    for (const key of path.split('.')) {
      const there = typeof value === 'object' && value !== null && Object.keys(value).includes(key)
      value = there ? (value as Record<string, unknown>)[key] : undefined
    }
    return value
  }
  const isRef = (value: unknown): value is { $ref: string } =>
    typeof value === 'object' && value !== null && '$ref' in value
  const plain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
  for (const [path, test] of Object.entries(conditions)) {
    const value = look(path)
    if (value === undefined) {
      answers.push('unknown')
      missing.push(path)
      continue
    }
    const tests = typeof test === 'object' && test !== null && !isRef(test) ? Object.entries(test) : [['$eq', test]]
    for (const [operator, operand] of tests as [string, unknown][]) {
      const wanted = operator === '$eq' ? [operand] : isRef(operand) ? look(operand.$ref) : operand
      const list = Array.isArray(wanted) ? wanted : []
      const items = list.map((item: unknown) => (isRef(item) ? look(item.$ref) : item))
      const gaps = list.filter((item: unknown, i) => isRef(item) && items[i] === undefined) as { $ref: string }[]
      if (wanted === undefined) gaps.push(operand as { $ref: string })
      if (!plain(value)) answers.push('no')
      else if (items.includes(value)) answers.push('yes')
      else if (gaps.length === 0) answers.push('no')
      else {
        answers.push('unknown')
        missing.push(...gaps.map(({ $ref }) => $ref))
      }
    }
  }
  if (answers.includes('no')) return { truth: 'no', missing }
  return { truth: answers.includes('unknown') ? 'unknown' : 'yes', missing }
}
