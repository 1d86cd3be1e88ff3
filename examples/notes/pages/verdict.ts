// An explanation in words: what decided, and what would have to be otherwise.

import type { Cause, Explanation, Need } from 'freehold'
import { type Html, html } from './html.ts'
import { time } from './layout.ts'

const SENTENCES: Readonly<Record<Explanation['reason'], string>> = {
  allowed: 'A role allows it.',
  'denied-by-rule': 'It is denied, and a deny wins over every allow.',
  'no-grant': 'No role that is held here has this permission.',
  'fields-not-granted': 'It is allowed for some fields only.',
  'condition-not-met': 'A role would allow it, but its condition does not hold.',
  'context-missing':
    'A role may allow it, but what its condition asks for was not told. What is not known does not allow.',
  'not-yet': 'A role will allow it; the assignment has not begun.',
  expired: 'A role allowed it; the assignment is over.',
  'principal-inactive': 'The account is not active.',
  'not-in-credential': 'The account may, and the API key it shows was made for less.',
}

export function verdict(name: string, permission: string, explanation: Explanation): Html {
  const { allowed, reason, by, missing, needed, version } = explanation
  return html`<div class="verdict ${allowed ? 'yes' : 'no'}">
<p class="answer">${name} ${allowed ? 'may' : 'may not'} <code>${permission}</code></p>
<p>${by?.source.kind === 'policy' && allowed ? 'A policy allows it.' : SENTENCES[reason]}</p>
<dl>
${by && html`<dt>${by.source.kind === 'policy' ? 'By the policy' : 'By the role'}</dt><dd>${sourceOf(by)}, ${placeOf(by.scope)}</dd>`}
${by?.conditions && html`<dt>On the condition</dt><dd><code>${JSON.stringify(by.conditions)}</code></dd>`}
${missing.length > 0 && html`<dt>Not told</dt><dd><code>${missing.join(', ')}</code></dd>`}
${needed.map((need) => html`<dt>It would take</dt><dd>${needOf(need)}</dd>`)}
<dt>As of</dt><dd>version ${version.tenant} of the roles, ${version.principal} of what is held</dd>
</dl>
</div>`
}

function sourceOf({ source, roles }: Cause): string {
  return source.kind === 'policy' ? source.key : roles.join(' → ')
}

function placeOf(scope: Cause['scope']): string {
  return scope.kind === 'tenant' ? 'in the whole tenant' : `in one ${scope.kind}`
}

function needOf(need: Need): Html | string {
  switch (need.kind) {
    case 'role':
      return need.roles.length > 0
        ? `a role that has it: ${need.roles.join(', ')}`
        : 'a role that has it; there is none yet'
    case 'place':
      return 'asking where it is held'
    case 'removal':
      return html`that this no longer denies: ${sourceOf(need.of)}`
    case 'conditions':
      return html`that this holds: <code>${JSON.stringify(need.conditions)}</code>`
    case 'facts':
      return html`being told <code>${need.paths.join(', ')}</code>`
    case 'fields':
      return `the fields ${need.fields.join(', ')}, too`
    case 'time':
      return html`waiting until ${time(need.from)}`
    case 'renewal':
      return html`being given it again; it ended at ${time(need.endedAt)}`
    case 'activation':
      return 'an active account'
    default:
      return 'a credential that was made for it'
  }
}
