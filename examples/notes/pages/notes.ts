// The notes: everybody with a role reads them, members write, and who may delete one sees a button to do it.

import { type Context, listNotes, MAXIMUM_NOTE, type Note } from '../notes.ts'
import { type Html, html } from './html.ts'
import { time } from './layout.ts'

export async function notesPage(context: Context): Promise<Html> {
  if (!context.access!.can('note:read')) return newcomer
  const access = context.require('note:read')
  const notes = await listNotes(context)
  const exportable = await context.tenant.entitlements.check('export')
  return html`<section class="card" aria-labelledby="notes">
<div class="heading">
<h1 id="notes">Notes</h1>
<span class="small">${notes.length === 1 ? '1 note' : `${notes.length} notes`}${
    exportable && html` · <a href="/api/export">export</a>`
  }</span>
</div>
${
  access.can('note:write')
    ? html`<form method="post" data-path="/api/notes">
<label>New note <textarea name="body" rows="2" maxlength="${MAXIMUM_NOTE}" required></textarea></label>
<button class="end wide">Add note</button>
</form>`
    : html`<p class="soft">Your role reads notes and does not write them.</p>`
}
${
  notes.length > 0
    ? html`<ul class="list">${notes.map((note) =>
        item(note, access.can('note:delete', { resource: { author_id: note.authorId } })),
      )}</ul>`
    : html`<p class="empty">No notes yet.</p>`
}
</section>`
}

/** Who has an account and no role yet. */
const newcomer = html`<section class="card" aria-labelledby="newcomer">
<h1 id="newcomer">You are in, and have no role yet</h1>
<p class="soft">Whoever signs up here may become a member. An owner gives other roles, and takes them back.</p>
<button class="start" data-path="/api/join">Become a member</button>
</section>`

function item({ id, body, author, createdAt }: Note, removable: boolean): Html {
  return html`<li><div><p class="body">${body}</p><p class="small">${author}, ${time(createdAt)}</p></div>${
    removable &&
    html`<button class="quiet slim" data-method="DELETE" data-path="/api/notes/${id}" aria-label="Delete the note “${body.slice(0, 40)}”">Delete</button>`
  }</li>`
}
