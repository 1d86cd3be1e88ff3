// Who holds a role in a place, and who was invited to one: lists with what takes it back, and forms that give more.

import type { Assignment, Invitation } from 'freehold'
import type { Context } from '../notes.ts'
import { invitationsOf, mayIn, type Places } from '../places.ts'
import { partSelect, personSelect, placeChoices } from './choices.ts'
import { type Html, html } from './html.ts'
import { time } from './layout.ts'

const HOUR_MS = 3_600_000

export function rolesCard(context: Context, places: Places): Html | false {
  const { assignments } = places
  const where = placeChoices(context, places, 'assignment:write')
  if (where.length + assignments.length === 0) return false
  return html`<section class="card" aria-labelledby="held">
<h2 id="held">Roles held in one place</h2>
${assignments.length > 0 && html`<ul class="list">${assignments.map((one) => assignmentItem(context, places, one))}</ul>`}
${
  where.length > 0 &&
  html`<form method="post" class="row" data-path="/auth/assignments" data-told-after="It counts from the next request on.">
<label>Who ${personSelect(places)}</label>
<label>Role <select name="role"><option>viewer</option><option>member</option><option>admin</option></select></label>
<label>Where ${partSelect(where.map(({ name, place }) => ({ name, part: { scope: place } })))}</label>
<label>How long ${partSelect([
    { name: 'for good', part: {} },
    { name: 'an hour', part: { forMs: HOUR_MS } },
  ])}</label>
<button>Give the role</button>
</form>`
}
</section>`
}

function assignmentItem(
  context: Context,
  { names }: Places,
  { id, principal, roleId, scope, expiresAt }: Assignment,
): Html {
  const who = principal.id === null ? 'Everyone' : (names.get(principal.id) ?? principal.kind)
  const [role, place] = [names.get(roleId), placeName(names, scope)]
  return html`<li>
<div><p>${who} <span class="badge">${role}</span> in ${place}</p>${expiresAt && html`<p class="small">ends ${time(expiresAt)}</p>`}</div>
<div class="acts">${mayIn(context, 'assignment:write', scope) && html`<button class="quiet slim" data-method="DELETE" data-path="/auth/assignments/${id}" aria-label="Take back ${role} from ${who} in ${place}">Take back</button>`}</div>
</li>`
}

export function invitationsCard(context: Context, places: Places): Html | false {
  const { invitations } = places
  const inTenant = mayIn(context, 'invitation:write', { kind: 'tenant' })
  const where = [
    ...(inTenant ? [{ name: context.tenant.tenant.name, part: {} }] : []),
    ...placeChoices(context, places, 'invitation:write')
      .filter(({ place }) => place.kind !== 'project')
      .map(({ name, place }) => ({ name, part: { to: place } })),
  ]
  if (where.length + invitations.length === 0) return false
  return html`<section class="card" aria-labelledby="invitations">
<h2 id="invitations">Invitations</h2>
${
  invitations.length === 0
    ? html`<p class="small">Nobody is asked at the moment.</p>`
    : html`<ul class="list">${invitations.map((one) => invitationItem(context, places, one))}</ul>`
}
${
  where.length > 0 &&
  html`<form method="post" class="row" data-path="/auth/invitations" data-told-after="The invitation is on its way.">
<label>E-mail <input type="email" name="email" autocomplete="off" required></label>
<label>To ${partSelect(where)}</label>
<label>As ${partSelect(['viewer', 'member', 'admin'].map((role) => ({ name: role, part: { roles: [role] } })))}</label>
<button>Invite</button>
</form>`
}
</section>`
}

function invitationItem(context: Context, { names }: Places, { id, email, to, roleIds, expiresAt }: Invitation): Html {
  const roles = roleIds.map((role) => names.get(role)).join(', ')
  return html`<li>
<div><p>${email} ${roles && html`<span class="badge">${roles}</span>`}</p><p class="small">to ${placeName(names, to)}, ends ${time(expiresAt)}</p></div>
${
  mayIn(context, 'invitation:write', to) &&
  html`<div class="acts">
<button class="quiet slim" data-path="/auth/invitations/${id}/resend" data-told-after="Another letter is on its way; the link before is good no longer." aria-label="Send again to ${email}">Send again</button>
<button class="quiet slim" data-path="/auth/invitations/${id}/revoke" aria-label="Take back the invitation of ${email}">Take back</button>
</div>`
}
</li>`
}

/** For who was invited: what waits for an answer. */
export async function ownInvitations(context: Context): Promise<Html | false> {
  const invitations = await invitationsOf(context)
  if (invitations.length === 0) return false
  const { tenant } = context
  const names = new Map<string, string>()
  for (const { to } of invitations) {
    if (to.kind === 'organization') names.set(to.id, (await tenant.organizations.get(to.id)).name)
    if (to.kind === 'team') names.set(to.id, (await tenant.teams.get(to.id)).name)
  }
  return html`<section class="card" aria-labelledby="asked">
<h2 id="asked">You are invited</h2>
<ul class="list">${invitations.map(({ id, to, expiresAt }) => {
    const place = placeName(names, to)
    return html`<li>
<div><p>to ${place}</p><p class="small">ends ${time(expiresAt)}</p></div>
<div class="acts">
<button class="slim" data-path="/auth/me/invitations/${id}/accept" data-told-after="You are in." aria-label="Accept the invitation to ${place}">Accept</button>
<button class="quiet slim" data-path="/auth/me/invitations/${id}/decline" aria-label="Decline the invitation to ${place}">Decline</button>
</div>
</li>`
  })}</ul>
</section>`
}

function placeName(names: Places['names'], place: Assignment['scope']): string {
  if (place.kind === 'tenant') return 'the whole tenant'
  return names.get(place.id) ?? `a ${place.kind}`
}
