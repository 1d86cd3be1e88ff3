// Why, or why not: asks what Freehold decides and shows on what grounds.

import type { Filter, UserId } from 'freehold'
import { listMembers, type Member } from '../members.ts'
import { type Context, listNotes, listNotesWhere, type Note, noteColumns } from '../notes.ts'
import { type Permission, permissions } from '../permissions.ts'
import { type Html, html } from './html.ts'
import { roleSelect } from './members.ts'
import { verdict } from './verdict.ts'

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
  const member = members.find(({ id }) => id === question.member)
  const name = member?.name ?? 'You'
  const mayAssign = context.access!.can('assignment:write')
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
${
  member &&
  mayAssign &&
  html`<form method="post" class="inline" data-method="PUT" data-path="/api/members/${member.id}/role" data-auto>
<label>Give ${name} another role, and see it take effect ${roleSelect(member.roles[0])}</label>
</form>`
}
</section>
${question.permission.startsWith('note:') && (await noteList(context, name, question, access.filter(question.permission, noteColumns)))}`
}

/** The rows for which a check says yes, found by the database: not asked one by one. */
async function noteList(context: Context, name: string, { permission }: Question, filter: Filter): Promise<Html> {
  const shown = context.access!.can('note:read') ? await listNotesWhere(context.tenant, filter) : []
  return html`<section class="card" aria-labelledby="which">
<div class="heading"><h2 id="which">With which notes</h2><span class="small">${WHICH[filter.kind]}</span></div>
${
  shown.length === 0
    ? html`<p class="empty">${name} may <code>${permission}</code> with none.</p>`
    : html`<ul class="list">${shown.map(
        ({ body, author }) => html`<li><div><p class="body">${body}</p><p class="small">${author}</p></div></li>`,
      )}</ul>`
}
</section>`
}

const WHICH: Readonly<Record<Filter['kind'], string>> = {
  always: 'all of them: nothing was asked of the rows',
  never: 'none: the database was not asked',
  conditional: 'those that meet a condition, which the database looks at',
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
