// What happened in this tenant, and who did it: the log as Freehold wrote it, in the transaction of each change.

import type { AuditEvent } from 'freehold'
import type { Context } from '../notes.ts'
import { type Html, html } from './html.ts'
import { time } from './layout.ts'

const PAGE = 25
const ACTIONS = [
  'user.created',
  'user.removed',
  'session.opened',
  'user.challenge_requested',
  'mfa.confirmed',
  'mfa.removed',
  'passkey.registered',
  'passkey.clone_suspected',
  'device.trusted',
  'device.revoked',
  'sign_in.failed',
  'assignment.granted',
  'assignment.revoked',
  'role.updated',
  'subscription.created',
  'subscription.removed',
  'note.removed',
] as const

export async function auditPage(context: Context, url: URL): Promise<Html> {
  context.require('audit:read')
  const action = url.searchParams.get('action') || undefined
  const cursor = url.searchParams.get('cursor') ?? undefined
  const events = await context.tenant.audit.list({
    limit: PAGE,
    ...(action === undefined ? {} : { action }),
    ...(cursor === undefined ? {} : { cursor }),
  })
  const users = await context.tenant.users.list({ limit: 200, deleted: true })
  const roles = await context.tenant.roles.list({ limit: 200 })
  const names = new Map<string, string>([
    ...users.items.map(({ id, name, email }) => [id, name ?? email] as const),
    ...roles.items.map(({ id, key }) => [id, key] as const),
  ])
  const older = new URLSearchParams({ ...(action === undefined ? {} : { action }), cursor: events.next ?? '' })
  return html`<section class="card" aria-labelledby="audit">
<div class="heading">
<h1 id="audit">Audit log</h1>
<form class="inline" method="get" action="/audit" data-plain data-auto>
<label class="bare"><span class="unseen">Only</span><select name="action"><option value="">everything</option>${ACTIONS.map(
    (name) => html`<option ${name === action && 'selected'}>${name}</option>`,
  )}</select></label>
</form>
</div>
${
  events.items.length > 0
    ? html`<ol class="list">${events.items.map((event) => item(event, names))}</ol>`
    : html`<p class="soft">Nothing of this kind.</p>`
}
${events.next !== null && html`<p><a href="/audit?${older.toString()}">Older</a></p>`}
</section>`
}

function item({ at, action, actor, targets, outcome, changes, details, leaf }: AuditEvent, names: Names): Html {
  const who = actor.id === undefined ? actor.type : (names.get(actor.id) ?? actor.id)
  const more = { ...(Object.keys(changes).length > 0 ? { changes } : {}), ...details }
  return html`<li class="event">
<div>
<p><strong>${action}</strong> ${outcome !== 'success' && html`<span class="badge bad">${outcome}</span>`}</p>
<p class="small">${time(at)} · ${who}${actor.ip !== undefined && ` from ${actor.ip}`}</p>
<details><summary class="small">${targetsOf(targets, names)}</summary>
<pre>${JSON.stringify({ ...more, request: actor.requestId, leaf }, null, 1)}</pre></details>
</div>
</li>`
}

type Names = ReadonlyMap<string, string>

function targetsOf(targets: AuditEvent['targets'], names: Names): string {
  const shown = targets.map(({ type, id }) => (id === undefined ? type : `${type} ${names.get(id) ?? shortened(id)}`))
  return shown.join(', ') || 'details'
}

/** Ids of one moment begin alike: their ends tell them apart. */
function shortened(id: string): string {
  return id.length > 12 ? `…${id.slice(-8)}` : id
}
