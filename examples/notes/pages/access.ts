// Why, or why not: asks what Freehold decides and shows on what grounds.

import type { Explanation, UserId } from 'freehold'
import { listMembers, type Member } from '../members.ts'
import { type Context, listNotes, type Note } from '../notes.ts'
import { type Permission, permissions } from '../permissions.ts'
import { type Html, html } from './html.ts'

interface Question {
  readonly member: string
  readonly permission: Permission
  readonly note: string
}

export async function accessPage(context: Context, url: URL): Promise<Html> {
  const own = context.principal!.id
  // of the others only who may read roles is told
  const members = context.access!.can('role:read') ? await listMembers(context.tenant) : []
  const notes = context.access!.can('note:read') ? await listNotes(context) : []
  const asked = url.searchParams.get('permission') ?? 'note:delete'
  const question: Question = {
    member: members.find(({ id }) => id === url.searchParams.get('member'))?.id ?? own,
    permission: permissions.has(asked) ? asked : 'note:delete',
    note: notes.find(({ id }) => id === url.searchParams.get('note'))?.id ?? '',
  }
  const note = notes.find(({ id }) => id === question.note)
  const access = await context.tenant.access.principal(question.member as UserId)
  const options = note ? { resource: { author_id: note.authorId } } : {}
  const name = members.find(({ id }) => id === question.member)?.name ?? 'You'
  return html`<section class="card" aria-labelledby="access">
<h1 id="access">Who may do what, and why</h1>
<form class="row" method="get" action="/access" data-plain>
${members.length > 0 && html`<label>Who ${memberSelect(members, question)}</label>`}
<label>May do <select name="permission">${permissions.names.map(
    (permission) => html`<option ${permission === question.permission && 'selected'}>${permission}</option>`,
  )}</select></label>
<label>With the note ${noteSelect(notes, question)}</label>
<button>Explain</button>
</form>
${verdict(name, question.permission, access.explain(question.permission, options))}
</section>`
}

function memberSelect(members: readonly Member[], { member }: Question): Html {
  return html`<select name="member">${members.map(
    ({ id, name }) => html`<option value="${id}" ${id === member && 'selected'}>${name}</option>`,
  )}</select>`
}

function noteSelect(notes: readonly Note[], { note }: Question): Html {
  return html`<select name="note"><option value="">(none)</option>${notes.map(
    ({ id, author, body }) =>
      html`<option value="${id}" ${id === note && 'selected'}>${author}: ${body.length > 30 ? `${body.slice(0, 29)}…` : body}</option>`,
  )}</select>`
}

const SENTENCES: Readonly<Record<Explanation['reason'], string>> = {
  allowed: 'A role allows it.',
  'denied-by-rule': 'A role denies it, and a deny wins over every allow.',
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

function verdict(name: string, permission: string, { allowed, reason, by, missing, version }: Explanation): Html {
  return html`<div class="verdict ${allowed ? 'yes' : 'no'}">
<p class="answer">${name} ${allowed ? 'may' : 'may not'} <code>${permission}</code></p>
<p>${SENTENCES[reason]}</p>
<dl>
${by && html`<dt>By the role</dt><dd>${by.roles.join(' → ')}, in the whole ${by.scope.kind}</dd>`}
${by?.conditions && html`<dt>On the condition</dt><dd><code>${JSON.stringify(by.conditions)}</code></dd>`}
${missing.length > 0 && html`<dt>Not told</dt><dd><code>${missing.join(', ')}</code></dd>`}
<dt>As of</dt><dd>version ${version.tenant} of the roles, ${version.principal} of what is held</dd>
</dl>
</div>`
}
