// Results as JUnit's XML, as CI servers read it.

import type { Outcome } from './access-test.ts'
import { expected, got } from './access-words.ts'

export function junit(file: string, outcomes: readonly Outcome[]): string {
  const failures = outcomes.filter(({ ok }) => !ok).length
  const seconds = (ms: number) => (ms / 1000).toFixed(3)
  const total = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const attributes = `name="${escaped(file)}" tests="${outcomes.length}" failures="${failures}" time="${seconds(total)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite ${attributes}>`,
    ...outcomes.flatMap((outcome) => {
      const { case: one, ok, durationMs } = outcome
      const open = `    <testcase classname="${escaped(file)}" name="${escaped(one.name)}" time="${seconds(durationMs)}"`
      return ok ? [`${open}/>`] : [`${open}>`, failure(outcome), '    </testcase>']
    }),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function failure({ case: one, explanation, lines }: Outcome): string {
  const text = lines.map(([label, said]) => `${label}: ${said}`).join('\n')
  const message = `expected ${expected(one)}, got ${got(explanation)}`
  return `      <failure message="${escaped(message)}">${escaped(text)}</failure>`
}

/** XML 1.0 has no other control characters than tab and line ends, not even escaped. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
  const allowed = text.replace(/[\p{Surrogate}\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, '?')
  const marks: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return allowed.replace(/[&<>"']/g, (mark) => marks[mark]!)
}
